"""Files of statistical services: JSON-stat, the national bureau's answers, SDMX, keyed JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.collect.grid import Grid, Listing, Rectangle
from orchestration.collect.readers import read_grids
from orchestration.collect.readers.answers import plain_number
from orchestration.spec import Source
from tests.shapes import files
from tests.unit.delivered import refusal, refused

Change = Callable[[dict[str, Any]], None]


def listing(content: bytes, **source: Any) -> Rectangle:
    (grid,) = read_grids(content, Source(**source))
    assert isinstance(grid, Rectangle)
    return grid


def table(grid: Rectangle, *headers: str) -> list[tuple[Any, ...]]:
    """The named columns below the header."""
    names = {str(column[0]): column.name for column in grid.columns}
    return grid.columns.slice(1).select(names[header] for header in headers).rows()


def places(grid: Grid, header: str) -> list[str]:
    """The places of the filled cells below one header."""
    cells = grid.places(grid.cells)
    col = cells.filter((pl.col("row") == 1) & (pl.col("text") == header))["col"][0]
    return cells.filter((pl.col("col") == col) & (pl.col("row") > 1))["place"].to_list()


# --- JSON-stat -------------------------------------------------------------------------------


def cube(change: Change | None = None, **over: Any) -> bytes:
    """Two regions, two years; the values 1.50, 2, null, 4."""
    held: dict[str, Any] = {
        "version": "2.0",
        "class": "dataset",
        "id": ["Region", "Tid"],
        "size": [2, 2],
        "dimension": {
            "Region": {"category": {"index": ["a", "b"], "label": {"a": "甲", "b": "乙"}}},
            "Tid": {"category": {"index": {"2025": 1, "2024": 0}}},
        },
        "value": [1.5, 2, None, 4],
    }
    held |= over
    if change is not None:
        change(held)
    return json.dumps(held, ensure_ascii=False).encode()


def test_a_cube_is_read_cell_by_cell_in_its_order() -> None:
    content = cube().replace(b"1.5,", b"1.50, ")
    grid = listing(content, format="json-stat")
    assert table(grid, "Region", "Region.label", "Tid", "value") == [
        ("a", "甲", "2024", "1.50"),
        ("a", "甲", "2025", "2"),
        ("b", "乙", "2024", None),
        ("b", "乙", "2025", "4"),
    ]
    assert grid.offered == {"Region.label"}
    assert places(grid, "value") == ["$.value[0]", "$.value[1]", "$.value[3]"]
    assert grid.place(3, 3) == "$.value[1]#Tid"
    assert grid.place(1, 4) == "#value"


def test_a_sparse_cube_is_the_same_cube() -> None:
    whole = listing(cube(), format="json-stat")
    sparse = listing(cube(value={"3": 4, "0": 1.5, "1": 2}), format="json-stat")
    assert sparse.columns.equals(whole.columns)
    assert places(sparse, "value") == ["$.value['0']", "$.value['1']", "$.value['3']"]


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("P", ["P", "P", "P", "P"]),
        (["P"], ["P", "P", "P", "P"]),
        (["A", None, "M", "E"], ["A", None, "M", "E"]),
        ({"2": "M", "0": ".."}, ["..", None, "M", None]),
    ],
)
def test_statuses_of_a_cube(status: Any, told: list[str | None]) -> None:
    grid = listing(cube(status=status), format="json-stat")
    assert [text for (text,) in table(grid, "status")] == told


def test_units_and_notes_stand_beside_the_codes() -> None:
    def change(held: dict[str, Any]) -> None:
        held["dimension"]["Region"]["category"]["unit"] = {"a": {"base": "人", "decimals": 0}}
        held["dimension"]["Region"]["category"]["note"] = {"b": ["不含集镇"]}
        held["dimension"]["Region"]["note"] = ["2024年区划"]

    grid = listing(cube(change), format="json-stat")
    told = table(grid, "Region.unit", "Region.decimals", "Region.note")
    assert told[1:3] == [("人", "0", "2024年区划"), (None, None, "2024年区划；不含集镇")]
    assert grid.offered == {"Region.label", "Region.unit", "Region.decimals", "Region.note"}


def test_a_power_of_ten_has_to_be_declared() -> None:
    def change(held: dict[str, Any]) -> None:
        held["dimension"]["Region"]["category"]["unit"] = {"a": {"base": "元", "multiplier": 6}}

    assert "Region.multiplier" not in listing(cube(change), format="json-stat").offered


def test_the_older_form_stands_below_one_key() -> None:
    held = json.loads(cube())
    inner = {"value": held["value"], "dimension": held["dimension"]}
    inner["dimension"] |= {"id": held["id"], "size": held["size"], "role": {"time": ["Tid"]}}
    grid = listing(json.dumps({"dataset": inner}).encode(), format="json-stat")
    assert table(grid, "Tid", "value")[0] == ("2024", "1.5")
    assert places(grid, "value")[0] == "$.dataset.value[0]"


def _pop(*path: str) -> Change:
    def change(held: dict[str, Any]) -> None:
        for step in path[:-1]:
            held = held[step]
        held.pop(path[-1])

    return change


UNREADABLE, MISSING = "delivery.unreadable-file", "delivery.missing-records"


def _of_many_cells(header: dict[str, Any]) -> None:
    """A small file of 25 million cells, all but one of them empty."""
    for name in ("Region", "Tid"):
        header["dimension"][name]["category"] = {"index": [str(n) for n in range(5_000)]}


@pytest.mark.parametrize(
    ("content", "rule", "place", "said"),
    [
        (cube(value=[1, 2, 3]), UNREADABLE, "$.value", "3 values, and the sizes multiply to 4"),
        (cube(value={"4": 1}), UNREADABLE, "$.value['4']", "none of 0 to 3"),
        (cube(value={"-1": 1}), UNREADABLE, "$.value['-1']", "none of 0 to 3"),
        (cube(value={"01": 1}), UNREADABLE, "$.value['01']", "none of 0 to 3"),
        (cube(value=[1, 2, [3], 4]), UNREADABLE, "$.value", "objects or arrays"),
        (cube(status=["P", "A"]), UNREADABLE, "$.status", "2 statuses"),
        (cube(size=[2, 3]), UNREADABLE, "$.dimension.Tid", "2 categories, and its size is 3"),
        (cube(size=[2]), UNREADABLE, "$.size", "2 dimensions, and 1 sizes"),
        (cube(size=[2, -2]), UNREADABLE, "$.size", "whole numbers"),
        (cube(id=["Region", "Region"]), UNREADABLE, "$.id", "a dimension stands twice"),
        (cube(id=["Geo", "Tid"]), UNREADABLE, "$.dimension.Geo", "there are Region, Tid"),
        (cube(_pop("dimension", "Tid", "category")), UNREADABLE, "$.dimension.Tid.category", "no"),
        (
            cube(lambda h: h["dimension"]["Tid"]["category"].update(index={"2024": 0, "2025": 0})),
            UNREADABLE,
            "$.dimension.Tid.category.index",
            "0 to 1, each once",
        ),
        (
            cube(lambda h: h["dimension"]["Tid"]["category"].update(index=["2024", "2024"])),
            UNREADABLE,
            "$.dimension.Tid.category.index",
            "stands twice",
        ),
        (b'{"class": "collection", "link": {}}', MISSING, "$", "ask for a table of it"),
        (b'{"a": 1}', MISSING, "$", "the file has a"),
        (b"[1]", MISSING, "$", "no data set of JSON-stat"),
        (
            b'{"class": "error", "status": "404", "label": "table not found"}',
            "delivery.error-answer",
            "file",
            "the error 404: table not found",
        ),
        (b"<html><body>403</body></html>", "delivery.wrong-format", "file", "a web page"),
        (cube()[:-5], UNREADABLE, "line 1", "not valid JSON"),
        (b"[" * 200_000, "delivery.unsafe-file", "file", "nested too deeply"),
        (
            cube(size=[2, 0], value=[]).replace(b'{"2025": 1, "2024": 0}', b"[]"),
            "delivery.empty-file",
            "$.size",
            "no cells",
        ),
        (
            cube(_of_many_cells, size=[5_000, 5_000], value={"0": 1}),
            "delivery.unsafe-file",
            "file",
            "more than 20000000 cells",
        ),
    ],
)
def test_a_cube_that_contradicts_itself_is_refused(
    content: bytes, rule: str, place: str, said: str
) -> None:
    error = refusal(content, format="json-stat")
    assert (error.rule, error.place) == (rule, place)
    assert said in error.detail_en
    assert error.detail_zh


NAMES = st.text("abcXYZ甲乙_ ", min_size=1, max_size=4).map(str.strip).filter(bool)


@st.composite
def cubes(draw: st.DrawFn) -> tuple[list[str], list[list[str]], list[str | None], bool, bool]:
    """Dimensions, their categories, the numbers in order; sparse or not, positions or not."""
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    names = [f"{name}.{n}" for n, name in enumerate(names)]
    codes = [draw(st.lists(NAMES, min_size=1, max_size=4, unique=True)) for _ in names]
    cells = 1
    for own in codes:
        cells *= len(own)
    number = st.decimals(allow_nan=False, allow_infinity=False, places=3).map(
        lambda value: format(value, "f")
    )
    values = draw(st.lists(st.none() | number, min_size=cells, max_size=cells))
    return names, codes, values, draw(st.booleans()), draw(st.booleans())


@settings(max_examples=80, deadline=None)
@given(cubes())
def test_every_cube_that_is_written_reads_back_equal(
    written: tuple[list[str], list[list[str]], list[str | None], bool, bool],
) -> None:
    """The reference writer goes through the cells one by one, the last dimension fastest."""
    names, codes, values, is_sparse, by_position = written
    expected: list[tuple[str, ...]] = [()]
    for own in codes:
        expected = [(*before, code) for before in expected for code in own]
    index = [
        {code: n for n, code in sorted(enumerate(own), key=lambda e: e[1])} if by_position else own
        for own in codes
    ]
    texts = [value if value is not None else "null" for value in values]
    given_ = [f'"{n}": {text}' for n, text in enumerate(texts) if text != "null"]
    value = f"{{{', '.join(given_)}}}" if is_sparse else f"[{', '.join(texts)}]"
    dimension = {name: {"category": {"index": own}} for name, own in zip(names, index, strict=True)}
    content = (
        f'{{"class": "dataset", "id": {json.dumps(names)}, '
        f'"size": {json.dumps([len(own) for own in codes])}, '
        f'"dimension": {json.dumps(dimension)}, "value": {value}}}'
    )
    grid = listing(content.encode(), format="json-stat")
    assert table(grid, *names, "value") == [
        (*key, value) for key, value in zip(expected, values, strict=True)
    ]
    cells = grid.places(grid.cells)
    assert cells["place"].is_unique().all()


# --- the national bureau ---------------------------------------------------------------------


def test_the_old_shape_shows_what_the_site_shows() -> None:
    grid = listing(files.bureau_old(), format="nbs")
    assert table(grid, "zb", "zb.name", "zb.unit", "reg", "sj", "decimals", "value") == [
        ("A0401", "用电量", "万千瓦时", "990101", "202610", "2", "1520.43"),
        ("A0402", "出厂价格指数", "%", "990101", "202610", "1", "103.7"),
        ("A0401", "用电量", "万千瓦时", "990101", "202611", "2", None),
        ("A0401", "用电量", "万千瓦时", "990102", "202611", "2", "9007199254740993.01"),
    ]
    assert grid.offered == {"zb.name", "zb.unit", "decimals"}
    assert places(grid, "value")[2] == "$.returndata.datanodes[3].data"


def test_the_new_shape_has_the_same_columns() -> None:
    grid = listing(files.bureau_new(), format="nbs")
    assert table(grid, "zb", "zb.name", "zb.unit", "reg", "sj", "value") == [
        ("5c1", "工资总额 (亿元)", "亿元", "990101000000", "202509MM", "61.2"),
        ("9e4", "钢材产量 (万吨)", "万吨", "990101000000", "202509MM", None),
        ("5c1", "工资总额 (亿元)", "亿元", "990101000000", "202404SS", "180.05"),
        ("5c1", "工资总额 (亿元)", "亿元", "990101001000", "2025YY", "3.4"),
        ("9e4", "钢材产量 (万吨)", "万吨", "000000000000", "2025YY", "99.5"),
    ]
    assert {"zb", "reg", "sj", "value"}.isdisjoint(grid.offered)
    assert places(grid, "value")[1] == "$.data[1].values[0].value"


ERROR = "delivery.error-answer"


@pytest.mark.parametrize(
    ("content", "rule", "place", "said"),
    [
        ('{"returncode": 501, "returndata": "查询超时"}', ERROR, "file", "501: 查询超时"),
        ('{"success": false, "state": 50000, "message": "繁忙"}', ERROR, "file", "50000: 繁忙"),
        ('{"status": 503, "title": "Unavailable"}', ERROR, "file", "503: Unavailable"),
        ('{"error": {"message": "no such key"}}', ERROR, "file", "no such key"),
        ('{"returncode": 200, "returndata": {}}', MISSING, "$.returndata.datanodes", "array"),
        ('{"data": []}', "delivery.empty-file", "file", "not one value"),
        ('{"data": [{"code": "2025YY"}]}', MISSING, "$", "neither returndata.datanodes nor"),
        (
            '{"data": [{"code": "2025YY", "values": [{"_id": "a", "wert": "1"}]}]}',
            MISSING,
            "$.data[*].values[*]",
            "no value",
        ),
        (
            '{"returncode": 200, "returndata": {"datanodes": [{"data": {}, "wds": '
            '[{"wdcode": "zb", "valuecode": "1"}, {"wdcode": "zb", "valuecode": "2"}]}]}}',
            MISSING,
            "$.returndata.datanodes[0].wds",
            "stands twice",
        ),
        ("<!DOCTYPE html><html></html>", "delivery.wrong-format", "file", "a web page"),
        ('{"returncode": 200, "returndata": {"datan', UNREADABLE, "line 1", "not valid JSON"),
    ],
)
def test_an_answer_that_is_none(content: str, rule: str, place: str, said: str) -> None:
    error = refusal(content.encode(), format="nbs")
    assert (error.rule, error.place) == (rule, place)
    assert said in error.detail_en


def test_an_error_is_told_where_records_were_awaited() -> None:
    content = '{"returncode": 501, "returndata": "参数错误"}'.encode()
    error = refusal(content, format="json", records_at="$.returndata.datanodes[*]")
    assert (error.rule, error.detail_zh) == (ERROR, "接口返回错误 501: 参数错误")


# --- SDMX ------------------------------------------------------------------------------------

HEAD = "DATAFLOW,FREQ,REF_AREA,TIME_PERIOD,OBS_VALUE,OBS_STATUS\n"


def test_sdmx_csv_keeps_digits_and_leading_zeros() -> None:
    content = f"{HEAD}YX:D(1.0),A,010000,2024,1234567890123456789.10,A\n"
    content += "YX:D(1.0),A,010000,2025,NaN,M\n"
    grid = listing(content.encode(), format="sdmx-csv")
    assert table(grid, "REF_AREA", "OBS_VALUE") == [
        ("010000", "1234567890123456789.10"),
        ("010000", None),
    ]
    assert grid.offered == {"DATAFLOW"}
    assert grid.place(2, 5) == "R2C5"


def test_labels_of_sdmx_csv_leave_their_codes_alone() -> None:
    content = (
        "STRUCTURE[;],STRUCTURE_ID,ACTION,REF_AREA: Area,TIME_PERIOD: Time,OBS_VALUE: Value\n"
        "dataflow,YX:D(1.0),I,330205: 江北区,2024-01-01T00:00:00/P1Y,7\n"
    )
    grid = listing(content.encode(), format="sdmx-csv")
    assert table(grid, "STRUCTURE", "REF_AREA", "REF_AREA.label", "TIME_PERIOD", "OBS_VALUE") == [
        ("dataflow", "330205", "江北区", "2024-01-01T00:00:00/P1Y", "7")
    ]
    assert grid.offered == {"STRUCTURE", "STRUCTURE_ID", "ACTION", "REF_AREA.label"}


@pytest.mark.parametrize(
    ("content", "rule", "place"),
    [
        ("指标,数值\n学校数,41\n", "delivery.missing-column", "row 1"),
        (f"{HEAD}A:D(1.0),A,1,2024,1,A\nA:E(1.0),A,1,2024,1,A\n", UNREADABLE, "column DATAFLOW"),
        ("STRUCTURE,STRUCTURE_ID,ACTION\nd,A:D(1.0),I\nd,A:D(1.0),D\n", UNREADABLE, "row 3"),
        (f"{HEAD}A:D(1.0),A,1,2024,1.2", "delivery.truncated-text", "line 2"),
        ("<html><body>login</body></html>", "delivery.wrong-format", "file"),
    ],
)
def test_sdmx_csv_that_is_refused(content: str, rule: str, place: str) -> None:
    assert refused(content.encode(), format="sdmx-csv") == (rule, place)


def test_structure_specific_data_say_what_belongs_to_each_observation() -> None:
    grid = listing(files.sdmx_ml(), format="sdmx-ml")
    names = ("UNIT_MEASURE", "TITLE", "REF_AREA", "UNIT_MULT", "TIME_PERIOD", "OBS_VALUE")
    assert table(grid, *names, "OBS_STATUS") == [
        ("人", files.INVENTED, "990101", "4", "2025-Q3", "21.5", "A"),
        ("人", files.INVENTED, "990101", "4", "2025-Q4", None, "L"),
        ("人", None, "990102", "0", "2025-Q3", "90071992", "U"),
    ]
    assert grid.offered == frozenset()
    at = "/StructureSpecificData/DataSet"
    assert places(grid, "OBS_VALUE") == [f"{at}/Series[1]/Obs[1]", f"{at}/Series[2]/Obs[1]"]
    assert isinstance(grid, Listing)
    assert grid.origin[1] == f"{at}/Series[1]/Obs[2]"


_NS = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1"


def value(name: str, text: str) -> str:
    return f'<g:Value id="{name}" value="{text}"/>'


def generic(inside: str, root: str = "GenericData", dimension: str = "TIME_PERIOD") -> str:
    return (
        f'<m:{root} xmlns:m="{_NS}/message" xmlns:g="{_NS}/data/generic" xmlns:c="{_NS}/common">'
        "<m:Header><m:ID>a</m:ID><m:Test>false</m:Test><m:Prepared>2026-01-01T00:00:00</m:Prepared>"
        f'<m:Sender id="YX"/><m:Structure structureID="S" dimensionAtObservation="{dimension}">'
        '<c:Structure><Ref agencyID="YX" id="D" version="1.0"/></c:Structure></m:Structure>'
        f'</m:Header><m:DataSet structureRef="S" action="Replace">{inside}</m:DataSet></m:{root}>'
    )


SERIES = (
    f"<g:Attributes>{value('SOURCE', 'bureau')}</g:Attributes>"
    f'<g:Group type="Sibling"><g:GroupKey>{value("REF_AREA", "01")}</g:GroupKey>'
    f"<g:Attributes>{value('TITLE', 'top')}</g:Attributes></g:Group>"
    f"<g:Series><g:SeriesKey>{value('REF_AREA', '01')}</g:SeriesKey>"
    f"<g:Attributes>{value('UNIT_MULT', '8')}{value('SOURCE', 'nearer')}</g:Attributes>"
    '<g:Obs><g:ObsDimension value="2023"/><g:ObsValue value="1.10"/>'
    f"<g:Attributes>{value('OBS_STATUS', 'P')}</g:Attributes></g:Obs>"
    '<g:Obs><g:ObsDimension value="2024"/></g:Obs></g:Series>'
)


def test_generic_data_by_series() -> None:
    grid = listing(generic(SERIES).encode(), format="sdmx-ml")
    names = ("REF_AREA", "SOURCE", "TITLE", "UNIT_MULT", "TIME_PERIOD", "OBS_VALUE", "OBS_STATUS")
    assert table(grid, *names) == [
        ("01", "nearer", "top", "8", "2023", "1.10", "P"),
        ("01", "nearer", "top", "8", "2024", None, None),
    ]
    assert grid.offered == {"SOURCE", "TITLE"}


def test_generic_data_without_series() -> None:
    flat = (
        f'<g:Group type="Sibling"><g:GroupKey>{value("REF_AREA", "01")}</g:GroupKey>'
        f"<g:Attributes>{value('TITLE', 'top')}</g:Attributes></g:Group>"
    ) + "".join(
        f"<g:Obs><g:ObsKey>{value('REF_AREA', area)}{value('TIME_PERIOD', '2024')}</g:ObsKey>"
        f'<g:ObsValue value="{number}"/></g:Obs>'
        for area, number in (("01", "7.0"), ("02", "NaN"))
    )
    grid = listing(generic(flat, dimension="AllDimensions").encode(), format="sdmx-ml")
    assert table(grid, "REF_AREA", "TITLE", "TIME_PERIOD", "OBS_VALUE") == [
        ("01", "top", "2024", "7.0"),
        ("02", None, "2024", None),
    ]
    assert places(grid, "OBS_VALUE") == ["/GenericData/DataSet/Obs[1]"]


def test_version_3_without_series() -> None:
    schema = "http://www.sdmx.org/resources/sdmxml/schemas/v3_0"
    content = (
        f'<?xml version="1.0"?><mes:StructureSpecificData xmlns:mes="{schema}/message" '
        f'xmlns:ss="{schema}/data/structurespecific"><mes:DataSet ss:structureRef="S" '
        'ss:action="Information"><Obs REF_AREA="330205" TIME_PERIOD="2024-Q1" OBS_VALUE="5.50">'
        '<Comp id="CONTACT"><Value>甲</Value><Value>乙</Value></Comp></Obs>'
        "</mes:DataSet></mes:StructureSpecificData>"
    )
    grid = listing(content.encode(), format="sdmx-ml")
    assert table(grid, "REF_AREA", "TIME_PERIOD", "OBS_VALUE", "CONTACT") == [
        ("330205", "2024-Q1", "5.50", "甲；乙")
    ]


ML = files.sdmx_ml().decode()


@pytest.mark.parametrize(
    ("content", "rule", "place"),
    [
        (ML[: ML.index("90071992")], UNREADABLE, "line 17"),
        (ML.replace('"Replace"', '"Delete"'), UNREADABLE, "/StructureSpecificData/DataSet[1]"),
        (
            ML.replace("StructureSpecificData>", "Structure>").replace(
                ":StructureSpecificData", ":Structure"
            ),
            MISSING,
            "/Structure",
        ),
        (generic(SERIES, "GenericMetadata"), MISSING, "/GenericMetadata"),
        (generic(""), "delivery.empty-file", "file"),
        (generic(SERIES + "</m:DataSet><m:DataSet>"), UNREADABLE, "/GenericData/DataSet[2]"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><m:GenericData/>', "delivery.unsafe-file", "file"),
        ("<html><body>Sign in</body></html>", "delivery.wrong-format", "file"),
        ('{"class": "dataset"}', "delivery.wrong-format", "file"),
        (
            '<m:Error xmlns:m="x"><m:ErrorMessage code="100"><c:Text xmlns:c="y">No results'
            "</c:Text></m:ErrorMessage></m:Error>",
            ERROR,
            "/Error",
        ),
        (generic("<g:Series>" * 400), UNREADABLE, "line 1"),
    ],
)
def test_sdmx_ml_that_is_refused(content: str, rule: str, place: str) -> None:
    assert refused(content.encode(), format="sdmx-ml") == (rule, place)


ID = st.text("ABCDEF", min_size=2, max_size=5)
NUMBER = st.decimals(-(10**15), 10**15, places=4).map(str)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(ID, st.lists(NUMBER, max_size=4)), min_size=1, max_size=4))
def test_messages_are_read_as_pysdmx_reads_them(series: list[tuple[str, list[str]]]) -> None:
    """Both kinds of message, against the library of the standard's own authors."""
    from pysdmx.io.xml.sdmx21.reader.generic import read as read_generic
    from pysdmx.io.xml.sdmx21.reader.structure_specific import read as read_specific

    specific = "".join(
        f'<Series REF_AREA="{area}" FREQ="A">'
        + "".join(
            f'<Obs TIME_PERIOD="{2000 + n}" OBS_VALUE="{number}"/>'
            for n, number in enumerate(numbers)
        )
        + "</Series>"
        for area, numbers in series
    )
    keyed = "".join(
        f"<g:Series><g:SeriesKey>{value('REF_AREA', area)}{value('FREQ', 'A')}</g:SeriesKey>"
        + "".join(
            f'<g:Obs><g:ObsDimension value="{2000 + n}"/><g:ObsValue value="{number}"/></g:Obs>'
            for n, number in enumerate(numbers)
        )
        + "</g:Series>"
        for area, numbers in series
    )
    start = ML.index("  <Group")
    whole = ML[:start] + specific + ML[ML.index(" </mes:DataSet>") :]
    for content, read in ((whole, read_specific), (generic(keyed), read_generic)):
        (theirs,) = read(content, validate=False)
        rows = theirs.data.to_dict("records")
        names = ("REF_AREA", "TIME_PERIOD", "OBS_VALUE")
        # A series without observations is a row to them, and no figure to us.
        expected = [tuple(row[n] for n in names) for row in rows if row.get("OBS_VALUE")]
        expected = [row for row in expected if isinstance(row[2], str)]
        if not expected:
            assert refused(content.encode(), format="sdmx-ml")[0] == "delivery.empty-file"
        else:
            assert table(listing(content.encode(), format="sdmx-ml"), *names) == expected


