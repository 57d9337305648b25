"""The rule catalogue: every rule of ``expectations/rules`` as data, checked while it is loaded.

Belongs here: the shape of a rule and the outcome of running one. Does not belong here: running
rules (``rules``, ``suites`` and the other executors) and deciding what follows from an outcome
(``gates``).
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import Field, field_validator, model_validator

from orchestration.errors import DeclarationError
from orchestration.settings import parse_model, read_yaml
from orchestration.spec import Model, Text

Gate = Literal["delivery", "marts", "release"]
Severity = Literal["hard", "soft", "informative"]
Executor = Literal["reader", "sql", "gx", "dbt", "release"]
Owner = Literal["supplier", "steward", "maintainer", "releaser"]
OutcomeWord = Literal["passed", "failed", "undecided"]

GATES: tuple[Gate, ...] = get_args(Gate)
"""In the order in which what is delivered meets them."""

GATE_NAMES: Mapping[Gate, Text] = {
    "delivery": Text(zh="交付关", en="Delivery gate"),
    "marts": Text(zh="集市关", en="Marts gate"),
    "release": Text(zh="发布关", en="Release gate"),
}
BATCH = "{batch}"
"""Stands in a rule's SQL for its ``batch``."""

_NEW = (
    "select * from {} where delivery_id not in "
    "(select delivery_id from landing.judged where executor = 'sql')"
)

RULE_COLUMNS = (
    "rule_id",
    "gate",
    "ess_level",
    "severity",
    "executor",
    "owner",
    "guidance_zh",
    "guidance_en",
    "title_zh",
    "title_en",
    "tolerance",
    "tolerance_reason",
)
_SQL_FIELDS = ("batch", "sql", "checked_sql", "undecided_sql")
_README = "expectations/README.md says what a rule may hold"


class Tolerance(Model):
    """A number that a rule allows for, and why; SQL reads it from ``landing.rule``."""

    value: str = Field(pattern=r"^\d+(\.\d+)?$")
    reason: str = Field(min_length=1)

    @field_validator("value", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int | float) else value


