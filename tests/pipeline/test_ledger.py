"""Given a table that is awaited each month, then the ledger says what became of each month."""

from __future__ import annotations

import getpass
import json
import shutil
import subprocess
import sys
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from orchestration.collect import decisions, feedback
from orchestration.collect.archive import Archive
from orchestration.collect.decisions import Decision
from orchestration.collect.feedback import Mark
from orchestration.process.contract import landing_tables
from orchestration.publish.calendar_words import check_calendar
from orchestration.serve.due import STATES
from orchestration.settings import CODE_ROOT, Settings, load_settings
from orchestration.steps.ledger import _COLUMNS, _SOURCE, MODEL
from orchestration.timetable import read_timetable
from tests.pipeline.released import Released, current, qutong
from tests.support import deliver, make_project

MONTHLY = """\
id: yunxi-month
title: {zh: 重点项目月报（虚构）, en: Key projects by month (invented)}
theme: investment
owner: 投资科 / Investment section
origin:
  producer: 区发改局（虚构） / Development bureau (invented)
  documents:
    - {id: yunxi-month, title: 重点项目月报（虚构）, issuer: 区发改局（虚构）, grade: official}
delivery:
  connector: folder
  pattern: ["月报*.csv"]
  cadence: monthly
  due: {day: 10, at: "17:00", shift: next}
  awaited_from: 2025-01
  together: [[1, 2]]
layout:
  kind: records
  columns: {indicator: 指标, period: 期间, value: 数值, unit: 单位}
  constants: {region: 云溪区, source_place: 表1}
indicators:
  - code: yunxi_projects_started
    name: {zh: 新开工项目数, en: Projects started}
    measure: count
    price_basis: not_applicable
    base_unit: 个
    decimals: 0
    direction: higher_is_better
    mart: investment.project_pipeline
    item: yunxi_projects
    item_name: {zh: 云溪项目, en: Projects of Yunxi}
    stage: started
    role: count
"""
RELEASED_AT = "2025-08-12T01:00:00+00:00"
REASON = "市局尚未反馈甲乙丙"


def month(period: str, value: str) -> bytes:
    return f"指标,期间,数值,单位\n新开工项目数,{period},{value},个\n".encode()


def due_district(folder: Path) -> Settings:
    """The invented district, with a table more that is awaited each month."""
    settings = make_project(folder)
    declared = settings.raw / "datasets" / "investment" / "yunxi-month.yml"
    declared.write_text(MONTHLY, encoding="utf-8")
    return load_settings(folder)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Released:
    """A year in which everything happens that may happen to a table, released on 12 August."""
    settings = due_district(tmp_path_factory.mktemp("ledger") / "district")
    for day, name, content in (
        ("2025-03-09", "月报2025年1-2月.csv", month("2025年1—2月", "3")),
        ("2025-03-20", "月报2025年1-2月更正.csv", month("2025年1—2月", "4")),
        ("2025-04-14", "月报2025年3月.csv", month("2025年1—3月", "5")),
        ("2025-05-09", "月报2025年4月.csv", month("2025年1—4月", "六个左右")),
        ("2025-05-13", "月报2025年4月重报.csv", month("2025年1—4月", "6")),
        ("2025-07-11", "月报202506.csv", month("2025年1—6月", "若干")),
    ):
        deliver(settings, "yunxi-month", day, name, content)
    archive = Archive(settings.archive, datetime.fromisoformat(RELEASED_AT))
    (own,) = [
        archive.store(
            settings.deliveries / "yunxi-month" / "2025-03-20" / "月报2025年1-2月更正.csv",
            "yunxi-month",
            connector="folder",
            delivered_on=date(2025, 3, 20),
            place="folder/2025-03-20/月报2025年1-2月更正.csv",
        )[0]
    ]
    decisions.record(
        settings.archive,
        Decision(
            claim="c",
            rule_id="r",
            about="",
            kind="queried",
            reason="问过来源",
            person="甲",
            at="2025-04-01T08:00:00+00:00",
            delivery_id=own.delivery_id,
        ),
    )
    feedback.record(
        settings.archive,
        Mark("yunxi-month", "2025-07", "pending", REASON, "张三丰", "2025-08-11T10:00:00+00:00"),
    )
    done = qutong(
        settings,
        "run",
        "--quiet",
        "--release-id",
        "2025-08-12.1",
        "--release-time",
        RELEASED_AT,
        through_dagster=False,
    )
    assert done.exit_code == 3, done.output
    return Released(settings, done)