# --- JSON by path ----------------------------------------------------------------------------


def test_numbers_keyed_by_their_period() -> None:
    content = b'{"v": {"330205": {"2023": 1.50, "2024": null}, "330206": {"2023": "x"}}}'
    source = Source(format="json", records_at="$.v.*[*]", keys=("region", "period"))
    (grid,) = read_grids(content, source)
    assert [(r, c, t) for r, c, t, _ in grid.cells.rows()] == [
        (1, 1, "value"),
        (1, 2, "region"),
        (1, 3, "period"),
        (2, 1, "1.50"),
        (2, 2, "330205"),
        (2, 3, "2023"),
        (3, 2, "330205"),
        (3, 3, "2024"),
        (4, 1, "x"),
        (4, 2, "330206"),
        (4, 3, "2023"),
    ]
    assert grid.place(2, 1) == "$.v['330205']['2023']"
    assert grid.place(2, 3) == "$.v['330205']['2023']#period"


def test_columns_of_periods_beside_fields() -> None:
    content = b'[{"region": "a", "2023": 1, "2024": 2}, {"region": "b", "2023": 3}]'
    source = Source(
        format="json",
        records_at="$[*][?match(#, '[0-9]{4}')]",
        keys=("period",),
        parents=("../region",),
    )
    (grid,) = read_grids(content, source)
    rows = grid.cells.filter(pl.col("row") > 1)["text"].to_list()
    assert rows == ["1", "2023", "a", "2", "2024", "a", "3", "2023", "b"]


