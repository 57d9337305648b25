"""What several tests need: the invented district, its deliveries, and short ways to run it.

Belongs here: builders with literal content. Does not belong here: expected values.
"""

from __future__ import annotations

import contextlib
import io
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from orchestration.collect.archive import Delivery
from orchestration.collect.parse import Parsed, parse_bytes
from orchestration.declarations import Declarations, load_declarations
from orchestration.settings import CODE_ROOT, Settings, load_settings
from orchestration.steps.custody import decide
from orchestration.steps.door import execute
from orchestration.steps.report import RunReport
from orchestration.steps.workplace import Workplace

HERE = Path(__file__).parent
NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)

PROFILE_HEADER = "指标,地区,期间,期间类型,数值,限定,单位,类型,章节,来源,发布日期,期间推定,模拟"
GOOD_ROW = "地区生产总值,云溪区,2023年,年度,480.1,,亿元,水平值,一、综合,yunxi-bulletin,,,"


def make_project(folder: Path, *, with_deliveries: bool = True) -> Settings:
    """Copy the invented district into ``folder`` and load its settings."""
    shutil.copytree(HERE / "district" / "raw", folder / "raw")
    for name in ("units.csv", "codes.csv"):
        shutil.copyfile(CODE_ROOT / "raw" / "codelists" / name, folder / "raw/codelists" / name)
    settings = load_settings(folder)
    if with_deliveries:
        deliver(settings, "yunxi-investment", "2025-07-15", "投资2025上半年.xlsx", investment())
    else:
        shutil.rmtree(settings.deliveries)
        settings.deliveries.mkdir()
    return settings


def deliver(settings: Settings, data_set: str, day: str, name: str, content: bytes) -> Path:
    """Lay a file where the folder connector finds it."""
    path = settings.deliveries / data_set / day / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def drop(settings: Settings, data_set: str, name: str, content: bytes) -> Path:
    """Lay a file into the inbox."""
    path = settings.inbox / data_set / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def profile(*rows: str, header: str = PROFILE_HEADER, encoding: str = "utf-8") -> bytes:
    """A delivery of yunxi-profile."""
    return "\n".join((header, *rows, "")).encode(encoding)


def hold(settings: Settings, delivery_id: str) -> None:
    """Take a delivery out of play, as ``qutong delivery hold`` does."""
    decide(Workplace(settings, now=NOW), delivery_id, "hold", reason="withdrawn by its sender")


Row = tuple[str, str, float | str | None, float | str | None, float | str | None]

INVESTMENT: tuple[Row, ...] = (
    ("固定资产投资", "亿元", 200.0, 6.5, None),
    ("其中：工业投资", "亿元", 50.0, None, 25.0),
    ("其中：房地产开发投资", "亿元", 90.0, None, 45.0),
)


def investment(
    rows: Sequence[Row] = INVESTMENT,
    *,
    title: str = "云溪区固定资产投资（2025年1—6月）",
    headers: Sequence[str] = ("指标", "计量单位", "绝对数", "同比±%", "比重(%)"),
) -> bytes:
    """A workbook of yunxi-investment: title, two header rows, a stub with cuts, a note."""
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"created": datetime(2025, 7, 15)})
    sheet = book.add_worksheet("表1")
    one = book.add_format({"num_format": "0.0"})
    sheet.merge_range(0, 0, 0, len(headers) - 1, title)
    sheet.merge_range(2, 0, 3, 0, headers[0])
    if headers[1]:
        sheet.merge_range(2, 1, 3, 1, headers[1])
    sheet.merge_range(2, 2, 2, len(headers) - 1, "本期累计")
    for col, text in enumerate(headers[2:], start=2):
        sheet.write_string(3, col, text)
    for number, row in enumerate(rows, start=4):
        for col, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(number, col, value)
            elif value is not None:
                sheet.write_number(number, col, value, one)
    sheet.write_string(4 + len(rows), 0, "注：虚构数据，仅供测试。")
    book.close()
    return buffer.getvalue()


