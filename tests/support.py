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
    shutil.copytree(CODE_ROOT / "raw" / "calendars", folder / "raw/calendars")
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

# A quarter later.
INVESTMENT_LATER: tuple[Row, ...] = (
    ("固定资产投资", "亿元", 310.0, 6.1, None),
    ("其中：工业投资", "亿元", 78.0, None, 25.2),
    ("其中：房地产开发投资", "亿元", 140.2, None, 45.2),
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


# Printed 35.0 % where 78 / 310 is 25.2 %: it contradicts its own table.
CONTRADICTION: tuple[Row, ...] = (
    INVESTMENT_LATER[0],
    ("其中：工业投资", "亿元", 78.0, None, 35.0),
    INVESTMENT_LATER[2],
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
