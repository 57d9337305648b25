"""Qutong (区统): collect, process, judge and publish the statistics of a district.

The package holds how and when things happen. What comes in lives in ``raw/``, what figures
mean in ``dbt_project/``, what is demanded of them in ``expectations/``.
"""

__version__ = "0.1.0"