def test_fields_around_a_record() -> None:
    content = b'{"s": 1, "d": [{"code": "x", "v": [{"n": 1}, {"n": 2}]}, {"v": [{"n": 3}]}]}'
    source = Source(
        format="json", records_at="$.d[*].v[*]", parents=("../code", "../../s", "../other")
    )
    (grid,) = read_grids(content, source)
    assert grid.cells.filter(pl.col("row") == 1)["text"].to_list() == ["n", "../code", "../../s"]
    assert grid.cells.filter(pl.col("row") == 2)["text"].to_list() == ["1", "x", "1"]
    assert grid.cells.filter(pl.col("row") == 4)["text"].to_list() == ["3", "1"]


def test_bare_numbers_without_keys_are_no_records() -> None:
    place = refused(b'{"v": [1, 2]}', format="json", records_at="$.v[*]")
    assert place == (MISSING, "$.v[*]")


@pytest.mark.parametrize("field", ["code", "../", "../a/b", "/code"])
def test_a_parent_field_leads_outwards(field: str) -> None:
    with pytest.raises(ValueError, match="no field of an object around a record"):
        Source(format="json", parents=(field,))


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9))
def test_a_power_of_ten_is_written_out_exactly(number: Decimal) -> None:
    written = plain_number(f"{number:E}")
    assert written is not None
    assert Decimal(written) == number