def test_every_month_stands_in_the_ledger_with_what_became_of_it(ledger: Released) -> None:
    assert ledger.lines(
        "select period, period_label_zh, stated_on, due_on, due_time, state, is_overdue, "
        "overdue_days, received_on, accepted_on, is_late, late_days, delivery_count, "
        "refused_count, superseded_count, query_count, pending_since "
        "from core.delivery_ledger where data_set_id = 'yunxi-month' order by due_on"
    ) == [
        "2025-01/2025-02 | 2025年1—2月 | 2025-03-10 | 2025-03-10 | 17:00 | in_query | False | – | "
        "2025-03-09 | 2025-03-09 | False | – | 2 | 0 | 1 | 1 | –",
        "2025-03 | 2025年3月 | 2025-04-10 | 2025-04-10 | 17:00 | accepted | False | – | "
        "2025-04-14 | 2025-04-14 | True | 4 | 1 | 0 | 0 | 0 | –",
        # 10 May 2025 is a Saturday
        "2025-04 | 2025年4月 | 2025-05-10 | 2025-05-12 | 17:00 | accepted | False | – | "
        "2025-05-09 | 2025-05-13 | False | – | 2 | 1 | 0 | 0 | –",
        "2025-05 | 2025年5月 | 2025-06-10 | 2025-06-10 | 17:00 | overdue | True | 63 | "
        "– | – | False | – | 0 | 0 | 0 | 0 | –",
        "2025-06 | 2025年6月 | 2025-07-10 | 2025-07-10 | 17:00 | refused | True | 33 | "
        "2025-07-11 | – | True | 1 | 1 | 1 | 0 | 0 | –",
        "2025-07 | 2025年7月 | 2025-08-10 | 2025-08-11 | 17:00 | pending_feedback | False | – | "
        "– | – | False | – | 0 | 0 | 0 | 0 | 2025-08-11",
        *(
            f"2025-{n:02} | 2025年{n}月 | {day} | {day} | 17:00 | awaited | False | – | "
            "– | – | False | – | 0 | 0 | 0 | 0 | –"
            for n, day in (
                (8, "2025-09-10"),
                (9, "2025-10-10"),
                (10, "2025-11-10"),
                (11, "2025-12-10"),
            )
        ),
    ]


def test_a_refusal_is_told_with_its_reason(ledger: Released) -> None:
    ((by, zh),) = ledger.rows(
        "select refused_by, refusal_zh from core.delivery_ledger "
        "where data_set_id = 'yunxi-month' and period = '2025-06'"
    )
    assert by and zh
    ((known,),) = ledger.rows(
        "select refused_by from quality.conservation where file_name = '月报202506.csv'"
    )
    assert known == by


def test_what_is_said_now_is_what_the_release_says_of_the_same_moment(ledger: Released) -> None:
    asked = qutong(ledger.settings, "due", "--json", "--as-of", RELEASED_AT)
    assert asked.exit_code == 3
    periods = json.loads(asked.output)["periods"]
    # what came of asking a source is of now, and in no release
    assert {json.dumps(period.pop("asked")) for period in periods} == {"null"}
    told = ledger.records("select * from core.delivery_ledger order by due_on, data_set_id")
    assert len(periods) == 16
    assert periods == [
        {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in row.items()
        }
        for row in told
    ]


def test_the_calendar_moves_on_without_a_run(ledger: Released) -> None:
    def states(moment: str) -> list[str]:
        own = ("--data-set", "yunxi-month")
        asked = qutong(ledger.settings, "due", "--json", *own, "--as-of", moment)
        return [row["state"] for row in json.loads(asked.output)["periods"]]

    before = states("2025-09-10T08:59:00+00:00")  # 16:59 in Shanghai
    after = states("2025-09-10T09:01:00+00:00")
    assert before[6] == "awaited"
    assert after[6] == "overdue"
    # in the next year what is settled is gone, and what is not stays
    assert states("2026-03-01T00:00:00+00:00")[:2] == ["in_query", "overdue"]
    asked = qutong(ledger.settings, "due", "--json", "--year", "2024", "--as-of", RELEASED_AT)
    assert (json.loads(asked.output)["periods"], asked.exit_code) == ([], 0)