class Rule(Model):
    """One rule: what is demanded, how grave a violation is, and what the person then does.

    Attributes:
        level: Validation level of the European Statistical System: 0 format and structure, 1 within
            a file, 2 between versions and files of a source, 3 between sources of one thing,
            4 between domains, 5 across levels and with data of others.
        owner: Who acts on a finding.
        batch: The table that ``{batch}`` stands for in the SQL. (Named ``on``, YAML would
            read the key as true.)
        sql: Returns the violating rows.
        checked_sql: Returns how many were checked; the rows of ``batch`` when absent.
        undecided_sql: Returns how many could not be decided for lack of data.
        undecided_blocks: Whether a hard rule that is undecided blocks its gate.
        sees_alone: Whether what it finds in a delivery follows from that delivery and from
            declarations: then the delivery is judged once (``known``).
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9]*(?:[.-][a-z0-9]+)*$")
    title: Text
    gate: Gate
    level: int = Field(ge=0, le=5)
    severity: Severity
    owner: Owner
    guidance: Text
    executor: Executor
    tolerance: Tolerance | None = None
    batch: str | None = Field(default=None, pattern=r"^[a-z_]+\.[a-z_0-9]+$")
    sql: str | None = None
    checked_sql: str | None = None
    undecided_sql: str | None = None
    undecided_blocks: bool = True
    sees_alone: bool = False

    @field_validator("title", "guidance")
    @classmethod
    def _one_line(cls, value: Text) -> Text:
        if "\n" in value.zh or "\n" in value.en:
            raise ValueError("must be one line in each language")
        return value

    @field_validator("sql", "checked_sql", "undecided_sql")
    @classmethod
    def _one_select(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if ";" in value or not re.match(r"(?i)(select|with)\b", value):
            raise ValueError("must be one SELECT without a semicolon")
        return value

    @model_validator(mode="after")
    def _fits_executor(self) -> Rule:
        given = [name for name in _SQL_FIELDS if getattr(self, name) is not None]
        if self.executor != "sql" and given:
            raise ValueError(f"executor {self.executor} runs no SQL: remove {', '.join(given)}")
        if self.executor == "sql" and (self.batch is None or self.sql is None):
            raise ValueError("executor sql needs `batch` and `sql`")
        if self.sees_alone and (self.executor, self.gate) != ("sql", "delivery"):
            raise ValueError("`sees_alone` is for rules of SQL at the delivery gate")
        reads_tolerance = any(
            "landing.rule" in text for text in (self.sql, self.checked_sql) if text is not None
        )
        if self.executor == "sql" and reads_tolerance != (self.tolerance is not None):
            raise ValueError("`tolerance` is declared here and read in SQL from landing.rule")
        return self

    def statement(
        self, field: Literal["sql", "checked_sql", "undecided_sql"], *, only_new: bool = False
    ) -> str | None:
        """A statement of the rule as DuckDB runs it, ``{batch}`` replaced by its table.

        Args:
            field: Which; how many were checked is the rows of ``batch`` where it is not said.
            only_new: Leave out deliveries that were judged before.
        """
        text: str | None = getattr(self, field)
        if text is None and field == "checked_sql":
            text = f"select count(*) from {BATCH} as b"
        if text is None or self.batch is None:
            return None
        return text.replace(BATCH, f"({_NEW.format(self.batch)})" if only_new else self.batch)


@dataclass(frozen=True)
class RuleOutcome:
    """What came of a rule.

    Attributes:
        outcome: ``failed`` where a row violates it or it could not be run, else ``undecided`` where
            a row lacked data, else ``passed``.
        unexpected_count: Violating rows.
        error: Why the rule could not be run.
    """

    rule_id: str
    outcome: OutcomeWord
    unexpected_count: int = 0
    checked_count: int = 0
    undecided_count: int = 0
    error: str | None = None

    @classmethod
    def of(cls, rule_id: str, *, unexpected: int, checked: int, undecided: int = 0) -> RuleOutcome:
        """The outcome that follows from the counts."""
        word: OutcomeWord = "failed" if unexpected else "undecided" if undecided else "passed"
        return cls(rule_id, word, unexpected, checked, undecided)

    @classmethod
    def broken(cls, rule_id: str, error: str) -> RuleOutcome:
        """The outcome of a rule that could not be run: failed, never passed."""
        return cls(rule_id, "failed", error=error)


Violation = dict[str, str | None]
"""A violating row: ``rule_id`` and what the rule says of it, of ``SAID_BY_RULE``."""

SAID_BY_RULE = (
    "data_set_id",
    "delivery_id",
    "indicator_code",
    "region_code",
    "period",
    "place_a",
    "place_b",
    "observation_a",
    "observation_b",
    "arithmetic",
    "message_zh",
    "message_en",
)


EXPECTED = "expected"
"""What a rule may say besides: which number was expected for the first figure, in its unit."""


@dataclass(frozen=True)
class Judged:
    """What came of running rules: an outcome for each and the violating rows, of one execution."""

    outcomes: list[RuleOutcome]
    violations: list[Violation]

    def only(self, rule_ids: Container[str]) -> Judged:
        """The same of some rules."""
        return Judged(
            [outcome for outcome in self.outcomes if outcome.rule_id in rule_ids],
            [violation for violation in self.violations if violation["rule_id"] in rule_ids],
        )


def together(known: Judged, found: Judged) -> Judged:
    """What rules found in some rows and in the others; broken where they were broken in either."""
    before = {outcome.rule_id: outcome for outcome in known.outcomes}
    outcomes = [
        RuleOutcome.of(
            new.rule_id,
            unexpected=new.unexpected_count + old.unexpected_count,
            checked=new.checked_count + old.checked_count,
            undecided=new.undecided_count + old.undecided_count,
        )
        if (old := before.get(new.rule_id)) is not None and new.error is None
        else new
        for new in found.outcomes
    ]
    return Judged(outcomes, [*known.violations, *found.violations])


def cannot_run(rule_id: str) -> Violation:
    """What is found where a rule could not be run.

    Without the words of the error: it may quote a delivery.
    """
    return {
        "rule_id": rule_id,
        "message_zh": "规则无法运行，请报告系统维护人员",
        "message_en": "the rule could not be run; report it to the maintainer",
    }


@dataclass(frozen=True)
class Catalogue:
    """All rules, in the order of gates, files and lines."""

    rules: tuple[Rule, ...]

    @cached_property
    def _by_id(self) -> dict[str, Rule]:
        return {rule.id: rule for rule in self.rules}

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules)

    def __len__(self) -> int:
        return len(self.rules)

    def __contains__(self, rule_id: object) -> bool:
        return rule_id in self._by_id

    def get(self, rule_id: str) -> Rule:
        """The rule of that id.

        Raises:
            DeclarationError: there is none.
        """
        try:
            return self._by_id[rule_id]
        except KeyError:
            raise DeclarationError(
                f"there is no rule {rule_id!r}", remedy="add it to expectations/rules"
            ) from None

    def by_gate(self, gate: Gate, executor: Executor | None = None) -> tuple[Rule, ...]:
        """The rules of a gate, or those of them that one executor runs."""
        return tuple(
            rule
            for rule in self.rules
            if rule.gate == gate and (executor is None or rule.executor == executor)
        )

    def rows(self) -> list[tuple[str | int, ...]]:
        """One row per rule for ``landing.rule``, columns as in ``RULE_COLUMNS``."""
        return [
            (
                rule.id,
                rule.gate,
                rule.level,
                rule.severity,
                rule.executor,
                rule.owner,
                rule.guidance.zh,
                rule.guidance.en,
                rule.title.zh,
                rule.title.en,
                rule.tolerance.value if rule.tolerance else "",
                rule.tolerance.reason if rule.tolerance else "",
            )
            for rule in self.rules
        ]


def load_catalogue(folder: Path) -> Catalogue:
    """Read ``<folder>/rules/<gate>/<area>.yml``; the folder of a file is the gate of its rules.

    Raises:
        DeclarationError: the first mistake, with file, rule, key and remedy.
    """
    files = sorted((folder / "rules").rglob("*.yml"))
    if not files:
        raise DeclarationError(
            "there are no rules", file=folder / "rules", remedy="restore it from the repository"
        )
    files.sort(key=lambda file: (_gate_of(file), file))
    rules: list[Rule] = []
    origin: dict[str, Path] = {}
    for file in files:
        for rule in _read_file(file):
            if rule.id in origin:
                raise DeclarationError(
                    f"the rule {rule.id!r} stands in {origin[rule.id]} too",
                    file=file,
                    place=f"{rule.id}.id",
                    remedy="give one of them another id",
                )
            origin[rule.id] = file
            rules.append(rule)
    return Catalogue(tuple(rules))


def _gate_of(file: Path) -> int:
    if file.parent.name not in GATES:
        raise DeclarationError(
            f"{file.parent.name!r} is not a gate",
            file=file,
            remedy=f"move the file to rules/<gate>/, where gate is one of {', '.join(GATES)}",
        )
    return [str(gate) for gate in GATES].index(file.parent.name)


def _read_file(file: Path) -> Iterator[Rule]:
    data = read_yaml(file)
    if not isinstance(data, dict) or list(data) != ["rules"] or not isinstance(data["rules"], list):
        raise DeclarationError(
            "a rule file holds one key, `rules`, with a list under it",
            file=file,
            place="top level",
            remedy=_README,
        )
    for number, entry in enumerate(data["rules"], start=1):
        name = entry.get("id", f"rule {number}") if isinstance(entry, dict) else f"rule {number}"
        yield _read_rule(file, str(name), entry)


def _read_rule(file: Path, name: str, entry: Any) -> Rule:
    gate = file.parent.name
    if isinstance(entry, dict):
        if entry.get("gate", gate) != gate:
            raise DeclarationError(
                f"the rule says gate {entry['gate']!r}, its folder says {gate!r}",
                file=file,
                place=f"{name}.gate",
                remedy="remove the key, or move the rule to the other folder",
            )
        entry = {**entry, "gate": gate}
    try:
        return parse_model(Rule, entry, file)
    except DeclarationError as error:
        place = name if error.place in (None, "top level", "line 1") else f"{name}.{error.place}"
        own = error.remedy and "data-set" not in error.remedy
        raise DeclarationError(
            error.what, file=file, place=place, remedy=error.remedy if own else _README
        ) from None
