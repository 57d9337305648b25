"""Questions in SQL: every format with literal answers, and everything a question must not do.

Belongs here: ``run_sql``. Does not belong here: trace and status.
"""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from orchestration.errors import QutongError, ReleaseError
from orchestration.publish.layout import MANIFEST_FILE, MART_FILE, Releases
from orchestration.serve import reading
from orchestration.serve.query import Format, display_width, run_sql
from tests.unit.test_publish_world import prepared

pytestmark = pytest.mark.core


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("world")
    candidate = prepared(root)
    candidate.rename(candidate.with_name("r1"))
    (root / "releases/current").symlink_to("r1")
    return root / "releases"


def ask(releases: Path, sql: str, form: Format = "csv") -> str:
    output = io.BytesIO()
    run_sql(releases, sql, form, output)
    return output.getvalue().decode()


def refused(releases: Path, sql: str) -> QutongError:
    with pytest.raises(QutongError) as caught:
        ask(releases, sql)
    assert caught.value.remedy
    return caught.value


def test_readers_and_publishers_use_the_same_names() -> None:
    root = Path("releases")

    assert (reading.MART_FILE, reading.MANIFEST_FILE) == (MART_FILE, MANIFEST_FILE)
    assert root / reading.CURRENT == Releases(root).current
    assert root / reading.PIN == Releases(root).pin


def test_a_table_is_aligned_also_in_chinese(releases: Path) -> None:
    text = ask(
        releases,
        "select indicator_name_zh, region_name_zh, value, known_to from core.observation "
        "where data_set_id = 'fai_year' order by observation_id",
        "table",
    )

    assert text == (
        "indicator_name_zh  region_name_zh  value  known_to\n"
        "─────────────────  ──────────────  ─────  ──────────\n"
        "固定资产投资       甲区            101.5  2026-03-01\n"
        "固定资产投资       甲区              102\n"
        "投资增速           甲区            -5.25\n"
        "(3 行 / rows)\n"
    )


def test_a_table_says_when_it_is_cut(releases: Path) -> None:
    output = io.BytesIO()
    run_sql(releases, "from range(5) as r(i)", "table", output, table_rows=2)

    assert output.getvalue().decode() == (
        "i\n─\n0\n1\n… 仅显示前 2 行 / only the first 2 rows; --format csv gives all\n"
    )


def test_a_table_without_rows(releases: Path) -> None:
    assert ask(releases, "select 1 as n where false", "table") == "n\n─\n(0 行 / rows)\n"


def test_a_table_cannot_drive_the_terminal(releases: Path) -> None:
    assert "\x1b" not in ask(releases, "select chr(27) || '[2J' as a, 'b\nc' as b", "table")


def test_csv(releases: Path) -> None:
    text = ask(
        releases,
        "select indicator_name_zh, value, value_printed, delivery_place, is_headline, "
        "known_from, known_to from core.observation where observation_id >= 'b' "
        "order by observation_id",
    )

    assert text == (
        "indicator_name_zh,value,value_printed,delivery_place,is_headline,known_from,known_to\n"
        "投资增速,-5.25,'-5.25,fai.xlsx!表1!B5,true,2026-03-01,\n"
        '\'=cmd|calc,,"","a,""b""",true,2026-03-01,\n'
    )


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
def test_csv_text_is_never_a_formula(releases: Path, start: str) -> None:
    cell = ask(releases, f"select '{start}1' as \"=a\"")

    assert cell.startswith("'=a\n")
    assert cell.split("\n", 1)[1].lstrip('"').startswith(f"'{start}")


def test_json_keeps_every_digit(releases: Path) -> None:
    text = ask(
        releases,
        "select value, indicator_name_zh as name, known_to, is_headline, [1, 2] as list, "
        "123456789012345678.12::decimal(30, 8) as long, 'a' as name "
        "from core.observation where observation_id = 'aaaaaa02ffff'",
        "json",
    )

    assert text == (
        '[\n  {"value": 102, "name": "固定资产投资", "known_to": null, "is_headline": true, '
        '"list": [1, 2], "long": 123456789012345678.12, "name_2": "a"}\n]\n'
    )


def test_json_without_rows(releases: Path) -> None:
    assert ask(releases, "select 1 as n where false", "json") == "[]\n"


def test_parquet(releases: Path) -> None:
    output = io.BytesIO()
    run_sql(
        releases,
        "select period, sum(projects) as n, max(completion_rate_pct) as rate "
        "from investment.project_pipeline group by period",
        "parquet",
        output,
    )
    frame = pl.read_parquet(io.BytesIO(output.getvalue()))

    assert frame.schema == {"period": pl.String, "n": pl.Decimal(38, 0), "rate": pl.Decimal(9, 2)}
    assert [str(value) for value in frame.row(0)] == ["2025", "19", "40.50"]