def test_what_came_since_the_last_run_is_received_and_not_judged(
    ledger: Released, tmp_path: Path
) -> None:
    shutil.copytree(ledger.settings.project, tmp_path / "district", symlinks=True)
    settings = load_settings(tmp_path / "district")
    file = tmp_path / "月报2025年5月.csv"
    file.write_bytes(month("2025年1—5月", "7"))
    archive = Archive(settings.archive, datetime.fromisoformat(RELEASED_AT))
    archive.store(
        file,
        "yunxi-month",
        connector="inbox",
        delivered_on=date(2025, 8, 12),
        place="",
        is_removed=True,
    )
    asked = qutong(settings, "due", "--json", "--as-of", RELEASED_AT)
    (may,) = [p for p in json.loads(asked.output)["periods"] if p["period"] == "2025-05"]
    assert (may["state"], may["is_overdue"], may["late_days"]) == ("received", False, 63)


def test_the_table_for_a_person(ledger: Released) -> None:
    said = qutong(ledger.settings, "due", "--as-of", RELEASED_AT).output
    lines = [" ".join(line.split()) for line in said.splitlines()]
    assert "✗ 2025-06-10 17:00 2025年5月 逾期未报 overdue 重点项目月报（虚构） yunxi-month" in lines
    assert "逾期 overdue 63 天 days; 找 ask 投资科 / Investment section" in lines
    assert "2025-05-12 17:00 2025年4月 已接收 accepted 重点项目月报（虚构） yunxi-month" in lines
    assert any(
        line.startswith("原定 by the rule 2025-05-10; 收到 received 2025-05-09; 拒收")
        for line in lines
    )
    assert any("更新 superseded 1" in line for line in lines)
    assert "原定 by the rule 2025-08-10; 待反馈自 pending since 2025-08-11" in lines
    assert any(
        line == "每年：不设期限，不催报 | annual: nothing is awaited: yunxi-profile"
        for line in lines
    )


def test_of_one_data_set_alone(ledger: Released) -> None:
    own = qutong(ledger.settings, "due", "--data-set", "yunxi-profile", "--as-of", RELEASED_AT)
    assert own.exit_code == 0
    assert "yunxi-month" not in own.output
    wrong = qutong(ledger.settings, "due", "--data-set", "yunxi-months")
    assert (wrong.exit_code, "yunxi-months" in wrong.output) == (2, True)


def test_reminders_are_ready_to_send(ledger: Released, tmp_path: Path) -> None:
    said = qutong(ledger.settings, "due", "remind", "--as-of", RELEASED_AT, "--to", str(tmp_path))
    assert said.exit_code == 0
    (file,) = tmp_path.iterdir()
    assert file.name == "催报_投资科.txt"
    text = file.read_text("utf-8").splitlines()
    assert text[:3] == [
        "投资科：",
        "截至2025年8月12日，下列报表已过报送期限：",
        "1. 重点项目月报（虚构）（2025年5月）：应于2025年6月10日17:00前报送，"
        "尚未报送，已逾期63天。",
    ]
    assert text[3].startswith(
        "2. 重点项目月报（虚构）（2025年6月）：应于2025年7月10日17:00前报送，已拒收，尚未重报（"
    )
    assert text[3].endswith("），已逾期33天。")
    assert text[4:] == [
        "请尽快报送；如已报送或另有情况，请告知我们。",
        "云州市云溪区",
        "2025年8月12日",
    ]
    nobody = qutong(ledger.settings, "due", "remind", "--as-of", RELEASED_AT, "--owner", "某科")
    assert nobody.output == "没有逾期 nobody is behind\n"


def test_neither_reason_nor_person_of_a_mark_leaves_the_archive(ledger: Released) -> None:
    wanted = (REASON.encode(), "张三丰".encode())
    for file in ledger.path.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert not any(text in content for text in wanted), file
    kept = (ledger.settings.archive / "feedback.jsonl").read_bytes()
    assert all(text in kept for text in wanted)


