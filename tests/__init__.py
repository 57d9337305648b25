"""Proof: ``unit`` without I/O beyond a temporary directory, ``pipeline`` for whole runs,
``rejects`` with one bad delivery per rule."""
