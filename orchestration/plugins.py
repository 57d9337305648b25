"""Plug-ins: what a package brings under an entry point, ours and those of others alike.

Belongs here: finding and loading them by name. Does not belong here: what a plug-in must be able to
do; that says who asks for it (``collect.connectors``).
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

CONNECTORS: Final = "qutong.connectors"


@cache
def names(group: str) -> tuple[str, ...]:
    """The plug-ins of a group, by the names under which packages bring them."""
    from importlib.metadata import entry_points

    return tuple(sorted({point.name for point in entry_points(group=group)}))


@cache
def load(group: str, name: str) -> Any:
    """A plug-in by its name; that of another package is loaded as ours are.

    Raises:
        KeyError: no package that is installed brings it.
        ImportError: it is there and cannot be loaded: something that it needs is missing.
        AttributeError: its package does not have what its entry point names.
    """
    from importlib.metadata import entry_points

    found = tuple(entry_points(group=group, name=name))
    if not found:
        raise KeyError(name)
    return found[0].load()