@pytest.mark.parametrize(
    ("text", "plain"),
    [("2.4E3", "2400"), ("-1.5e-3", "-0.0015"), ("1E400", "1E400"), ("abc", "abc"), (None, None)],
)
def test_what_is_no_power_of_ten_stays(text: str | None, plain: str | None) -> None:
    assert plain_number(text) == plain


# --- Eurostat's bulk tables --------------------------------------------------------------------

PACKED = (
    "freq,unit,geo\\TIME_PERIOD\t2021 \t2022 \t2023 \n"
    "A,MIO_EUR,DE\t41.4 p\t42.0\t: \nA,PC,FR\t: c\t-12.5 bd\t1 2\n"
)


def test_packed_keys_and_flags_are_taken_apart() -> None:
    grid = listing(PACKED.encode(), format="eurostat-tsv")
    assert table(grid, "freq", "unit", "geo", "TIME_PERIOD", "OBS_VALUE", "OBS_FLAG") == [
        ("A", "MIO_EUR", "DE", "2021", "41.4", "p"),
        ("A", "MIO_EUR", "DE", "2022", "42.0", None),
        ("A", "MIO_EUR", "DE", "2023", None, None),
        ("A", "PC", "FR", "2021", None, "c"),
        ("A", "PC", "FR", "2022", "-12.5", "bd"),
        ("A", "PC", "FR", "2023", "1 2", None),
    ]
    assert places(grid, "OBS_VALUE") == ["R2C2", "R2C3", "R3C3", "R3C4"]


