"""The release page: a static site of a release that opens from disk and loads nothing from outside.

Belongs here: reading what pages need, drawing charts, rendering pages, checking them again.
Does not belong here: deciding about figures; pages repeat what the marts say.
"""
