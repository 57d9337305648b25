"""A cell of a published table traced to its observations, and cells that cannot be.

Belongs here: ``trace_cell`` and its text. Does not belong here: an observation's own way back
(test_serve_trace).
"""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestration import cli
from orchestration.catalog import Column, Table, unit_by_row
from orchestration.errors import QutongError
from orchestration.serve.cell import CellSelector, CellTrace, render_text, trace_cell
from tests.unit.described import columns_sql, dictionary_sql
from tests.unit.test_publish_world import BYTES, SHA, build

pytestmark = pytest.mark.core

TABLE = "investment.structure"
COLUMNS = tuple(
    Column(name, kind, zh, en, unit, True, role, zh, en, **more)
    for name, kind, zh, en, unit, role, more in (
        ("region_code", "varchar", "地区", "Region", "", "region", {}),
        ("region_name_zh", "varchar", "地区名称", "Name of the region", "", "name",
         {"language": "zh", "name_of": "region_code"}),
        ("period", "varchar", "报告期", "Period", "", "period", {}),
        ("item", "varchar", "对象", "Item", "", "code", {}),
        ("sort", "integer", "次序", "Order", "", "sort", {}),
        ("investment", "decimal(30,8)", "投资额", "Investment", unit_by_row("investment_unit"),
         "value", {"unit_column": "investment_unit", "observation": "investment_observation_id"}),
        ("investment_unit", "varchar", "单位", "Unit", "", "unit", {}),
        ("project_count", "decimal(30,8)", "项目数", "Number of projects", "个 | projects",
         "value", {"observation": "count_observation_id"}),
        ("growth_printed", "decimal(12,4)", "公布的增速", "Growth as printed", "%", "value",
         {"qualifier_column": "growth_qualifier", "observation": "growth_observation_id"}),
        ("growth_qualifier", "varchar", "增速性质", "Qualifier of the growth", "", "qualifier",
         {}),
        ("growth_computed", "decimal(12,4)", "计算增速 = 甲 ÷ 乙", "Computed growth = a / b", "%",
         "value", {}),
        ("parts", "decimal(12,4)", "分项之和", "Sum of the parts", "", "value",
         {"observation": "parts_observation_ids"}),
        ("investment_observation_id", "varchar", "编号", "Id", "", "observation", {}),
        ("growth_observation_id", "varchar", "编号", "Id", "", "observation", {}),
        ("count_observation_id", "varchar", "编号", "Id", "", "observation", {}),
        ("parts_observation_ids", "varchar", "编号", "Ids", "", "observations", {}),
    )
)  # fmt: skip
ROWS = """
    ('990101', '甲区', '2025', 'all', 1, 102, '亿元', 102, -5.25, 'above', -5.3, 203.5,
     'aaaaaa02ffff', 'bbbbbb01ffff', 'aaaaaa02ffff', 'aaaaaa01ffff, aaaaaa02ffff'),
    ('990101', '甲区', '2025', 'it''s', 2, 7, '万元', 7, null, null, null, null,
     'lost00000000', null, null, ''),
    ('990101', '甲区', '2026', 'all', 1, null, null, null, null, null, null, null,
     null, null, null, null)
"""


def _extra_sql() -> str:
    schema, table = TABLE.split(".")
    key = ("region_code", "period", "item")
    described = Table(schema, table, "投资结构", "Structure of investment", "", "", key, COLUMNS)
    return (
        f"create table {TABLE} ({columns_sql(COLUMNS)}); insert into {TABLE} values {ROWS};"
        + dictionary_sql(described)
    )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("world")
    return _released(root, _extra_sql())


def _released(root: Path, extra_sql: str) -> Path:
    candidate = build(root, extra_sql=extra_sql)
    candidate.rename(candidate.with_name("r1"))
    (root / "releases/current").symlink_to("r1")
    folder = root / "archive/objects" / SHA[:2]
    folder.mkdir(parents=True)
    (folder / SHA).write_bytes(BYTES)
    return root


def found(world: Path, cell: str, *where: tuple[str, str]) -> CellTrace:
    return trace_cell(world / "releases", world / "archive", CellSelector(cell, where))


