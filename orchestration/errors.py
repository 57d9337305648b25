"""The project's own errors: each names what is wrong, where, and what to do about it.

Belongs here: exceptions a person reads. Does not belong here: findings about data, which are rows.
"""

from __future__ import annotations

from collections.abc import Sequence


class QutongError(Exception):
    """Something a person has to mend.

    Args:
        what: One sentence saying what is wrong.
        file: The file concerned, as the person knows it.
        place: The place in it: sheet and cell, line, key.
        remedy: What to do now.
    """

    def __init__(
        self,
        what: str,
        *,
        file: object | None = None,
        place: str | None = None,
        remedy: str | None = None,
    ) -> None:
        self.what = what
        self.file = str(file) if file is not None else None
        self.place = place
        self.remedy = remedy
        super().__init__(self.render())

    def render(self) -> str:
        """The error as a person reads it: location first, then the fact, then the remedy."""
        where = ", ".join(part for part in (self.file, self.place) if part)
        text = f"{where}: {self.what}" if where else self.what
        return f"{text}\n  → {self.remedy}" if self.remedy else text


class DeclarationError(QutongError):
    """A declaration, code list, rule or setting that cannot be used."""


class DeclarationErrors(DeclarationError):
    """Several of them at once, each in a file of its own.

    Args:
        errors: At least one; the first is what programs see of it.
    """

    def __init__(self, errors: Sequence[DeclarationError]) -> None:
        self.errors = tuple(errors)
        first = self.errors[0]
        super().__init__(first.what, file=first.file, place=first.place, remedy=first.remedy)

    def __reduce__(self) -> tuple[type[DeclarationErrors], tuple[Sequence[DeclarationError]]]:
        """As it is made again by another process, with all of them."""
        return DeclarationErrors, (self.errors,)

    def render(self) -> str:
        """All of them, one after the other."""
        return "\n".join(error.render() for error in self.errors)


class RunLockedError(QutongError):
    """Another run is at work on the same state directory."""


class StaleStateError(QutongError):
    """A step stands on others that were not carried out for what is on disk now."""


class ReleaseError(QutongError):
    """A release that is missing, damaged or not allowed to be published."""


class VerdictError(ReleaseError):
    """A candidate without a recorded verdict that allows its publication."""
