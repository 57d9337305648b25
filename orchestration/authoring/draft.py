"""Draft a declaration for a file that nobody has declared: it runs, and says what it is unsure of.

Belongs here: putting together what was seen of a file, and trying it. Does not belong here: opening
it (``opening``), what its tables and records say (``printed``, ``records``), its indicators
(``labels``); reading figures: the draft is tried with the reader that a run uses.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.authoring.known import Known
from orchestration.authoring.labels import Labels
from orchestration.authoring.opening import FORMATS, read
from orchestration.authoring.printed import Printed
from orchestration.authoring.records import Records
from orchestration.authoring.yamltext import (
    UNSURE,
    flow,
    identifier,
    indented,
    one_line,
    quoted,
    scalar,
    without_period,
)
from orchestration.collect.apart import LimitError, Limits, within
from orchestration.collect.archive import Delivery, hash_file
from orchestration.collect.grid import Grid
from orchestration.collect.parse import Outcome, Parsed, parse_bytes
from orchestration.collect.periods import Period
from orchestration.collect.readers.containers import WRITTEN_IN
from orchestration.declarations import Declared, validate_file
from orchestration.errors import QutongError
from orchestration.spec import Source
from orchestration.text import counted

if TYPE_CHECKING:
    from orchestration.declarations import Declarations

_CADENCE = {"month": "monthly", "month_range": "monthly", "quarter": "quarterly"}


@dataclass(frozen=True)
class Draft:
    """A declaration that was drafted.

    Attributes:
        text: The YAML.
        doubts: How many lines it is unsure of.
        parsed: What a run would make of the file.
        outcome: The figures, unless the file was refused.
    """

    data_set_id: str
    theme: str
    text: str
    doubts: int
    parsed: Parsed
    outcome: Outcome | None


def draft(
    path: Path,
    declarations: Declarations,
    *,
    data_set_id: str | None = None,
    theme: str | None = None,
) -> Draft:
    """Look at a file and write a declaration for it.

    Raises:
        QutongError: the file cannot be read, or not within the limits of a reading, or holds
            nothing that looks like a table.
    """
    limits = Limits.of(declarations.settings)
    try:
        return within(limits, drafted, path, declarations, data_set_id, theme)
    except LimitError as error:
        raise QutongError(
            f"{error.zh} | {error.en}",
            file=path,
            remedy="take one table of it, or raise reading_seconds or reading_megabytes "
            "in raw/district.yml",
        ) from None


def drafted(
    path: Path, declarations: Declarations, data_set_id: str | None, theme: str | None
) -> Draft:
    """As ``draft``, in this process and without a limit of time.

    Raises:
        QutongError: as there.
    """
    known_format = FORMATS.get(path.suffix.lower())
    if known_format is None:
        raise QutongError(
            "the kind of the file is not known",
            file=path,
            remedy=f"give it one of the endings {' '.join(sorted(FORMATS))}",
        )
    content = path.read_bytes()
    regions = declarations.codelists.region_words
    source, grids, doubts = read(content, known_format, path, regions)
    drafter = _Drafter(path, content, declarations, source, doubts)
    text = drafter.write(grids, data_set_id, theme)
    return _tried(text, drafter, content, declarations)


class _Drafter:
    def __init__(
        self,
        path: Path,
        content: bytes,
        declarations: Declarations,
        source: Source,
        doubts: list[str],
    ) -> None:
        self.path, self.content, self.source, self.doubts = path, content, source, doubts
        self.known = Known(declarations)
        self.labels = Labels(self.known)
        self.data_set_id = ""
        self.theme = ""

    def write(self, grids: list[Grid], data_set_id: str | None, theme: str | None) -> str:
        layout, title, report = self._layout([grid for grid in grids if grid.cells.height])
        if not self.labels.entries:
            raise QutongError(
                "no figure in the file has a name beside it",
                file=self.path,
                remedy="see whether it is the right file, and whether its rows are named",
            )
        title = one_line(title or self.path.stem)
        # What is told apart by the period is one data set: its name and files carry none.
        name = without_period(title) or title
        self.data_set_id = data_set_id or identifier(without_period(self.path.stem) or name)
        self.labels.data_set_id = self.data_set_id
        self.labels.resolve()
        self.theme = theme or self._theme()
        lines = [
            f"# {name}",
            f"# Drafted from {one_line(self.path.name)}; lines with {UNSURE!r} are guesses.",
            f"id: {self.data_set_id}",
            f"title: {flow({'zh': name, 'en': self.data_set_id.replace('-', ' ').capitalize()})}"
            f"  {UNSURE} the English title",
            f"theme: {self.theme}"
            + ("" if theme else f"  {UNSURE} one of the themes; also the name of the folder"),
            f"owner: 综合科 / General section  {UNSURE} who answers for it in the bureau",
            "origin:",
            f"  producer: 未注明 / not stated  {UNSURE} who made the file",
            "  documents:",
            f"  - id: {self.data_set_id}",
            f"    title: {scalar(name)}",
            f"    grade: official  {UNSURE} official, research or secondary",
            "delivery:",
            "  connector: folder",
            f"  pattern: {flow([_pattern(self.path.name)])}",
            f"  cadence: {_CADENCE.get(report.precision, 'annual') if report else 'irregular'}",
            f"  {UNSURE} due: {{day: 10}} and awaited_from: once it is known when periods are due",
        ]
        lines += ["layout:", *indented(layout, 2), "indicators:", *self.labels.lines()]
        inside = self.known.inside(self.known.named)
        if inside is not None:
            lines.append(
                f"regions_inside: '{inside}'  {UNSURE} names of several regions mean those"
            )
        if self.labels.symbols:
            lines.append("symbols:")
            lines += [
                f"  {quoted(text)}: {status}  {UNSURE} M missing, O not collected, none: no data"
                for text, status in sorted(self.labels.symbols.items())
            ]
        lines += [f"{UNSURE} {one_line(doubt)}" for doubt in self.doubts]
        return "\n".join(lines) + "\n"

    def _layout(self, filled: list[Grid]) -> tuple[list[str], str, Period | None]:
        if not filled:
            raise QutongError(
                "there is nothing in the file", file=self.path, remedy="ask its sender for it again"
            )
        records = Records(
            self.path, self.content, self.known, self.labels, self.source, self.doubts
        )
        if self.source.format in WRITTEN_IN or self.source.keys:
            return records.service(filled[0]), "", None
        layout = records.layout(filled)
        if layout is not None:
            return layout, "", None
        printed = Printed(self.path, self.known, self.labels, self.source, self.doubts)
        return printed.layout(filled)

    def _theme(self) -> str:
        definitions = self.known.declarations.definitions
        themes: Counter[str] = Counter()
        for entry in self.labels.entries.values():
            if entry.standard is not None:
                themes[entry.standard.theme] += 1
            elif entry.is_reference:
                indicator, owner = definitions[entry.code]
                themes[indicator.theme or owner.data_set.theme] += 1
        return themes.most_common(1)[0][0] if themes else "profile"


# --- trying it -------------------------------------------------------------------------------


def _tried(text: str, drafter: _Drafter, content: bytes, declarations: Declarations) -> Draft:
    """Check the draft as a declaration and read the file with it, without keeping anything."""
    import tempfile

    settings = declarations.settings
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / drafter.theme / f"{drafter.data_set_id}.yml"
        file.parent.mkdir()
        file.write_text(text, encoding="utf-8")
        try:
            data_set = validate_file(file, settings)
        except QutongError as error:
            raise QutongError(
                f"what is in the file cannot be declared as it stands: {_told(error)}",
                file=drafter.path,
                remedy="decide that first, or take one table of the file and draft it again",
            ) from None
    declared = Declared(data_set, Path(f"{drafter.data_set_id}.yml"), "")
    parsed, outcome = parse_bytes(
        content, stand_in(drafter.path, drafter.data_set_id), declared, declarations.codelists
    )
    said = [*_why_not(parsed, outcome), *drafter.labels.contradicted(_kinds(outcome))]
    text += "".join(f"{UNSURE} {one_line(line)}\n" for line in said)
    doubts = sum(UNSURE in line for line in text.splitlines()[2:])
    return Draft(drafter.data_set_id, drafter.theme, text, doubts, parsed, outcome)


def _kinds(outcome: Outcome | None) -> dict[str, set[str]]:
    """The kinds of period of the figures of each indicator."""
    kinds: dict[str, set[str]] = {}
    if outcome is not None:
        told = outcome.accepted.select("indicator_code", "period_kind").unique()
        for code, kind in told.iter_rows():
            kinds.setdefault(code, set()).add(kind)
    return kinds


def _told(error: QutongError) -> str:
    """An error without the address of a file that nobody has."""
    return re.sub(r"^\S*/(\S+\.yml)", r"\1", str(error).replace("\n", "; "), count=1)


def _why_not(parsed: Parsed, outcome: Outcome | None) -> list[str]:
    """Why the draft does not take its own file yet, in words: what a person decides first."""
    if parsed.refusal is not None or outcome is None:
        said = parsed.refusal
        assert said is not None
        return [
            f"it does not read its own file yet 尚不能读入: {said.rule_id} at {said.place}: "
            f"{said.detail_zh} | {said.detail_en}"
        ]
    waiting: dict[str, list[str]] = {}
    for row in outcome.quarantined.iter_rows(named=True):
        what = str(row.get("raw_name") or row["raw_text"])
        place = f"{what} ({row['delivery_place']})"
        waiting.setdefault(row["rule_id"], []).append(place)
    return [
        f"{counted(len(places), 'figure')} would wait in quarantine 隔离: {rule}: "
        f"{', '.join(places[:3])}"
        for rule, places in waiting.items()
    ]


def stand_in(path: Path, data_set_id: str) -> Delivery:
    """A delivery of a file that was not delivered: nothing is archived."""
    sha256, size = hash_file(path)
    now = datetime.now(UTC)
    return Delivery(
        data_set_id=data_set_id,
        sha256=sha256,
        size_bytes=size,
        file_name=path.name,
        connector="preview",
        delivered_on=now.date(),
        received_at=now.isoformat(),
    )


def _pattern(file_name: str) -> str:
    path = Path(file_name)
    return (
        re.sub(r"[0-9]+(?:[-–—年月日.]*[0-9]+)*", "*", path.stem).replace("**", "*") + path.suffix
    )
