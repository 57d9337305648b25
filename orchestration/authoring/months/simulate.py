"""Lays out the simulated district: its directory, its deliveries with what is wrong, its answers.

Belongs here: which file comes when, which comes late, twice or wrong, and the key of answers.
Does not belong here: figures (``truth``) and the look of files (``tables``).
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal

from orchestration import deadlines
from orchestration.authoring.init import lay_out
from orchestration.authoring.months.departments import DEPARTMENTS, Department, Item
from orchestration.authoring.months.tables import (
    NOT_COLLECTED,
    Key,
    columns_of,
    content,
    declaration,
    growths,
    printed,
    suffix,
)
from orchestration.authoring.months.truth import Month, Revision, Truth, months_from
from orchestration.errors import DeclarationError
from orchestration.settings import CODE_ROOT

REGION = ("990101", "模拟区", "Simulated District")
README = """\
# 模拟区 · A simulated district

本目录由 `qutong simulate months` 生成，全部为模拟数据，不是任何地区的统计数字；
每个文件、每一行、每一页都标有“模拟”。
Made by `qutong simulate months` (seed {seed}). Every figure is simulated and none is a statistic
of any place; every file, row and page says so.

    qutong --project {directory} run      # {refused} files have to be refused, and are sent again

- `answers/values.csv`：每个数字及其每个版本。Every figure with each of its versions.
- `answers/deliveries.csv`：每个文件何时来、何处有错、应拒收与否。Every file: when it came, what is
  wrong in it, whether it must be refused.
