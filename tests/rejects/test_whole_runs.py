"""Whole runs through Dagster: whatever a gate refuses, readers keep the last good release.

A district with a good release goes through three runs: a block at the marts gate; a block at the
release gate; and an untampered run with every kind of bad input among good files. The fixtures
keep that order, whichever test is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from types import ModuleType

import duckdb
import pytest
from dagster import DagsterInstance

from orchestration.cli import summary
from orchestration.settings import Settings
from orchestration.steps import marts_gate, release
from orchestration.steps.report import RunReport
from orchestration.steps.workplace import Workplace
from tests.pipeline.released import Released, copy_of, last_run
from tests.rejects.cases import truncated_workbook
from tests.rejects.kinds import FILES
from tests.support import (
    GOOD_ROW,
    PROFILE_HEADER,
    drop,
    few_products,
    profile,
    query,
    run,
)

FIGURES = """
    select indicator_code, region_code, period, value, qualifier, known_to, source_place
    from core.observation order by all
"""
GDP = """
    select value, known_to from core.observation
    where indicator_code = 'gdp' and region_code = '990101' and period = '{period}'
        and source_place = '一、综合'
"""

REVISION = GOOD_ROW.replace("2023年", "2024年")
"""A revision of the year 2024 (512.3 so far); beside a bad row it must not come into force."""

MOVED_HEADER = ",".join(reversed(PROFILE_HEADER.split(",")))
MOVED_ROW = ",".join(reversed(GOOD_ROW.replace("2023年", "2019年").split(",")))


def reject(rule: str, name: str = "公报2023.csv") -> bytes:
    return (FILES / rule / name).read_bytes()


BAD_INPUT = {
    "公报缺列.csv": reject("delivery.missing-column"),
    "公报单位.csv": reject("unit.unknown"),
    "公报地区.csv": reject("region.unknown"),
    "公报文字.csv": profile(REVISION, REVISION.replace("480.1", "约莫四百五")),
    "公报编码.csv": reject("delivery.wrong-encoding"),
    "公报空.csv": reject("delivery.empty-file"),
    "投资截断.xlsx": truncated_workbook(),
}


@dataclass(frozen=True)
class Seen:
    """What readers see: which release, and every figure in it."""

    release: str
    figures: list[tuple[object, ...]]


def seen(settings: Settings) -> Seen:
    return Seen((settings.releases / "current").readlink().name, query(settings, FIGURES))


@dataclass(frozen=True)
class Blocked:
    """A run that a gate stopped, and what readers saw before and after it."""

    settings: Settings
    report: RunReport
    before: Seen
    after: Seen


@pytest.fixture(scope="module")
def district(first: Released, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A district whose readers have a good release."""
    settings = copy_of(first, tmp_path_factory.mktemp("whole") / "district")
    report = last_run(settings)
    assert (report["outcome"], report["exit_code"], report["refused"]) == ("published", 0, [])
    with pytest.MonkeyPatch.context() as patch, few_products():
        # What Dagster writes down about the runs is not the subject: it keeps that in memory.
        patch.setattr(DagsterInstance, "from_config", lambda home: DagsterInstance.ephemeral())
        yield settings


# --- the marts gate and the release gate: they block -----------------------------------------