@pytest.mark.parametrize(
    "sql",
    [
        "from core.data_set",
        "with a as (select 1) select * from a",
        "values (1)",
        "describe core.observation",
        "show all tables",
        "explain select 1",
        "summarize core.data_set",
        "from core.as_of('2026-02-01')",
        "pivot core.observation on period using count(*)",
        "select 1; ",
    ],
)
def test_these_are_questions(releases: Path, sql: str) -> None:
    assert ask(releases, sql).count("\n") > 1


def test_several_statements_are_refused(releases: Path) -> None:
    assert "these are 2 statements" in refused(releases, "select 1; select 2").what
    assert "2 statements" in refused(releases, "create temp table a (b int); select 1").what


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("insert into core.data_set values ('x', '', '', false)", "INSERT"),
        ("create temp table a as select 1", "CREATE"),
        ("set threads = 1", "SET"),
        ("attach '/tmp/x.duckdb'", "ATTACH"),
        ("copy core.data_set to '/tmp/x.csv'", "COPY"),
        ("drop table core.data_set", "DROP"),
    ],
)
def test_what_is_no_question_is_refused(releases: Path, sql: str, kind: str) -> None:
    assert refused(releases, sql).what.startswith(f"{kind} is no question")


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/passwd')",
        "select * from glob('/etc/*')",
        "from '/etc/passwd'",
        "from 'https://example.invalid/a.csv'",
    ],
)
def test_a_question_reads_nothing_but_the_release(releases: Path, sql: str) -> None:
    assert "root:" not in refused(releases, sql).what


@pytest.mark.parametrize(
    ("sql", "message", "remedy"),
    [
        ("selec 1", "Parser Error", "correct the SQL"),
        ("from core.nothing", "Catalog Error", "meta.schema_dictionary"),
        ("select nothing from core.data_set", "Binder Error", "meta.column_dictionary"),
        ("select 'a'::integer", "Conversion Error", "correct the SQL"),
        ("", "there is no statement", "from core.observation"),
        ("-- nothing", "there is no statement", "from core.observation"),
    ],
)
def test_errors_carry_the_words_of_duckdb_and_a_remedy(
    releases: Path, sql: str, message: str, remedy: str
) -> None:
    error = refused(releases, sql)

    assert message in error.what
    assert remedy in str(error.remedy)


def test_an_unknown_format(releases: Path) -> None:
    with pytest.raises(QutongError, match="there is no format 'xml'"):
        run_sql(releases, "select 1", "xml", io.BytesIO())  # type: ignore[arg-type]  # no such format


def test_nothing_is_published_yet(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="nothing is published yet") as caught:
        ask(tmp_path, "select 1")
    assert caught.value.remedy == "make a release: qutong run"


def test_a_pointer_that_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "current").symlink_to("gone")

    with pytest.raises(ReleaseError, match="the current release cannot be read"):
        ask(tmp_path, "select 1")


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("abc", 3),
        ("甲区", 4),
        ("ＡＢ", 4),
        ("é", 1),
        ("e\u0301", 1),
        ("甲\u200b区", 4),  # a zero-width space
        ("“①”", 3),
        ("👨‍👩‍👧", 2),  # one picture of three
        ("", 0),
    ],
)
def test_display_width(text: str, width: int) -> None:
    assert display_width(text) == width


def test_asking_imports_nothing_heavy(releases: Path) -> None:
    script = """
import sys
from pathlib import Path
import orchestration.serve.query, orchestration.serve.trace, orchestration.serve.status
assert "duckdb" not in sys.modules
orchestration.serve.query.run_sql(
    Path(sys.argv[1]), "from core.observation", "table", open("/dev/null", "wb"))
orchestration.serve.trace.trace(Path(sys.argv[1]), Path("/nowhere"),
    orchestration.serve.trace.Selector(indicator="fai_total", region="甲区", period="2025"))
heavy = {"polars", "dagster", "dbt", "great_expectations", "pandas", "numpy", "pyarrow", "rich"}
print(sorted(heavy & set(sys.modules)))
"""
    ended = subprocess.run(
        [sys.executable, "-c", script, str(releases)],
        cwd=Path(__file__).parents[2],
        check=True,
        capture_output=True,
        text=True,
    )

    assert ended.stdout == "[]\n"