"""

Wrong = Literal["unit", "text", "header", "format"]
WRONGS: tuple[Wrong, ...] = ("unit", "text", "header", "format")
TOLD: dict[str, tuple[str, str]] = {
    "clean": ("无误", "nothing is wrong"),
    "late": ("迟报", "came after its due date"),
    "revised": ("修订重报：一个月的数改变", "sent again: a month was revised"),
    "mended": ("更正后重报", "sent again, mended"),
    "unit": ("金额放大一万倍", "all amounts ten thousand times too large"),
    "text": ("数字处为文字", "words where a number belongs"),
    "header": ("表头改名，未声明", "a header that nobody declared"),
    "format": ("不是所称格式：登录页", "not what its name says: a page to log in"),
}


@dataclass(frozen=True)
class Sent:
    """One file: what it is of, when it came, and what is wrong with it."""

    department: Department
    month: Month
    day: date
    kind: str
    name: str

    @property
    def is_refused(self) -> bool:
        """Whether the delivery gate has to refuse it."""
        return self.kind in WRONGS


@dataclass(frozen=True)
class Simulated:
    """What was laid out."""

    directory: Path
    files: int
    refused: int
    figures: int


@dataclass(frozen=True)
class Figure:
    """A version of a figure, as ``answers/values.csv`` has it."""

    data_set_id: str
    file: str
    indicator_code: str
    period: str
    period_kind: str
    measure: str
    value: Decimal
    unit: str
    known_from: date
    known_to: date | None = None


def simulate(
    directory: Path, *, first: Month, months: int, departments: int, seed: int, today: date
) -> Simulated:
    """Lay out a district with month tables of its departments and the key of answers.

    Args:
        directory: Holds no district yet.
        first: The first month that is reported.
        months: How many months are.
        departments: How many of the twelve departments report.
        seed: Figures and events follow from it alone.
        today: No file comes later.

    Raises:
        DeclarationError: there is a district already, or files would come from the future.
    """
    chosen = DEPARTMENTS[:departments]
    begin = first[0] * 12 + first[1] - 1
    calendar = deadlines.read_calendar(CODE_ROOT / "raw" / "calendars", "china")
    truth = Truth(seed)
    sent: list[Sent] = []
    for department in chosen:
        reported = list(months_from(begin, begin + months - 1, department.together))
        sent += _sent(department, reported, truth, calendar)
    late = max((entry.day for entry in sent), default=today)
    if late > today:
        raise DeclarationError(
            f"the last file would come on {late}, which is not yet",
            file=directory,
            remedy="begin earlier (--from), or ask for fewer months",
        )
    code, name_zh, name_en = REGION
    lay_out(directory, code=code, name_zh=name_zh, name_en=name_en)
    for department in chosen:
        both = department.together and first[1] == 2
        awaited = f"{first[0]}-{'01' if both else f'{first[1]:02}'}"
        file = directory / "raw" / "datasets" / department.theme / f"{department.id}.yml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(declaration(department, awaited, name_zh), encoding="utf-8")
    figures: list[Figure] = []
    for entry in sent:
        cells = _cells(entry, truth)
        file = directory / "raw/deliveries" / entry.department.id / entry.day.isoformat()
        file.mkdir(parents=True, exist_ok=True)
        (file / entry.name).write_bytes(_bytes(entry, cells))
        if not entry.is_refused:
            figures += _figures(entry, truth)
    versions = _versions(figures)
    refused = sum(entry.is_refused for entry in sent)
    _answer(directory / "answers", sent, versions)
    text = README.format(seed=seed, directory=directory.name, refused=refused)
    (directory / "README.md").write_text(text, encoding="utf-8")
    return Simulated(directory, len(sent), refused, len(versions))


# --- what comes when -----------------------------------------------------------------------------


def _sent(
    department: Department, reported: Sequence[Month], truth: Truth, calendar: deadlines.Calendar
) -> Iterator[Sent]:
    """Every file of a department, in the order of the months; revisions are noted in ``truth``."""
    draw = random.Random(f"{truth.seed}/{department.id}/events")  # noqa: S311 - no secret
    # One event in a month; the first two months are what later ones are compared with.
    later = list(reported[2:])
    draw.shuffle(later)
    order = list(WRONGS)
    draw.shuffle(order)
    events: dict[Month, str] = {}
    for number, month in enumerate(later):
        turn = number % 12
        if turn < 3:
            events[month] = (order[number // 12 % len(order)], "late", "revised")[turn]
    for month in reported:
        due = _due(department, month, calendar)
        day = due - timedelta(days=draw.randint(0, 2))
        stem = f"{department.file_stem}{month[0]}{month[1]:02}"
        ends, kind = suffix(department), events.get(month, "clean")
        one = Sent(department, month, day, "clean", f"{stem}{ends}")
        if kind in WRONGS:
            yield replace(one, kind=kind)
            mended = day + timedelta(days=draw.randint(1, 3))
            yield replace(one, day=mended, kind="mended", name=f"{stem}_更正{ends}")
        elif kind == "late":
            yield replace(one, day=due + timedelta(days=draw.randint(3, 9)), kind="late")
        elif kind == "revised":
            again = due + timedelta(days=draw.randint(4, 8))
            item = next(i for _, i in department.rows if (not i.parts and i.kind != "index") or
                        department.rows[0][1].kind == "index")  # fmt: skip
            at = (month[0], month[1] if not (department.together and month[1] == 2) else 2)
            factor = Decimal(str(draw.choice((0.985, 0.992, 1.007, 1.013))))
            truth.revisions[item.code, at] = Revision(item.code, at, factor, again)
            yield one
            yield replace(one, day=again, kind="revised", name=f"{stem}_修订{ends}")
        else:
            yield one


def _due(department: Department, month: Month, calendar: deadlines.Calendar) -> date:
    year, number = month
    stated = date(year + number // 12, number % 12 + 1, department.day)
    while not calendar.is_working(stated):
        stated += deadlines.ONE_DAY
    return stated


# --- what stands in it ---------------------------------------------------------------------------


def _values(entry: Sent, truth: Truth) -> Iterator[tuple[Item, Key, Decimal]]:
    """Every figure that the table of a month has, as it was known on the day of the file."""
    department, month, on = entry.department, entry.month, entry.day
    alone = not (department.together and month[1] == 2)
    for _, item in department.rows:
        for key, _ in columns_of(department):
            is_to_date = key.startswith("to_date")
            if not is_to_date and not alone:
                continue
            if key.endswith("growth"):
                if not growths(item, department):
                    continue
                value = truth.growth(department, item, month, on, is_to_date=is_to_date)
            elif is_to_date:
                value = truth.to_date(department, item, month, on)
            else:
                value = truth.month(department, item, month, on)
            yield item, (item.code, key), value


def _cells(entry: Sent, truth: Truth) -> dict[Key, str]:
    department = entry.department
    cells = {
        (item.code, key): NOT_COLLECTED
        for _, item in department.rows
        for key, _ in columns_of(department)
        if growths(item, department) or not key.endswith("growth")
    }
    return cells | {key: printed(value) for _, key, value in _values(entry, truth)}


def _bytes(entry: Sent, cells: dict[Key, str]) -> bytes:
    """The file as it came, with what is wrong in it."""
    year, month = entry.month
    if entry.kind == "format":
        return "<html><body><form>模拟：请登录 Simulated: log in</form></body></html>\n".encode()
    if entry.kind == "unit":
        cells = {
            key: printed(Decimal(text) * 10_000)
            if not key[1].endswith("growth") and text != NOT_COLLECTED
            else text
            for key, text in cells.items()
        }
    if entry.kind == "text":
        first = next(key for key, text in cells.items() if text != NOT_COLLECTED)
        cells = cells | {first: "待核"}
    department = entry.department
    if entry.kind == "header":
        return content(_renamed(department), year, month, cells)
    return content(department, year, month, cells)


def _renamed(department: Department) -> Department:
    """The same table with another word over its names, which no declaration has."""
    return replace(department, stub="项目名称（新）")


def _figures(entry: Sent, truth: Truth) -> Iterator[Figure]:
    year, month = entry.month
    stocks = {item.code for _, item in entry.department.rows if item.kind == "stock"}
    for item, (code, key), value in _values(entry, truth):
        is_growth, to_date = key.endswith("growth"), key.startswith("to_date")
        one = f"{year}-{month:02}"
        kind = "point" if code in stocks else "monthly"
        level = "index" if item.kind == "index" else "level"
        yield Figure(
            entry.department.id,
            entry.name,
            f"{code}_growth" if is_growth else code,
            f"{year}-01/{one}" if to_date and month > 1 else one,
            "cumulative_range" if to_date else kind,
            "yoy_growth_pct" if is_growth else level,
            value,
            "%" if is_growth else item.unit,
            entry.day,
        )


def _versions(figures: Sequence[Figure]) -> list[Figure]:
    """What was said when: a value that comes again is no version of its own."""
    told: dict[tuple[str, str, str], list[Figure]] = {}
    for figure in sorted(figures, key=lambda f: f.known_from):
        said = told.setdefault((figure.indicator_code, figure.period, figure.period_kind), [])
        if said and said[-1].value == figure.value:
            continue
        if said:
            said[-1] = replace(said[-1], known_to=figure.known_from)
        said.append(figure)
    return [figure for said in told.values() for figure in said]


def _answer(folder: Path, sent: Sequence[Sent], versions: Sequence[Figure]) -> None:
    folder.mkdir(exist_ok=True)
    with (folder / "values.csv").open("w", encoding="utf-8", newline="") as file:
        values = csv.writer(file, lineterminator="\n")
        values.writerow(["data_set_id", "file", "indicator_code", "region_code", "period",
                         "period_kind", "measure", "value", "unit", "known_from", "known_to",
                         "is_simulated"])  # fmt: skip
        values.writerows(
            (f.data_set_id, f.file, f.indicator_code, REGION[0], f.period, f.period_kind,
             f.measure, printed(f.value), f.unit, f.known_from, f.known_to or "", "true")
            for f in versions
        )  # fmt: skip
    with (folder / "deliveries.csv").open("w", encoding="utf-8", newline="") as file:
        files = csv.writer(file, lineterminator="\n")
        files.writerow(["data_set_id", "delivered", "file", "period", "kind", "what_zh", "what_en",
                        "must_be", "is_simulated"])  # fmt: skip
        files.writerows(
            (s.department.id, s.day, s.name, f"{s.month[0]}-{s.month[1]:02}", s.kind,
             *TOLD[s.kind], "refused" if s.is_refused else "accepted", "true")
            for s in sent
        )  # fmt: skip
