"""Which sentences are written, and of what: data in ``expectations/prose/<id>.yml``.

Belongs here: the shape of a rule and reading it. Does not belong here: the words of each kind
(``tell``).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from orchestration.errors import DeclarationError
from orchestration.settings import CODE_ROOT, parse_model, read_yaml
from orchestration.spec import Model, Text

Kind = Literal[
    "level", "growth", "change", "share", "pace", "sisters", "rank", "series", "target", "finding"
]

FOLDER = CODE_ROOT / "expectations" / "prose"
_README = "expectations/README.md says what a rule of sentences may hold"


class Parameters(Model):
    """When a sentence is worth writing.

    Attributes:
        min_points: How many figures a series has at least.
        years: How many years back a series begins at most.
        at_most_regions: How many regions are compared at most.
        old_after_months: From what age a sentence says until when its data reach.
    """

    min_points: int = Field(default=3, ge=2, le=60)
    years: int = Field(default=10, ge=1, le=60)
    at_most_regions: int = Field(default=60, ge=2, le=400)
    old_after_months: int = Field(default=18, ge=1, le=240)


class Rule(Model):
    """One rule of sentences.

    Attributes:
        kind: What the sentence says.
        priority: The order of rules: one sentence of each, lowest number first, then a second.
        at_most: How many sentences of it stand in one text.
        themes: In texts about these themes alone; any when left out. ``district`` is the text
            about the region as a whole.
        indicators: Of these alone; any when left out.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9]*(?:[.-][a-z0-9]+)*$")
    title: Text
    kind: Kind
    priority: int = Field(ge=1, le=99)
    at_most: int = Field(default=1, ge=1, le=20)
    themes: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()
    parameters: Parameters = Parameters()


def load_rules(folder: Path = FOLDER) -> tuple[Rule, ...]:
    """Read all rules, by priority.

    Raises:
        DeclarationError: the first mistake, with file, key and remedy.
    """
    rules = [_read(file) for file in sorted(folder.glob("*.yml"))]
    return tuple(sorted(rules, key=lambda rule: (rule.priority, rule.id)))


def _read(file: Path) -> Rule:
    try:
        rule = parse_model(Rule, read_yaml(file), file)
    except DeclarationError as error:
        raise DeclarationError(error.what, file=file, place=error.place, remedy=_README) from None
    if rule.id != file.stem:
        raise DeclarationError(
            f"the rule {rule.id!r} stands in a file of another name",
            file=file,
            place="id",
            remedy=f"name the file {rule.id}.yml",
        )
    return rule


@cache
def shipped_rules() -> tuple[Rule, ...]:
    """Those of ``expectations/prose``."""
    return load_rules()