# Printed 25.0 % where 50 / 200 is 25.0 %: 35.0 % contradicts its own table.
CONTRADICTION: tuple[Row, ...] = (
    INVESTMENT[0],
    ("其中：工业投资", "亿元", 50.0, None, 35.0),
    INVESTMENT[2],
)


def parse(
    settings: Settings, data_set: str, name: str, content: bytes, *, day: str = "2025-07-15"
) -> Parsed:
    """Parse one delivery; its frames are dropped."""
    return parse_frames(load_declarations(settings), data_set, name, content, day=day)[0]


def parse_frames(
    declarations: Declarations,
    data_set: str,
    name: str,
    content: bytes,
    *,
    day: str = "2025-07-15",
) -> tuple[Parsed, list[dict[str, object]], list[dict[str, object]]]:
    """Parse one delivery into accepted and quarantined rows."""
    import hashlib

    delivery = Delivery(
        data_set_id=data_set,
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        file_name=name,
        connector="folder",
        delivered_on=date.fromisoformat(day),
        received_at="2026-03-01T09:00:00+00:00",
    )
    parsed, outcome = parse_bytes(
        content, delivery, declarations.get(data_set), declarations.codelists
    )
    if outcome is None:
        return parsed, [], []
    return parsed, outcome.accepted.to_dicts(), outcome.quarantined.to_dicts()


def run(settings: Settings, *data_sets: str, release_id: str | None = None) -> RunReport:
    """A whole run in this process."""
    from orchestration.definitions import execute_job

    with judging_here():
        return execute(Workplace(settings), execute_job, data_sets, release_id=release_id)


@contextlib.contextmanager
def judging_here() -> Iterator[None]:
    """Suites are validated in this process: imported once for many runs, not once for each."""
    from unittest import mock

    from orchestration.judge import worker

    with mock.patch.object(worker, "start", worker.Judge):
        yield


@contextlib.contextmanager
def few_products() -> Iterator[None]:
    """Releases hold what readers and gates stand on; nobody looks at their pages and papers."""
    from unittest import mock

    from orchestration.publish.registry import PRODUCTS

    few = tuple(product for product in PRODUCTS if product.name in FEW)
    with mock.patch.object(Workplace, "products", few):
        yield


FEW = ("tables", "report", "inventory")


def query(settings: Settings, sql: str) -> list[tuple[object, ...]]:
    """Rows of the current release."""
    import duckdb

    file = settings.releases / "current" / "mart.duckdb"
    with duckdb.connect(str(file), read_only=True) as connection:
        return [tuple(row) for row in connection.execute(sql).fetchall()]


