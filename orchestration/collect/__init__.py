"""Collect: receive bytes, archive them, read them into tidy observations.

Belongs here: connectors, the archive, readers, layouts, numbers and periods as they are written.
Does not belong here: what figures mean (``dbt_project``) and whether they are good (``judge``).
"""
