"""Rules of abnormal movement: what is worth a look, as data. They tell and never block.

Belongs here: the shape of ``expectations/signals/<id>.yml`` and reading it. Does not belong here:
what each kind looks for (``dbt_project``: ``int_signal``), and rules that gates ask
(``judge.catalogue``).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import Field, model_validator

from orchestration.errors import DeclarationError
from orchestration.settings import parse_model, read_yaml
from orchestration.spec import Model, Text

Kind = Literal[
    "turning_point",
    "falls_in_a_row",
    "extreme",
    "distance_widening",
    "distance_jump",
    "plan_pace_gap",
]
Nature = Literal["growth", "level", "distance", "pace"]
Frequency = Literal["month", "quarter", "year"]

FOLDER = "signals"
_NATURES: Mapping[Kind, tuple[Nature, ...]] = {
    "turning_point": ("growth",),
    "falls_in_a_row": ("growth",),
    "extreme": ("growth", "level"),
    "distance_widening": ("distance",),
    "distance_jump": ("distance",),
    "plan_pace_gap": ("pace",),
}
"""What each kind can look at: published growth, yearly levels, growth less that of the city, or
the pace towards a target."""
_README = "expectations/README.md says what a rule of signals may hold"


class Scope(Model):
    """Which series a rule looks at.

    Attributes:
        nature: What a point of the series is.
        frequencies: How far its points are from each other.
        indicators: These alone; any when left out.
        regions: The district and what lies in it, or every region.
    """

    nature: Nature
    frequencies: tuple[Frequency, ...] = Field(min_length=1)
    indicators: tuple[str, ...] = ()
    regions: Literal["own", "all"] = "own"


class Parameters(Model):
    """When a movement is one.

    Attributes:
        periods: How many periods in a row it takes.
        min_points: How many points without a gap or break the series must have.
        deviations: How many times the usual movement (1.4826 times the median of the last 24).
        at_least: And no less than so many points or per cent, whatever is usual.
        reason: Why these numbers.
    """

    periods: int = Field(default=1, ge=1, le=60)
    min_points: int = Field(default=1, ge=1, le=240)
    deviations: Decimal = Field(default=Decimal(0), ge=0, le=20, decimal_places=2)
    at_least: Decimal = Field(ge=0, le=1000, decimal_places=2)
    reason: Text


class Signal(Model):
    """One rule of signals.

    Attributes:
        priority: Of several rules that one movement trips the one with the lowest number tells.
        guidance: What the person who reads it looks at now.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9]*(?:[.-][a-z0-9]+)*$")
    title: Text
    guidance: Text
    kind: Kind
    priority: int = Field(ge=1, le=99)
    scope: Scope
    parameters: Parameters

    @model_validator(mode="after")
    def _looks_at_what_it_can(self) -> Signal:
        able = _NATURES[self.kind]
        if self.scope.nature not in able:
            raise ValueError(f"scope: a rule of kind {self.kind} looks at {' or '.join(able)}")
        return self


def load_signals(expectations: Path) -> tuple[Signal, ...]:
    """Read ``<expectations>/signals/<id>.yml``, each one rule.

    Raises:
        DeclarationError: the first mistake, with file, key and remedy.
    """
    return tuple(_read(file) for file in sorted((expectations / FOLDER).glob("*.yml")))


def _read(file: Path) -> Signal:
    try:
        signal = parse_model(Signal, read_yaml(file), file)
    except DeclarationError as error:
        raise DeclarationError(error.what, file=file, place=error.place, remedy=_README) from None
    if signal.id != file.stem:
        raise DeclarationError(
            f"the rule {signal.id!r} stands in a file of another name",
            file=file,
            place="id",
            remedy=f"name the file {signal.id}.yml",
        )
    return signal


def rows(signals: tuple[Signal, ...]) -> list[dict[str, Any]]:
    """One row a rule for ``landing.signal_rule``."""
    return [
        {
            "rule_id": signal.id,
            "kind": signal.kind,
            "priority": signal.priority,
            "title_zh": signal.title.zh,
            "title_en": signal.title.en,
            "guidance_zh": signal.guidance.zh,
            "guidance_en": signal.guidance.en,
            "nature": signal.scope.nature,
            "frequencies": _joined(signal.scope.frequencies),
            "indicators": _joined(signal.scope.indicators),
            "regions": signal.scope.regions,
            "periods": signal.parameters.periods,
            "min_points": signal.parameters.min_points,
            "deviations": signal.parameters.deviations,
            "at_least": signal.parameters.at_least,
            "reason_zh": signal.parameters.reason.zh,
            "reason_en": signal.parameters.reason.en,
        }
        for signal in signals
    ]


def _joined(codes: tuple[str, ...]) -> str:
    return ",".join(codes)


KINDS: tuple[str, ...] = get_args(Kind)