def test_a_person_records_and_ends_what_is_pending(ledger: Released, tmp_path: Path) -> None:
    shutil.copytree(ledger.settings.project, tmp_path / "district", symlinks=True)
    settings = load_settings(tmp_path / "district")

    def state(period: str) -> str:
        asked = qutong(settings, "due", "--json", "--as-of", RELEASED_AT)
        (row,) = [p for p in json.loads(asked.output)["periods"] if p["period"] == period]
        return str(row["state"])

    for arguments, told, then in (
        (("pending", "yunxi-month", "2025-05", "--reason", "等市局"), "待反馈", "pending_feedback"),
        (("waive", "yunxi-month", "2025-05", "--reason", "本月免报"), "免报", "waived"),
        (("over", "yunxi-month", "2025-05", "--reason", "照报"), "已了结", "overdue"),
    ):
        done = qutong(settings, "due", *arguments)
        assert (done.exit_code, told in done.output, state("2025-05")) == (0, True, then)
    again = qutong(settings, "due", "over", "yunxi-month", "2025-05", "--reason", "x")
    assert (again.exit_code, "没有可了结的登记" in again.output) == (1, True)
    wrong = qutong(settings, "due", "pending", "yunxi-month", "2025-01", "--reason", "x")
    assert (wrong.exit_code, "does not await 2025-01" in wrong.output) == (1, True)
    marks = [asdict(mark) for mark in feedback.marks(settings.archive)]
    assert [(m["kind"], m["person"]) for m in marks[1:]] == [
        (kind, getpass.getuser()) for kind in ("pending", "waived", "over")
    ]


# --- the calendar of the release -------------------------------------------------------------


@pytest.fixture(scope="module")
def report(ledger: Released) -> str:
    return (ledger.path / "quality" / "report.html").read_text("utf-8")


def faults(ledger: Released, text: str) -> list[str]:
    import duckdb

    with duckdb.connect() as connection:
        connection.execute(
            f"attach '{current(ledger.settings) / 'mart.duckdb'}' as mart (read_only)"
        )
        return [wrong.en for wrong in check_calendar(connection, "mart", text)]


def test_the_report_shows_the_year_as_a_calendar(ledger: Released, report: str) -> None:
    assert report.count("<tr data-awaited=") == 16
    assert '<tr data-awaited="yunxi-month 2025-01/2025-02">' in report
    assert "每年：不设期限，不催报" in report
    assert faults(ledger, report) == []
    said = json.loads((ledger.path / "quality" / "report.json").read_text("utf-8"))
    assert (len(said["calendar"]), said["calendar_overdue"]) == (16, 2)


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("逾期 63 天", "逾期 6 天", "2025-05"),
        ("days late: 4", "days late: 5", "2025-03"),
        ("2025-05-12 17:00", "2025-05-13 17:00", "2025-04"),
        ("待反馈</span>", "已接收</span>", "2025-07"),
        ("更新 1 批", "更新 2 批", "2025-01/2025-02"),
        ('<tr data-awaited="yunxi-month 2025-05">', "<tr>", "lacks yunxi-month 2025-05"),
    ],
)
def test_a_calendar_that_says_otherwise_is_told(
    ledger: Released, report: str, right: str, wrong: str, told: str
) -> None:
    assert right in report
    (fault,) = faults(ledger, report.replace(right, wrong, 1))
    assert told in fault


def test_a_ledger_that_contradicts_itself_is_told(
    ledger: Released, report: str, tmp_path: Path
) -> None:
    import duckdb

    file = tmp_path / "mart.duckdb"
    shutil.copyfile(ledger.path / "mart.duckdb", file)
    file.chmod(0o644)
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "update core.delivery_ledger set late_days = 3 where period = '2025-03';"
            "update core.delivery_ledger set state = 'accepted' where period = '2025-06'"
        )
    with duckdb.connect() as connection:
        connection.execute(f"attach '{file}' as mart (read_only)")
        told = [wrong.en for wrong in check_calendar(connection, "mart", report)]
    assert "the ledger contradicts itself: yunxi-month 2025-03, days late" in told
    assert "the ledger contradicts itself: yunxi-month 2025-06, accepted" in told


