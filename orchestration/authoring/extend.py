"""Extend a declaration by what a file has that it does not say: a row, a column, a layout.

Belongs here: which parts of a draft of the file are new, and adding them to the text that stands,
comments and all. Does not belong here: drafting (``draft``), the text edits themselves
(``amend``).
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from orchestration.authoring import amend
from orchestration.authoring.draft import draft, stand_in
from orchestration.authoring.yamltext import UNSURE, flow, one_line, quoted, scalar
from orchestration.collect.apart import Limits
from orchestration.collect.connectors import matches
from orchestration.collect.parse import Outcome, Parsed, parse_within
from orchestration.declarations import Declared, validate_file
from orchestration.errors import QutongError
from orchestration.text import same

if TYPE_CHECKING:
    from orchestration.declarations import Declarations

UNKNOWN_NAME = "indicator.unknown"
NEW_COLUMN = "新列 new column"
_LISTS = {"unit.unknown": "units.csv", "region.unknown": "regions.csv"}


@dataclass
class Extension:
    """A declaration and what was added to it.

    Attributes:
        before: The text as it stood.
        text: The text with what is new.
        said: What is new, one line each.
        parsed: What a run would make of the file with it.
        outcome: The figures, unless the file is refused.
    """

    before: str
    text: str
    parsed: Parsed
    outcome: Outcome | None
    said: list[str] = field(default_factory=list)

    @property
    def doubts(self) -> int:
        """How many of its new lines ask something."""
        old = set(self.before.splitlines())
        return sum(UNSURE in line and line not in old for line in self.text.splitlines())


def extend(path: Path, declared: Declared, declarations: Declarations, day: date) -> Extension:
    """What a declaration needs so that it reads a file, and what stands already is kept.

    Args:
        path: The file.
        declared: What it is a delivery of.
        declarations: Those that are sound.
        day: The day from which a changed layout holds.

    Raises:
        QutongError: the file cannot be read or drafted, or what came of it does not hold together.
    """
    return _Extender(path, declared, declarations, day).extended()


class _Extender:
    def __init__(
        self, path: Path, declared: Declared, declarations: Declarations, day: date
    ) -> None:
        self.path, self.declared, self.declarations, self.day = path, declared, declarations, day
        self.before = declared.path.read_text(encoding="utf-8")
        self.content = path.read_bytes()
        self.said: list[str] = []

    def extended(self) -> Extension:
        text = self._with_pattern(self.before)
        parsed, outcome = self._read(text)
        if outcome is not None and not parsed.quarantined:
            return Extension(self.before, text, parsed, outcome, self.said)
        drafted = draft(
            self.path,
            self.declarations,
            data_set_id=f"{self.declared.id}-next",
            theme=self.declared.data_set.theme,
        )
        new = yaml.safe_load(drafted.text)
        if outcome is None:
            longer, parsed, outcome = self._with_columns(text, new, parsed)
            if outcome is not None:
                # What came without the new column has to be read as before.
                text = amend.with_form(text, amend.lines_of(longer, ("layout",)), self.day)
        if outcome is None:
            self.said = [line for line in self.said if not line.startswith(NEW_COLUMN)]
            text = self._with_form(text, drafted.text, new)
            parsed, outcome = self._read(text)
        if outcome is not None:
            text = self._with_symbols(text, new, outcome)
            text = self._with_indicators(text, drafted.text, new, outcome)
            parsed, outcome = self._read(text)
        self._tell_what_lists_lack(outcome)
        return Extension(self.before, text, parsed, outcome, self.said)

    def _read(self, text: str) -> tuple[Parsed, Outcome | None]:
        """The file as the declaration with that text reads it; nothing is kept."""
        declarations = self.declarations
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / self.declared.path.parent.name / self.declared.path.name
            file.parent.mkdir()
            file.write_text(text, encoding="utf-8")
            data_set = validate_file(file, declarations.settings, instead_of=self.declared.path)
        return parse_within(
            Limits.of(declarations.settings),
            self.content,
            stand_in(self.path, self.declared.id),
            Declared(data_set, self.declared.path, ""),
            declarations.codelists,
        )

    # --- what is new ---------------------------------------------------------------------------

    def _with_pattern(self, text: str) -> str:
        """The file's name is one that is expected."""
        if matches(self.path.name, self.declared.data_set):
            return text
        pattern = amend.open_name(self.path.name)
        self.said.append(f"文件名 file name: {pattern}")
        return amend.append(text, ("delivery", "pattern"), [quoted(pattern)])

    def _with_columns(
        self, text: str, new: dict[str, Any], parsed: Parsed
    ) -> tuple[str, Parsed, Outcome | None]:
        """Columns of the draft that the declaration lacks, as long as its own are all there."""
        layout = yaml.safe_load(text)["layout"]
        outcome: Outcome | None = None
        if layout["kind"] != new["layout"]["kind"] or layout["kind"] == "function":
            return text, parsed, None
        if layout["kind"] == "records":
            if parsed.refusal is None or parsed.refusal.rule_id != "delivery.unknown-column":
                return text, parsed, None
            return self._with_record_columns(text, layout["columns"], new["layout"]["columns"])
        for number, block in enumerate(layout["blocks"]):
            drafted = new["layout"]["blocks"]
            known = [_identity(column) for column in block["columns"]]
            for column in drafted[number]["columns"] if number < len(drafted) else []:
                if parsed.refusal is None or parsed.refusal.rule_id != "delivery.unknown-column":
                    break
                if _identity(column) in known:
                    continue
                line = f"{flow(column)}  {UNSURE} a new column: is it what its header says"
                longer = amend.append(text, ("layout", "blocks", number, "columns"), [line])
                seen, found = self._read(longer)
                rule = seen.refusal.rule_id if seen.refusal else ""
                if rule in ("", "delivery.unknown-column") and seen != parsed:
                    text, parsed, outcome = longer, seen, found
                    self.said.append(f"{NEW_COLUMN}: {_label(column)}")
        return text, parsed, outcome

    def _with_record_columns(
        self, text: str, own: dict[str, Any], new: dict[str, Any]
    ) -> tuple[str, Parsed, Outcome | None]:
        ignored = list(own.get("ignored", ()))
        taken = {same(str(header)) for role, header in own.items() if role != "ignored"}
        taken |= {same(header) for header in ignored}
        for role, header in new.items():
            if role == "ignored" or same(str(header)) in taken:
                continue
            if role in own:
                new.setdefault("ignored", []).append(header)
                continue
            line = f"{role}: {scalar(header)}  {UNSURE} a new column: does it say that"
            text = amend.add_key(text, ("layout", "columns"), line)
            self.said.append(f"{NEW_COLUMN}: {header} ({role})")
        for header in new.get("ignored", ()):
            if same(header) not in taken:
                self.said.append(f"{NEW_COLUMN}: {header}")
                doubt = f"{UNSURE} a new column that carries no data: {one_line(header)}"
                if "ignored" in own:
                    text = amend.append(text, ("layout", "columns", "ignored"), [scalar(header)])
                else:
                    line = f"ignored: {flow([header])}  {doubt}"
                    text = amend.add_key(text, ("layout", "columns"), line)
                    own["ignored"] = []
        parsed, outcome = self._read(text)
        return text, parsed, outcome

    def _with_form(self, text: str, drafted: str, new: dict[str, Any]) -> str:
        """The drafted layout from a day on; the one that stood holds for the days before it."""
        own = yaml.safe_load(text)
        if (own["layout"]["kind"] == "records") != (new["layout"]["kind"] == "records"):
            raise QutongError(
                "the file is a table and the data set has records, or the other way round",
                file=self.path,
                remedy="draft it as a data set of its own: qutong data-set draft FILE --id ID",
            )
        self.said.append(
            f"新版式 new layout from {self.day.isoformat()} on; the one before it is kept"
        )
        layout = amend.lines_of(drafted, ("layout",))
        for was, becomes in self._keys(own, new).items():
            layout = [line.replace(f"key: {was}", f"key: {becomes}") for line in layout]
        return amend.with_form(text, layout, self.day)

    def _keys(self, own: dict[str, Any], new: dict[str, Any]) -> dict[str, str]:
        """Keys of drafted columns that hold indicators which have another key already."""
        known = {
            (same(label), i.measure): i.column
            for i in self.declared.data_set.indicators
            for label in i.labels
        }
        renamed = {}
        for entry in new["indicators"]:
            for label in entry.get("labels", ()):
                column = known.get((same(label), entry.get("measure")))
                if column and entry.get("column", "value") not in ("value", column):
                    renamed[entry["column"]] = column
        return renamed

    def _with_symbols(self, text: str, new: dict[str, Any], outcome: Outcome) -> str:
        own = yaml.safe_load(text).get("symbols") or {}
        met = {same(word) for word in outcome.quarantined["raw_text"].to_list() if word is not None}
        for symbol, status in new.get("symbols", {}).items():
            if symbol not in own and same(symbol) in met:
                self.said.append(f"新符号 new symbol: {symbol}")
                line = f"{quoted(symbol)}: {status}  {UNSURE} M missing, O not collected"
                text = amend.add_key(text, ("symbols",), line)
        return text

    def _with_indicators(
        self, text: str, drafted: str, new: dict[str, Any], outcome: Outcome
    ) -> str:
        """Indicators of the draft whose names the declaration did not know."""
        rows = outcome.quarantined.filter(outcome.quarantined["rule_id"] == UNKNOWN_NAME)
        unknown = {same(name) for name in rows["raw_name"].to_list() if name}
        own = yaml.safe_load(text)
        codes = {entry["code"] for entry in own["indicators"]}
        keys = self._keys(own, new)
        texts = amend.items_of(drafted, ("indicators",))
        for entry, lines in zip(new["indicators"], texts, strict=True):
            labels = entry.get("labels") or [entry.get("name", {}).get("zh", entry["code"])]
            if not any(_is_of(same(label), unknown) for label in labels):
                continue
            if entry["code"] in codes:
                self.said.append(
                    f"{labels[0]}: 可能是 {entry['code']} 的另一名称 | may be another name of "
                    f"{entry['code']}: add it to its labels"
                )
                continue
            key = entry.get("column", "value")
            renamed = [
                line.replace(f"column: {key}", f"column: {keys.get(key, key)}") for line in lines
            ]
            if not any(UNSURE in line for line in renamed):
                renamed[0] += f"  {UNSURE} a new row: is it what its name says"
            text = amend.append_lines(text, ("indicators",), renamed)
            codes.add(entry["code"])
            self.said.append(f"新指标 new indicator: {labels[0]} ({entry['code']})")
        return text

    def _tell_what_lists_lack(self, outcome: Outcome | None) -> None:
        if outcome is None:
            return
        for rule, file in _LISTS.items():
            rows = outcome.quarantined.filter(outcome.quarantined["rule_id"] == rule)
            for name in dict.fromkeys(rows["raw_name"].to_list()):
                self.said.append(
                    f"{name}: 代码表中没有 | stands in no list: add it to raw/codelists/{file}"
                )


def _is_of(label: str, unknown: set[str]) -> bool:
    return label in unknown or label.rpartition("/")[2] in unknown


def _identity(column: dict[str, Any]) -> tuple[Any, ...]:
    if "means" in column:
        return ("means", tuple(sorted((k, str(v)) for k, v in column["means"].items())))
    return ("header", *(same(str(text)) for text in column.get("header", ())))


def _label(column: dict[str, Any]) -> str:
    header: Sequence[str] = column.get("header", ())
    return " / ".join(map(str, header)) or str(column.get("means"))
