"""Serving: what a person asks of the current release, answered in a fraction of a second.

Belongs here: reading published releases. Does not belong here: making them (``publish``), and
anything that imports a heavy library before it is needed.
"""