def test_a_row_with_other_keys_than_the_header_is_refused() -> None:
    error = refusal(PACKED.replace("A,PC,FR", "A,PC").encode(), format="eurostat-tsv")
    assert (error.rule, error.place) == ("delivery.unreadable-file", "R3C1")
    other = refusal(b"geo\t2021\nDE\t4\n", format="eurostat-tsv")
    assert (other.rule, other.place) == ("delivery.missing-column", "R1C1")


# --- SDMX-JSON ---------------------------------------------------------------------------------


def message(change: Change | None = None) -> dict[str, Any]:
    held: dict[str, Any] = {
        "dataSets": [
            {
                "attributes": [0],
                "series": {
                    "0:1": {"attributes": [0], "observations": {"1": [2.50, 0], "0": [1, None]}},
                    "0:0": {"attributes": [], "observations": {"0": [None]}},
                },
            }
        ],
        "structure": {
            "dimensions": {
                "series": [
                    {"id": "FREQ", "values": [{"id": "A"}]},
                    {"id": "AREA", "values": [{"id": "a", "name": "甲"}, {"id": "b"}]},
                ],
                "observation": [{"id": "TIME_PERIOD", "values": [{"id": "2021"}, {"id": "2022"}]}],
            },
            "attributes": {
                "dataSet": [{"id": "SOURCE", "values": [{"name": "office"}]}],
                "series": [{"id": "UNIT", "values": [{"id": "CNY", "name": "yuan"}]}],
                "observation": [{"id": "OBS_STATUS", "values": [{"id": "P"}]}],
            },
        },
    }
    if change is not None:
        change(held)
    return held