# --- one text, one contract, one set of words ------------------------------------------------


def test_what_the_command_lays_before_the_model_is_what_landing_holds() -> None:
    text = (CODE_ROOT / "dbt_project" / MODEL).read_text("utf-8")
    assert set(_SOURCE.findall(text)) == set(_COLUMNS)
    assert "{" not in _SOURCE.sub("", text)
    contract = landing_tables()
    for table, columns in _COLUMNS.items():
        assert columns.items() <= contract[table].items(), table


def test_states_are_called_as_the_code_list_calls_them(ledger: Released) -> None:
    rows = ledger.rows(
        "select code, name_zh, name_en from meta.code "
        "where code_list = 'delivery_state' order by position"
    )
    assert {code: (zh, en) for code, zh, en in rows} == STATES


# --- what it costs ---------------------------------------------------------------------------


def test_it_answers_at_once_and_imports_nothing_that_makes_releases(ledger: Released) -> None:
    probe = (
        "import json, sys\nfrom orchestration.cli import main\n"
        "main(['--project', sys.argv[1], 'due', '--json'], standalone_mode=False)\n"
        "print(json.dumps(sorted({n.partition('.')[0] for n in sys.modules})))"
    )
    command = [sys.executable, "-c", probe, str(ledger.settings.project)]
    subprocess.run(command, cwd=CODE_ROOT, capture_output=True, check=True)  # it keeps what it read
    done = subprocess.run(command, cwd=CODE_ROOT, capture_output=True, check=True, text=True)
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    heavy = {"dagster", "dbt", "great_expectations", "pandas", "polars", "pydantic", "yaml"}
    assert loaded & heavy == set()


def test_a_tick_over_500_sources_with_nothing_due(tmp_path: Path) -> None:
    settings = due_district(tmp_path / "district")
    own = settings.raw / "datasets" / "investment" / "yunxi-month.yml"
    text = own.read_text("utf-8")
    for number in range(500):
        other = own.with_name(f"source-{number}.yml")
        other.write_text(text.replace("id: yunxi-month\n", f"id: source-{number}\n", 1), "utf-8")
    settings.make_private()
    read_timetable(settings)
    tick = (
        "import sys, time\nfrom datetime import date\nfrom pathlib import Path\n"
        "from orchestration.deadlines import awaited\n"
        "from orchestration.settings import load_settings\n"
        "from orchestration.timetable import read_timetable\n"
        "begin = time.process_time()\n"
        "table = read_timetable(load_settings(Path(sys.argv[1])))\n"
        "due = [e for e in table if e.rule and awaited(e.rule, table.calendar, date(2025, 1, 5))]\n"
        "libraries = ('dagster', 'duckdb', 'polars', 'pydantic', 'yaml')\n"
        "heavy = [name for name in libraries if name in sys.modules]\n"
        "print(len(table.entries), len(due), heavy, time.process_time() - begin < 2)"
    )
    command = [sys.executable, "-c", tick, str(settings.project)]
    done = subprocess.run(command, cwd=CODE_ROOT, capture_output=True, check=True, text=True)
    assert done.stdout == "503 0 [] True\n"


def test_what_is_kept_of_declarations_follows_their_files(tmp_path: Path) -> None:
    settings = due_district(tmp_path / "district")
    settings.make_private()
    assert read_timetable(settings).get("yunxi-month").rule is not None
    own = settings.raw / "datasets" / "investment" / "yunxi-month.yml"
    own.write_text(MONTHLY.replace("{day: 10,", "{day: 20,"), "utf-8")
    rule = read_timetable(settings).get("yunxi-month").rule
    assert rule is not None and rule.day == 20
    own.write_text(MONTHLY.replace("{day: 10,", "{days: 20,"), "utf-8")
    table: Any = read_timetable(settings)
    assert list(table.wrong) == ["yunxi-month"]
    assert "days" in table.wrong["yunxi-month"]
    (settings.work / "timetable.json").write_text("{torn", "utf-8")
    assert list(read_timetable(settings).wrong) == ["yunxi-month"]
