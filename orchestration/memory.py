"""Python's collector of garbage, out of the way of what is only ever made.

Belongs here: when it rests. Does not belong here: what is made meanwhile.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Within, nothing is searched for garbage, and what was made never is: it stays.

    For imports and for what is read once for a whole process. The collector would search all of it
    again and again, a third of the time that importing Dagster and dbt takes, and find nothing.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
