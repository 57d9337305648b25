"""What did not come in: what settles it, and how it is listed, shown and returned.

Belongs here: the state a run leaves and the commands that read it. Does not belong here: whole
runs, and the reply's workbook (``test_reply``).
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result

from orchestration.cli import main
from orchestration.collect.archive import Delivery
from orchestration.errors import QutongError
from orchestration.serve.quarantine import (
    Arrived,
    find,
    problems_of,
    read_state,
    settled_by,
    subject,
)
from orchestration.settings import Settings
from orchestration.steps import collect, delivery_gate, land
from orchestration.steps.door import entered
from orchestration.steps.workplace import Workplace
from tests.support import INVESTMENT, deliver, drop, investment, make_project, profile

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
GDP = "地区生产总值,云溪区,{},年度,{},,亿元,水平值,一、综合,yunxi-bulletin,,,"
BAD = profile(GDP.format("2023年", "480.1"), GDP.format("2022年", "约莫四百五"))
MENDED = profile(GDP.format("2023年", "480.1"), GDP.format("2022年", "450.2"))
OTHER_YEAR = profile(GDP.format("2019年", "400.1"), GDP.format("2018年", "390.2"))
UNKNOWN = profile(GDP.format("2021年", "430.0").replace("地区生产总值", "地区生产总直"))


# --- what settles a refusal -------------------------------------------------------------------


def arrived(name: str, day: str = "2026-02-10", received: str = "2026-03-01T09:00:00") -> Arrived:
    delivery = Delivery(
        "d", name.ljust(64, "x"), 1, name, "folder", date.fromisoformat(day), received
    )
    return Arrived(name, name, delivery.order, received)


@pytest.mark.parametrize(
    ("refused", "later", "cadence", "answer"),
    [
        # the same name, marked as sent again
        ("投资2025年1-6月.xlsx", "投资2025年1-6月（重报）.xlsx", "monthly", True),
        ("投资2025上半年.xlsx", "投资2025上半年_更正v2.xls", "monthly", True),
        ("投资2025年6月.xlsx", "投资2025年6月 (2).xls", "monthly", True),
        ("公报2024.csv", "公报2024-更正.csv", "annual", True),
        # another period, or a name that comes again and again
        ("投资2025年6月.xlsx", "投资2025年7月.xlsx", "monthly", False),
        ("投资2025年1-6月.xlsx", "投资2025年16月.xlsx", "monthly", False),
        ("公报2024.csv", "公报2025.csv", "annual", False),
        ("月报.xlsx", "月报.xlsx ", "monthly", False),
        ("月报2025.xlsx", "月报2025(2).xlsx", "monthly", False),
        ("快报.csv", "快报(2).csv", "annual", False),
        # a data set that comes once
        ("普查.csv", "普查数据.csv", "once", True),
    ],
)
def test_what_a_name_settles(refused: str, later: str, cadence: str, answer: bool) -> None:
    own = arrived(refused)
    other = arrived(later, day="2026-02-20")
    found = settled_by(own, [other], cadence=cadence, covered_by=frozenset())
    assert found == (later if answer else "")


def test_figures_settle_whatever_the_name() -> None:
    own, other = arrived("a.csv"), arrived("b.csv", day="2026-02-20")
    covered = frozenset({"b.csv"})
    assert settled_by(own, [other], cadence="monthly", covered_by=covered) == "b.csv"
    assert settled_by(own, [], cadence="monthly", covered_by=covered) == ""


def test_only_what_came_later_settles() -> None:
    own = arrived("公报2024.csv")
    earlier = arrived("公报2024.csv ", day="2026-01-05")
    late_but_backdated = arrived("公报2024.csv ", day="2026-01-05", received="2026-03-02T09:00:00")
    for other, answer in ((earlier, ""), (late_but_backdated, "公报2024.csv ")):
        assert settled_by(own, [other], cadence="annual", covered_by=frozenset()) == answer


def test_the_subject_of_a_name() -> None:
    assert subject("投资 2025年1—6月（重报）.xlsx") == subject("投资2025年1-6月.csv")
    assert subject("公报２０２４.csv") == "公报2024"


# --- a district with bad deliveries, judged ---------------------------------------------------


def judge(settings: Settings, *, now: datetime = NOW) -> delivery_gate.Routed:
    """Collect and judge deliveries, without dbt and what comes after."""
    work = Workplace(settings, now=now)
    with entered(work, release_id="2026-03-01.1", release_time=NOW):
        collect.collect(work, [declared.id for declared in work.declarations])
        land.land_deliveries(work, land.landed_deliveries(work))
        return delivery_gate.judge_deliveries(work)[1]


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("QUTONG_HOME", "QUTONG_PROJECT", "QUTONG_DATABASE"):
            patch.delenv(name, raising=False)
        settings = make_project(tmp_path_factory.mktemp("judged") / "district")
        deliver(settings, "yunxi-profile", "2026-02-10", "公报2023.csv", BAD)
        deliver(settings, "yunxi-profile", "2026-02-11", "公报2021.csv", UNKNOWN)
        wrong = [INVESTMENT[0], ("其中：工业投资", "亿元", 50.0, None, 125.0)]
        title = "云溪区固定资产投资（2025年1—12月）"
        table = investment(wrong, title=title)
        deliver(settings, "yunxi-investment", "2026-02-10", "投资2025下半年.xlsx", table)
        cut = investment()[:2000]
        deliver(settings, "yunxi-investment", "2026-02-11", "投资2026.xlsx", cut)
        judge(settings)
        yield settings


def typed(settings: Settings, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--project", str(settings.project), "quarantine", *arguments])


def ids(settings: Settings) -> dict[str, str]:
    return {e.file_name: e.delivery_id for e in read_state(settings.work).entries}


def test_list_names_what_is_open_and_no_text(judged: Settings) -> None:
    done = typed(judged, "list")
    assert done.exit_code == 0, done.output
    known = ids(judged)
    lines = done.output.splitlines()
    assert lines[:-2] == [
        f"✗ {known['投资2025下半年.xlsx']}  投资2025下半年.xlsx  2026-02-10  拒收 refused",
        "    value.share-out-of-range  表1!E6",
        f"✗ {known['投资2026.xlsx']}  投资2026.xlsx  2026-02-11  拒收 refused",
        "    delivery.truncated-workbook  byte 2000",
        f"✗ {known['公报2023.csv']}  公报2023.csv  2026-02-10  拒收 refused",
        "    delivery.quarantined-cells",
        "    value.not-a-number  R3C5  × 1",
        f"✗ {known['公报2021.csv']}  公报2021.csv  2026-02-11  拒收 refused",
        "    delivery.nothing-accepted",
        "    delivery.quarantined-cells",
        "    indicator.unknown  R2C5  × 1",
    ]
    assert lines[-2].startswith("未了结 Open: 4 deliveries, 2 cells in quarantine  (run of 20")
    assert "约莫" not in done.output


def test_list_of_one_data_set(judged: Settings) -> None:
    done = typed(judged, "list", "--data-set", "yunxi-profile")
    assert "未了结 Open: 2 deliveries, 2 cells in quarantine" in done.output
    assert "投资" not in done.output


def test_show_tells_text_rule_remedy_and_what_may_be_meant(judged: Settings) -> None:
    done = typed(judged, "show", "公报2021.csv")
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[-5:] == [
        "  R2C5  indicator.unknown: 指标未知 | Indicator is unknown",
        "      原文 text: 430.0",
        "      未识别 not understood: 地区生产总直",
        "      近似 nearest known: 地区生产总值 (gdp)；地区生产总值增速 (gdp_growth)",
        "      → 请更正指标名称，或在声明中增加该指标或其别名；合计行请声明为 ignored_rows。 | "
        "Mend the name, or declare the indicator or one more label for it; a totals row is "
        "declared in ignored_rows.",
    ]


def test_show_of_a_file_that_could_not_be_read(judged: Settings) -> None:
    lines = typed(judged, "show", ids(judged)["投资2026.xlsx"]).output.splitlines()
    assert lines[2:4] == [
        "  读入 read 0 cells: 接收 accepted 0, 隔离 quarantined 0",
        "  byte 2000  delivery.truncated-workbook: 工作簿不完整 (传输中断?) | "
        "the workbook ends early (a broken transfer?)",
    ]


def test_a_delivery_is_found_by_id_name_or_hash(judged: Settings) -> None:
    state = read_state(judged.work)
    entry = find(state, "公报2023.csv")
    assert find(state, entry.delivery_id) is entry
    assert find(state, entry.sha256[:10]) is entry
    with pytest.raises(QutongError, match="there is no delivery '公报2O23.csv'") as error:
        find(state, "公报2O23.csv")
    assert error.value.remedy is not None
    assert "公报2023.csv" in error.value.remedy


def test_texts_cannot_steer_the_terminal(judged: Settings) -> None:
    state = read_state(judged.work)
    entry = find(state, "公报2023.csv")
    problem = problems_of(state, entry, judged.work)[-1]
    from dataclasses import replace

    from orchestration.serve.quarantine import render_entry

    said = render_entry(state, entry, [replace(problem, raw_text="a\x1b[2Jb")])
    assert "a\\x1b[2Jb" in said


def test_return_writes_the_marked_workbook(judged: Settings, tmp_path: Path) -> None:
    target = tmp_path / "replies" / "公报2023.xlsx"
    done = typed(judged, "return", "公报2023.csv", "--to", str(target))
    assert done.exit_code == 0, done.output
    book = openpyxl.load_workbook(target)
    assert book.sheetnames == ["退回说明", "公报2023"]
    assert book["公报2023"]["E3"].comment.text.startswith("第 2 处  value.not-a-number")
    again = target.with_name("again.xlsx")
    typed(judged, "return", "公报2023.csv", "--to", str(again))
    assert again.read_bytes() == target.read_bytes()


def test_return_of_a_table_marks_what_the_gate_found(judged: Settings, tmp_path: Path) -> None:
    target = tmp_path / "reply.xlsx"
    typed(judged, "return", "投资2025下半年.xlsx", "--to", str(target))
    comment = openpyxl.load_workbook(target)["表1"]["E6"].comment.text
    assert comment.splitlines()[1] == "问题: 比重为 125%"


def test_return_wants_a_workbook(judged: Settings, tmp_path: Path) -> None:
    done = typed(judged, "return", "公报2023.csv", "--to", str(tmp_path / "reply.csv"))
    assert done.exit_code == 2
    assert "name it *.xlsx" in done.output


def test_return_of_what_is_right(judged: Settings, tmp_path: Path) -> None:
    name = ids(judged)["公报2024.csv"]
    done = typed(judged, "return", name, "--to", str(tmp_path / "reply.xlsx"))
    assert (done.exit_code, done.output) == (
        1,
        f"nothing is wrong with {name} / 该批送达没有问题\n",
    )


def test_list_and_show_need_no_heavy_library(judged: Settings) -> None:
    code = (
        "import sys; from click.testing import CliRunner; from orchestration.cli import main; "
        "r = CliRunner().invoke(main, sys.argv[1:]); assert r.exit_code == 0, r.output; "
        "print(sorted({'dagster', 'dbt', 'great_expectations', 'duckdb', 'pandas'} "
        "& set(sys.modules)))"
    )
    for words in (["list"], ["show", "公报2023.csv"]):
        command = [sys.executable, "-c", code, "--project", str(judged.project), "quarantine"]
        done = subprocess.run([*command, *words], capture_output=True, text=True, check=True)
        assert done.stdout == "[]\n", words


def test_before_any_run_there_is_nothing_to_tell(project: Settings) -> None:
    done = typed(project, "list")
    assert (done.exit_code, done.output) == (
        1,
        "no run has judged any delivery yet / 尚无运行结果\n  → qutong run\n",
    )


def test_a_damaged_state_says_so(project: Settings) -> None:
    project.work.mkdir(parents=True)
    (project.work / "quarantine.json").write_text("{")
    done = typed(project, "list")
    assert done.exit_code == 1
    assert "the state of the quarantine cannot be read" in done.output


# --- what follows ----------------------------------------------------------------------------

LATER = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "content", "settles"),
    [
        ("公报更正稿.csv", MENDED, True),  # its figures
        ("公报2023（重报）.csv", OTHER_YEAR, True),  # its name
        ("公报2019.csv", OTHER_YEAR, False),  # another file of the data set
        ("公报半份.csv", profile(GDP.format("2023年", "480.1")), False),  # half of it
    ],
)
def test_a_refusal_is_settled_by_what_covers_it(
    empty_project: Settings, name: str, content: bytes, settles: bool
) -> None:
    deliver(empty_project, "yunxi-profile", "2026-02-10", "公报2023.csv", BAD)
    first = judge(empty_project)
    assert [(r.file_name, r.is_open) for r in first.refused] == [("公报2023.csv", True)]
    drop(empty_project, "yunxi-profile", name, content)
    second = judge(empty_project, now=LATER)
    known = ids(empty_project)
    (refused,) = second.refused
    assert (refused.is_open, refused.settled_by) == (not settles, known[name] if settles else "")
    done = typed(empty_project, "list", "--all").output
    assert ("    已了结 settled by " + known[name] in done) is settles


def test_a_person_may_settle_what_nobody_will_send_again(empty_project: Settings) -> None:
    deliver(empty_project, "yunxi-profile", "2026-02-10", "公报2023.csv", BAD)
    judge(empty_project)
    done = typed(empty_project, "settle", "公报2023.csv", "--reason", "投错目录")
    assert done.exit_code == 0, done.output
    assert "Open: 0 deliveries" in typed(empty_project, "list").output
    again = judge(empty_project)
    assert [(r.is_open, r.settled_by) for r in again.refused] == [(False, "decision")]
    (note,) = (empty_project.archive / "settled" / "yunxi-profile").glob("*.json")
    assert json.loads(note.read_text(encoding="utf-8"))["reason"] == "投错目录"
    twice = typed(empty_project, "settle", "公报2023.csv", "--reason", "again")
    assert twice.exit_code == 1


def test_a_dry_replay_says_what_a_mended_declaration_would_do(
    empty_project: Settings,
) -> None:
    deliver(empty_project, "yunxi-profile", "2026-02-11", "公报2021.csv", UNKNOWN)
    judge(empty_project)
    path = empty_project.raw / "datasets/profile/yunxi-profile.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace(
            "  - code: gdp\n", "  - code: gdp\n    labels: [地区生产总值, 地区生产总直]\n", 1
        ),
        encoding="utf-8",
    )
    before = {p: p.stat().st_mtime_ns for p in empty_project.home.rglob("*") if p.is_file()}
    name = ids(empty_project)["公报2021.csv"]
    done = typed(empty_project, "replay", "--dry-run")
    assert done.output.splitlines() == [
        f"{name}  公报2021.csv",
        "  前 before  accepted 0, quarantined 1  拒收 refused by "
        "delivery.nothing-accepted,delivery.quarantined-cells",
        "  后 after   accepted 1, quarantined 0  接收 admitted",
        "1 of 1 deliveries read differently / 有变化 1 批",
    ]
    assert done.exit_code == 0
    assert before == {p: p.stat().st_mtime_ns for p in empty_project.home.rglob("*") if p.is_file()}


def test_a_replay_of_an_unknown_data_set_is_wrong_use(judged: Settings) -> None:
    done = typed(judged, "replay", "--data-set", "yunxi-profil", "--dry-run")
    assert done.exit_code == 2
    assert "did you mean yunxi-profile" in done.output