def figures(trace: CellTrace) -> list[str]:
    return [figure.observation["observation_id"] for figure in trace.trace.figures]


ALL = (("item", "all"), ("period", "2025"))


def test_a_printed_value_leads_to_its_own_observation(world: Path) -> None:
    cell = found(world, f"{TABLE}.growth_printed", *ALL)

    assert cell.key == {"region_code": "990101", "period": "2025", "item": "all"}
    assert figures(cell) == ["bbbbbb01ffff"]
    assert cell.trace.figures[0].delivery.bytes_state == "verified"
    assert [(s.observation_id, s.columns, s.is_own) for s in cell.sources] == [
        ("bbbbbb01ffff", ("growth_observation_id",), True),
        (
            "aaaaaa02ffff",
            ("investment_observation_id", "count_observation_id", "parts_observation_ids"),
            False,
        ),
        ("aaaaaa01ffff", ("parts_observation_ids",), False),
    ]
    assert [item["observation_id"] for item in cell.others] == ["aaaaaa02ffff", "aaaaaa01ffff"]


@pytest.mark.parametrize(
    ("column", "ids"),
    [
        ("growth_qualifier", ["bbbbbb01ffff"]),
        ("investment", ["aaaaaa02ffff"]),
        ("investment_unit", ["aaaaaa02ffff"]),
        ("investment_observation_id", ["aaaaaa02ffff"]),
        ("project_count", ["aaaaaa02ffff"]),
        ("parts", ["aaaaaa01ffff", "aaaaaa02ffff"]),
        ("growth_computed", ["aaaaaa02ffff", "bbbbbb01ffff", "aaaaaa01ffff"]),
        ("region_code", ["aaaaaa02ffff", "bbbbbb01ffff", "aaaaaa01ffff"]),
    ],
)
def test_what_stands_behind_a_column(world: Path, column: str, ids: list[str]) -> None:
    assert figures(found(world, f"{TABLE}.{column}", *ALL)) == ids


def test_a_whole_row_shows_all_its_observations(world: Path) -> None:
    cell = found(world, TABLE, *ALL)

    assert sorted(figures(cell)) == ["aaaaaa01ffff", "aaaaaa02ffff", "bbbbbb01ffff"]
    assert "数值      102 亿元" in render_text(cell)


@pytest.mark.parametrize(
    "where",
    [
        (("region", "甲区"), ("item", "all"), ("period", "2025")),
        (("region", "990101"), ("sort", "1"), ("investment", "102")),
        (("growth_printed", "-5.25"),),
    ],
)
def test_a_condition_reads_its_value_as_the_column_does(
    world: Path, where: tuple[tuple[str, str], ...]
) -> None:
    assert found(world, f"{TABLE}.growth_printed", *where).key["item"] == "all"


def test_a_quote_in_a_value_is_a_quote(world: Path) -> None:
    cell = found(world, f"{TABLE}.investment", ("item", "it's"))

    assert (cell.unit, cell.missing, figures(cell)) == (("万元", "万元"), ("lost00000000",), [])
    assert "缺失      lost00000000" in render_text(cell)


def test_an_empty_cell_says_so(world: Path) -> None:
    cell = found(world, f"{TABLE}.growth_printed", ("item", "all"), ("growth_printed", ""))

    assert cell.key["period"] == "2026"
    assert "Value         empty\n" in render_text(cell, "en")
    assert "the row has no observation" in render_text(cell, "en")


@pytest.mark.parametrize(
    ("cell", "where", "message", "remedy"),
    [
        ("investment.structur.x", (), "no table 'investment.structur'", TABLE),
        ("structure.investment", (), "no table", TABLE),
        ("investment.structure.growth.x", (), "no table", TABLE),
        (f"{TABLE}.growth", (), "no column 'growth'", "growth_printed"),
        (TABLE, (("itm", "all"),), "no column 'itm'", "item"),
        (TABLE, (("item; drop table x", "all"),), "no column", "item"),
        ("core.data_set.title_zh", (), "name no observations", TABLE),
        (TABLE, (("item", "al"),), "item: all, it's", "one of these values"),
        (TABLE, (("item", "it's"), ("period", "2026")), "period: 2025", "one of these values"),
        (TABLE, (("item", "x"), ("period", "x")), "no row", "fewer conditions"),
        (TABLE, (("sort", "x"),), "sort: 1, 2", "one of these values"),
    ],
)
def test_what_cannot_be_found(
    world: Path, cell: str, where: tuple[tuple[str, str], ...], message: str, remedy: str
) -> None:
    with pytest.raises(QutongError) as caught:
        found(world, cell, *where)
    assert message in caught.value.what
    assert remedy in (caught.value.remedy or "")


