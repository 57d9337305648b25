"""An invented district with as many figures as a benchmark asks for.

Belongs here: declarations, files and parse results; all of it is simulated and says so in the
column 模拟, nothing is data of a place. Does not belong here: what is measured (``phases``).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from orchestration.settings import Settings, load_settings
from orchestration.steps.workplace import Workplace
from tests.support import PROFILE_HEADER, make_project

INDICATORS = 400
IN_MARTS = 40
"""How many of the indicators stand in a mart too."""
NOW = datetime(2096, 3, 1, 9, 0, tzinfo=UTC)

HEAD = """id: yunxi-returns
title: {zh: 云溪区月报（虚构）, en: Monthly returns of Yunxi (invented)}
theme: investment
owner: 综合科 / General section
simulated: true
origin:
  producer: 云溪区统计局（虚构） / Yunxi statistics bureau (invented)
  documents:
    - id: yunxi-returns
      title: 云溪区月报（虚构）
      title_en: Monthly returns (invented)
      grade: official
delivery: {connector: folder, pattern: ["月报*.csv"], cadence: monthly}
layout:
  kind: records
  columns:
    indicator: 指标
    region: 地区
    period: 期间
    period_kind: 期间类型
    value: 数值
    qualifier: 限定
    unit: 单位
    measure: 类型
    source_place: 章节
    document: 来源
    published: 发布日期
    inferred: 期间推定
    simulated: 模拟
indicators:
"""
INDICATOR = """  - code: invented_{n}
    name: {{zh: 虚构指标{n}, en: Invented indicator {n}}}
    measure: level
    price_basis: current
    base_unit: 亿元
    decimals: 1
    direction: neutral
"""
PLACED = """    mart: investment.fixed_asset_investment
    item: invented_{n}
    item_name: {{zh: 虚构项目{n}, en: Invented item {n}}}
    role: value
"""


def invented_district(folder: Path, regions: int = 10) -> Settings:
    """The invented district of the tests with more counties and four hundred more indicators."""
    settings = make_project(folder, with_deliveries=False)
    listed = settings.raw / "codelists" / "regions.csv"
    with listed.open("a", encoding="utf-8") as lines:
        for n in range(regions):
            lines.write(f"990101{n:03},云溪区虚构{n}街道,County {n},county,990100,,,,虚构{n}街道\n")
    declared = settings.raw / "datasets" / "investment" / "yunxi-returns.yml"
    with declared.open("w", encoding="utf-8") as out:
        out.write(HEAD)
        for n in range(INDICATORS):
            out.write(INDICATOR.format(n=n) + (PLACED.format(n=n) if n < IN_MARTS else ""))
    return load_settings(folder)


def file_of_month(settings: Settings, number: int) -> tuple[Path, str]:
    """Where the file of a month is laid out, and how it names the month.

    Args:
        settings: Of the district.
        number: Counts months from January 2024.
    """
    year, month = 2024 + number // 12, number % 12 + 1
    day = date(year, month, 28) + timedelta(days=10)
    folder = settings.deliveries / "yunxi-returns" / day.isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"月报{year}年{month}月.csv", f"{year}年{month}月"


def deliver_month(settings: Settings, number: int, regions: int = 10) -> None:
    """Lay out a month: each indicator for each of the counties."""
    path, month = file_of_month(settings, number)
    rows = (
        f"虚构指标{n},虚构{r}街道,{month},月度,"
        f"{100 + (n * 7 + r * 13 + number) % 50}.5,,亿元,水平值,表1,yunxi-returns,,,是"
        for n in range(INDICATORS)
        for r in range(regions)
    )
    path.write_text("\n".join((PROFILE_HEADER, *rows, "")), encoding="utf-8")


def archive_parsed_months(settings: Settings, numbers: range) -> None:
    """Put months into the archive with the parse results that reading them would give.

    The result of a month that was read stands for all others, under their own period: reading ten
    million figures from text would take longer than what is measured.
    """
    import duckdb

    work = Workplace(settings, now=NOW)
    declared = work.declarations.get("yunxi-returns")
    (template,) = work.archive.deliveries(declared.id)
    known, _ = work.store.parse(template, declared, work.archive, work.declarations.codelists)
    like = work.store.stem(template, declared)
    for number in numbers:
        path, month = file_of_month(settings, number)
        path.write_text(f"{month}: its parse result was generated\n", encoding="utf-8")
        first = date(2024 + number // 12, number % 12 + 1, 1)
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        own, _ = work.archive.store(
            path, declared.id, connector="folder", delivered_on=date.fromisoformat(path.parent.name)
        )
        stem = work.store.stem(own, declared)
        result = replace(known, delivery_id=own.delivery_id, sha256=own.sha256)
        for kind in ("quarantine", "notes"):
            source = like.with_suffix(f".{kind}.parquet")
            stem.with_suffix(f".{kind}.parquet").write_bytes(source.read_bytes())
        duckdb.execute(
            f"""
            copy (
                select * replace (
                    '{first:%Y-%m}' as period, date '{first}' as period_start,
                    date '{last}' as period_end, date '{own.delivered_on}' as known_from,
                    value + {number % 7} as value
                ) from '{like.with_suffix(".accepted.parquet")}'
            ) to '{stem.with_suffix(".accepted.parquet")}' (format parquet)
            """
        )
        work.store.write_counts(stem, result)
