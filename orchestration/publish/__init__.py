"""Publishing: a release is built aside, re-opened, made durable, and then one pointer moves.

Belongs here: what makes, checks and moves releases. Does not belong here: what figures mean
(``dbt_project/``), which rules there are (``expectations/``), and reading a release (``serve``).
"""