SAID = [
    ("b", "2022", "2.50", "CNY", "P", "office"),
    ("b", "2021", "1", "CNY", None, "office"),
    ("a", "2021", None, None, None, "office"),
]


def test_observations_are_what_their_positions_say() -> None:
    content = json.dumps(message()).replace("2.5,", "2.50,").encode()
    grid = listing(content, format="sdmx-json")
    heads = ("AREA", "TIME_PERIOD", "OBS_VALUE", "UNIT", "OBS_STATUS", "SOURCE")
    assert table(grid, *heads) == SAID
    assert grid.offered == {"AREA.label", "UNIT.label", "SOURCE"}
    assert places(grid, "OBS_VALUE") == [
        "$.dataSets[0].series['0:1'].observations['1']",
        "$.dataSets[0].series['0:1'].observations['0']",
    ]


def test_version_2_holds_the_same_further_in() -> None:
    held = message()
    newer = {"data": {"dataSets": held["dataSets"], "structures": [held["structure"]]}}
    grid = listing(json.dumps(newer).replace("2.5,", "2.50,").encode(), format="sdmx-json")
    heads = ("AREA", "TIME_PERIOD", "OBS_VALUE", "UNIT", "OBS_STATUS", "SOURCE")
    assert table(grid, *heads) == SAID
    assert places(grid, "OBS_VALUE")[0].startswith("$.data.dataSets[0].series['0:1']")


