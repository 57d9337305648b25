"""One thing that a gate said.

Belongs here: its shape. Does not belong here: reading it out of a run (``score``, ``editions``).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Said:
    """Which rule of which gate said something, how grave it is, and about what."""

    gate: str
    rule: str
    severity: str
    about: str
    message: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is but for its numbers."""
        return self.rule, self.severity, self.about