def blocked(
    settings: Settings,
    step: tuple[ModuleType, str],
    tamper: Callable[[Workplace], None],
    name: str,
    period: str,
) -> Blocked:
    """A run with a good new delivery, tampered with just before a step."""
    drop(settings, "yunxi-profile", name, profile(GOOD_ROW.replace("2023年", period)))
    untouched = getattr(*step)

    def tampered(work: Workplace) -> object:
        tamper(work)
        return untouched(work)

    before = seen(settings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(*step, tampered)
        report = run(settings)
    return Blocked(settings, report, before, seen(settings))


def hide_a_headline(work: Workplace) -> None:
    with duckdb.connect(str(work.settings.database)) as connection:
        connection.execute(
            "update core.observation set is_headline = false where indicator_code = 'schools'"
        )


def forge_a_figure(work: Workplace) -> None:
    file = release.candidate_path(work) / "csv" / "core" / "observation.csv"
    file.chmod(0o644)
    text = file.read_text(encoding="utf-8")
    assert "512.3" in text
    file.write_text(text.replace("512.3", "612.3", 1), encoding="utf-8")


@pytest.fixture(scope="module")
def marts_blocked(district: Settings) -> Blocked:
    return blocked(district, (marts_gate, "marts_gate"), hide_a_headline, "公报2015.csv", "2015年")


@pytest.fixture(scope="module")
def release_blocked(marts_blocked: Blocked) -> Blocked:
    settings = marts_blocked.settings
    return blocked(settings, (release, "release_gate"), forge_a_figure, "公报2016.csv", "2016年")


def test_a_marts_gate_that_blocks_leaves_readers_where_they_were(marts_blocked: Blocked) -> None:
    report = marts_blocked.report
    assert (report.outcome, report.exit_code) == ("blocked", 1)
    assert report.blocking == ["headline.exactly-one"]
    assert marts_blocked.after == marts_blocked.before
    assert "  ✗ 阻断 Blocked by: headline.exactly-one\n" in summary(report, 1.0)


def test_a_release_gate_that_blocks_leaves_readers_where_they_were(
    release_blocked: Blocked,
) -> None:
    report = release_blocked.report
    assert (report.outcome, report.exit_code) == ("blocked", 1)
    assert report.blocking == ["release.hash-mismatch", "release.row-hash-differs"]
    assert release_blocked.after == release_blocked.before
    said = summary(report, 1.0)
    assert "csv/core/observation.csv: the bytes do not have the hash the manifest states" in said


# --- the delivery gate: it routes ------------------------------------------------------------


@pytest.fixture(scope="module")
def refused(release_blocked: Blocked) -> tuple[Settings, RunReport]:
    """A run with every kind of bad input in the inbox, and one good file among them."""
    district = release_blocked.settings
    for name, content in BAD_INPUT.items():
        drop(
            district,
            "yunxi-investment" if name.endswith("xlsx") else "yunxi-profile",
            name,
            content,
        )
    drop(district, "yunxi-profile", "公报移列.csv", profile(MOVED_ROW, header=MOVED_HEADER))
    return district, run(district)


def test_a_refused_delivery_stays_out_and_the_rest_goes_on(
    refused: tuple[Settings, RunReport],
) -> None:
    settings, report = refused
    assert (report.outcome, report.exit_code) == ("published", 3)
    assert seen(settings).release == report.release_id
    assert sorted(r.file_name for r in report.refused) == sorted(BAD_INPUT)
    # the last good vintage is in force, the good file came in, the refused ones did not
    assert query(settings, GDP.format(period="2024")) == [(Decimal("512.3"), None)]
    assert query(settings, GDP.format(period="2019")) == [(Decimal("480.1"), None)]
    assert query(settings, GDP.format(period="2022")) == []
    verdicts = query(settings, "select file_name, verdict from quality.conservation")
    assert {name for name, verdict in verdicts if verdict == "refused"} == set(BAD_INPUT)


def test_after_a_block_the_next_run_publishes_all_that_came_in_meanwhile(
    release_blocked: Blocked, refused: tuple[Settings, RunReport]
) -> None:
    settings, report = refused
    assert (report.outcome, report.blocking, report.error) == ("published", [], "")
    assert report.release_id != release_blocked.after.release
    for period in ("2015", "2016"):
        assert query(settings, GDP.format(period=period)) == [(Decimal("480.1"), None)]


CELLS = (
    "      delivery.quarantined-cells: 1 个单元格被隔离，容许 0 个 | 1 cell quarantined, 0 allowed",
    "      → 请按隔离清单逐格更正后重新报送；容许数在声明的 completeness.max_quarantined 中。 | "
    "Mend the cells on the quarantine list and deliver again; completeness.max_quarantined says "
    "how many are allowed.",
)
MESSAGES = {
    "missing column": (
        "  ✗ yunxi-profile: 公报缺列.csv, row 1",
        "      delivery.missing-column: 缺少列“数值”; 是否改名为“数字”? | "
        "the column '数值' is missing; was it renamed to '数字'?",
        "      → 请恢复缺失的表头；如表式确已调整，由数据管理员修改声明。 | "
        "Restore the header that is missing; if the form has changed, the steward changes the "
        "declaration.",
    ),
    "unknown unit": (
        "  ✗ yunxi-profile: 公报单位.csv",
        *CELLS,
        "      unit.unknown: 1 × R3C5",
        "      → 请更正单位写法，或在单位代码表中增加该单位或别名。 | "
        "Mend the spelling, or add the unit or a synonym to the list of units.",
    ),
    "unknown region": (
        "  ✗ yunxi-profile: 公报地区.csv",
        *CELLS,
        "      region.unknown: 1 × R3C5",
        "      → 请更正地区名称，或在地区代码表中增加该地区或别名；合计行请声明为 ignored_rows。 | "
        "Mend the name, or add the region or a synonym to the list of regions; a totals row is "
        "declared in ignored_rows.",
    ),
    "text for a value": (
        "  ✗ yunxi-profile: 公报文字.csv",
        *CELLS,
        "      value.not-a-number: 1 × R3C5",
        "      → 请填数字；表示缺失的符号须在声明的 symbols 中写明含义。 | "
        "Enter a number; a sign that stands for a missing value must be declared under symbols.",
    ),
    "truncated workbook": (
        "  ✗ yunxi-investment: 投资截断.xlsx, byte 2000",
        "      delivery.truncated-workbook: 工作簿不完整 (传输中断?) | "
        "the workbook ends early (a broken transfer?)",
        "      → 传输中断或文件未保存完整，请重新传输整个文件。 | "
        "The transfer broke off or the file was not saved to its end; transfer the whole file "
        "again.",
    ),
    "wrong encoding": (
        "  ✗ yunxi-profile: 公报编码.csv, line 1",
        "      delivery.wrong-encoding: 声明的编码是 utf-8, 第 2 字节无法解码; 看起来是 gb18030 | "
        "declared as utf-8, byte 2 cannot be decoded; it looks like gb18030",
        "      → 请按声明的编码另存（通常为 UTF-8），或由数据管理员修改声明中的 layout.encoding。"
        " | Save it in the declared encoding (UTF-8 as a rule), or have the steward change "
        "layout.encoding.",
    ),
    "empty file": (
        "  ✗ yunxi-profile: 公报空.csv, file",
        "      delivery.empty-file: 文件为空 | the file is empty",
        "      → 文件中没有任何数据行，请核对导出步骤后重新报送。 | "
        "There is not one row of data in it; check the export and deliver it again.",
    ),
}


@pytest.mark.parametrize("lines", MESSAGES.values(), ids=MESSAGES)
def test_bad_input_is_told_with_file_place_and_remedy(
    refused: tuple[Settings, RunReport], lines: tuple[str, ...]
) -> None:
    said = summary(refused[1], 1.0).splitlines()
    begin = said.index(lines[0])
    following = said[begin : begin + len(lines) + 1]
    assert tuple(following[: len(lines)]) == lines
    assert following[-1].startswith(("  ✗ ", "  下一步"))


def test_a_moved_column_is_no_mistake(refused: tuple[Settings, RunReport]) -> None:
    settings, report = refused
    assert "公报移列.csv" not in summary(report, 1.0)
    assert query(
        settings, "select verdict from quality.conservation where file_name = '公报移列.csv'"
    ) == [("admitted",)]


def test_the_summary_counts_and_says_what_to_do_next(
    refused: tuple[Settings, RunReport],
) -> None:
    said = summary(refused[1], 1.0)
    assert "  拒收 Refused    7 deliveries (7 open)\n" in said
    assert said.endswith(
        "  下一步 Next   qutong quarantine return DELIVERY --to FILE.xlsx marks the bad cells for "
        "the sender; drop the mended files in var/inbox/"
    )
    assert "约莫四百五" not in said
    assert "亿圆" not in said