def sums_that_count_twice(con: duckdb.DuckDBPyConnection, flags: str) -> list[str]:
    """What a sum over all rows that may be added counts twice, or has that it must not have.

    A plain reading, figure by figure, of declarations and cells: it knows nothing of how flags are
    made.

    Args:
        con: A work database with ``landing.relation``, ``landing.region`` and the cells of marts.
        flags: A relation with the key of each mart row and ``is_summable``.
    """
    part_of: dict[str, set[str]] = {}
    overlaps: set[frozenset[str]] = set()
    for kind, one, other in con.execute(
        "select kind, indicator_code, other_code from landing.relation"
    ).fetchall():
        if kind == "part_of":
            part_of.setdefault(one, set()).add(other)
        elif kind == "overlaps":
            overlaps.add(frozenset((one, other)))
    parents = dict(con.execute("select region_code, parent_code from landing.region").fetchall())
    key = "mart, region_code, period, period_kind, item, stage, basis_family, subject, locality"
    columns = (
        "observation_id, mart, slot, indicator_code, region_code, item, period_start, period_end, "
        "basis_family, subject, locality, qualifier, unit, reference_value, measure, basis, "
        "price_basis"
    )
    amounts = [
        dict(zip(columns.replace(" ", "").split(","), row, strict=True))
        for row in con.execute(
            f"select {columns} from intermediate.int_mart_cell where is_shown "
            "and value is not null and measure in ('level', 'count', 'target_level') "
            "order by observation_id"
        ).fetchall()
    ]
    added = {
        row[0]
        for row in con.execute(
            f"select observation_id from intermediate.int_mart_cell inner join {flags} "
            f"using ({key}) where is_summable and is_shown"
        ).fetchall()
    }
    rows = [row for row in amounts if row["observation_id"] in added]
    found = []
    for row in rows:
        name, whole = row["observation_id"], _above(row["indicator_code"], part_of)
        if not whole:
            found.append(f"{name}: a part of nothing")
        if (row["basis_family"], row["subject"], row["locality"], row["qualifier"]) != (
            "outturn", "_T", "_T", "exact",
        ):  # fmt: skip
            found.append(f"{name}: no plain outturn")
    for number, one in enumerate(rows):
        for other in rows[number + 1 :]:
            if (one["mart"], one["slot"]) == (other["mart"], other["slot"]):
                for fault in _shared(one, other, part_of, overlaps, parents):
                    found.append(f"{one['observation_id']} and {other['observation_id']}: {fault}")
    for whole in amounts:
        has_end = whole["qualifier"] in ("exact", "at_most", "below", "just_below")
        if not has_end or (whole["basis_family"], whole["subject"], whole["locality"]) != (
            "outturn", "_T", "_T",
        ):  # fmt: skip
            continue
        for place in {(row["mart"], row["slot"]) for row in rows}:
            within = [
                row["reference_value"]
                for row in rows
                if (row["mart"], row["slot"]) == place
                and whole["indicator_code"] in _above(row["indicator_code"], part_of)
                and whole["region_code"] in (row["region_code"], *_above_region(row, parents))
                and whole["period_start"] <= row["period_start"]
                and row["period_end"] <= whole["period_end"]
            ]
            if within and sum(within) > whole["reference_value"]:
                found.append(f"{sum(within)} above {whole['observation_id']}")
    return found


def _above(code: str, part_of: Mapping[str, set[str]]) -> set[str]:
    """Everything that an indicator is a part of."""
    known: set[str] = set()
    left = [code]
    while left:
        for whole in part_of.get(left.pop(), ()):
            if whole not in known:
                known.add(whole)
                left.append(whole)
    return known


def _above_region(row: Mapping[str, Any], parents: Mapping[str, str | None]) -> list[str]:
    regions: list[str] = []
    region = parents.get(row["region_code"])
    while region and region not in regions:
        regions.append(region)
        region = parents.get(region)
    return regions


def _shared(
    one: Mapping[str, Any],
    other: Mapping[str, Any],
    part_of: Mapping[str, set[str]],
    overlaps: set[frozenset[str]],
    parents: Mapping[str, str | None],
) -> Iterator[str]:
    """What two figures of one column have in common, so that a sum counts it twice."""
    a, b = one["indicator_code"], other["indicator_code"]
    above_a, above_b = _above(a, part_of), _above(b, part_of)
    if (one["unit"], one["price_basis"]) != (other["unit"], other["price_basis"]):
        yield "two units"
    if b in above_a or a in above_b:
        yield "part and whole"
    if a != b and any(frozenset((x, y)) in overlaps for x in {a, *above_a} for y in {b, *above_b}):
        yield "they overlap"
    are_one = one["item"] == other["item"]
    meet = (
        one["period_start"] <= other["period_end"] and other["period_start"] <= one["period_end"]
    )
    if are_one and one["region_code"] == other["region_code"]:
        adds_up = all(
            row["basis"] in ("current", "cumulative") and row["price_basis"] != "not_applicable"
            for row in (one, other)
        )
        if meet or not adds_up:
            yield "one period"
    elif are_one and meet and (
        one["region_code"] in _above_region(other, parents)
        or other["region_code"] in _above_region(one, parents)
    ):
        yield "one region"