def test_several_rows_are_listed_as_they_can_be_typed(world: Path) -> None:
    with pytest.raises(QutongError) as caught:
        found(world, TABLE, ("region", "甲区"))

    assert caught.value.what.splitlines() == [
        f"3 rows of {TABLE} match / 符合的有 3 行:",
        "  region_code=990101 period=2025 item=all",
        "  region_code=990101 period=2025 'item=it'\"'\"'s'",
        "  region_code=990101 period=2026 item=all",
    ]


def test_the_text_in_both_languages(world: Path) -> None:
    zh = render_text(found(world, f"{TABLE}.growth_printed", *ALL)).splitlines()
    en = render_text(found(world, f"{TABLE}.growth_computed", *ALL), "en").splitlines()

    assert zh[:7] == [
        "版本      r1  2026-04-02 02:30:00 Asia/Shanghai  policy demo",
        "表中单元  investment.structure.growth_printed  投资结构",
        "所在行    region_code=990101 period=2025 item=all  (甲区)",
        "数值      超-5.25 %",
        "说明      公布的增速 | Growth as printed",
        "",
        "依据      growth_observation_id",
    ]
    assert zh[-3:] == [
        "同行的其他观测",
        "  aaaaaa02ffff  固定资产投资  102 亿元  "
        "(investment_observation_id, count_observation_id, parts_observation_ids)",
        "  aaaaaa01ffff  固定资产投资  101.5 亿元  (parts_observation_ids)",
    ]
    assert en[3:6] == [
        "Value         -5.3 %",
        "Means         计算增速 = 甲 ÷ 乙 | Computed growth = a / b",
        "Behind it     it follows as described above; the observations of its row (3) follow",
    ]


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        ([f"{TABLE}.growth_printed", "item=all", "--period", "2025"], 0, "bbbbbb01ffff"),
        ([f"{TABLE}.growth_printed", "item=all", "--region", "乙区"], 1, "no row"),
        ([f"{TABLE}.growth_printed", "item"], 2, "not KEY=VALUE"),
        ([TABLE, "--indicator", "x"], 2, "by its table and key"),
        (["aaaaaa02", "item=all"], 2, "keys belong to a cell"),
        ([], 2, "an observation id, a cell, or --indicator"),
    ],
)
def test_the_command(
    world: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], status: int, says: str
) -> None:
    monkeypatch.setenv("QUTONG_HOME", str(world))
    result = CliRunner().invoke(cli.main, ["trace", *words])
    assert (result.exit_code, says in result.output) == (status, True)


def test_a_release_from_before_its_dictionary_had_roles_can_still_be_followed(
    tmp_path: Path,
) -> None:
    """Its own readers were older; ours go by names there, and nowhere else."""
    forget = [
        f"alter table meta.column_dictionary drop column {name}"
        for name in (
            "role label_zh label_en heading_zh heading_en unit_column qualifier_column "
            "observation_column code_list codes_of name_of language pair_column refers_to "
            "confidentiality"
        ).split()
    ]
    gone = (
        "delete from meta.column_dictionary where table_name = 'column_dictionary' and ordinal > 9"
    )
    world = _released(tmp_path, ";".join([_extra_sql(), *forget, gone]))

    cell = found(world, f"{TABLE}.growth_printed", ("region", "甲区"), *ALL)
    assert (figures(cell), cell.qualifier) == (["bbbbbb01ffff"], "above")
    assert found(world, f"{TABLE}.investment", *ALL).unit == ("亿元", "亿元")
    assert figures(found(world, f"{TABLE}.growth_qualifier", *ALL)) == ["bbbbbb01ffff"]
    assert figures(found(world, f"{TABLE}.parts", *ALL)) == ["aaaaaa01ffff", "aaaaaa02ffff"]