def test_flat_observations_are_keyed_by_all_dimensions() -> None:
    def change(held: dict[str, Any]) -> None:
        dimensions = held["structure"]["dimensions"]
        dimensions["observation"] = [*dimensions.pop("series"), *dimensions["observation"]]
        held["dataSets"] = [{"observations": {"0:1:1": [2.5, 0], "0:0:0": [3]}}]

    grid = listing(json.dumps(message(change)).encode(), format="sdmx-json")
    assert table(grid, "AREA", "TIME_PERIOD", "OBS_VALUE", "OBS_STATUS") == [
        ("b", "2022", "2.5", "P"),
        ("a", "2021", "3", None),
    ]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda held: held["dataSets"].append({}), "$.dataSets"),
        (lambda held: held.pop("structure"), "$"),
        (
            lambda held: held["dataSets"][0]["series"].update({"0:7": {}}),
            "$.dataSets[0].series['0:7']",
        ),
        (
            lambda held: held["dataSets"][0]["series"].update({"0": {}}),
            "$.dataSets[0].series['0']",
        ),
    ],
)
def test_what_positions_do_not_say_is_refused(change: Change, place: str) -> None:
    error = refusal(json.dumps(message(change)).encode(), format="sdmx-json")
    assert (error.rule, error.place) == ("delivery.unreadable-file", place)
