"""PX files: the order of the cells, code pages, keys, and what contradicts itself."""

from __future__ import annotations

import pytest

from orchestration.collect.grid import Listing
from orchestration.collect.readers import read_grids
from orchestration.spec import Source
from tests.unit.delivered import refusal, refused

pytestmark = pytest.mark.core

PX = """CHARSET="ANSI";
AXIS-VERSION="2010";
LANGUAGE="zh";
LANGUAGES="zh","en";
DECIMALS=1;
UNITS="万人";
UNITS[en]="10 000 persons";
CONTENTS="常住人口";
STUB="地区","性别";
STUB[en]="Region","Sex";
HEADING="年份";
VALUES("地区")="云溪区","东湖
"
"区";
VALUES("性别")="男","女";
VALUES("年份")="2023","2024";
CODES("地区")="990101","990102";
TIMEVAL("年份")=TLIST(A1,"2023"-"2024");
NOTE="含有; 和
换行";
DATA=
1.5 2
3 4.25
5 ".."
"-" 8;
"""


def px(text: str = PX, page: str = "utf-8") -> Listing:
    head = f'CODEPAGE="{page}";\n'
    (grid,) = read_grids((head + text).encode(page), Source(format="px"))
    assert isinstance(grid, Listing)
    return grid


def test_a_cube_in_the_order_of_its_cells() -> None:
    grid = px(PX.replace("东湖\n", "东湖"))
    assert grid.columns.rows() == [
        ("地区", "地区.label", "性别", "年份", "value", "unit", "decimals", "contents"),
        ("990101", "云溪区", "男", "2023", "1.5", "万人", "1", "常住人口"),
        ("990101", "云溪区", "男", "2024", "2", "万人", "1", "常住人口"),
        ("990101", "云溪区", "女", "2023", "3", "万人", "1", "常住人口"),
        ("990101", "云溪区", "女", "2024", "4.25", "万人", "1", "常住人口"),
        ("990102", "东湖区", "男", "2023", "5", "万人", "1", "常住人口"),
        ("990102", "东湖区", "男", "2024", "..", "万人", "1", "常住人口"),
        ("990102", "东湖区", "女", "2023", "-", "万人", "1", "常住人口"),
        ("990102", "东湖区", "女", "2024", "8", "万人", "1", "常住人口"),
    ]
    assert grid.place(2, 5) == "DATA[0]"
    assert grid.place(9, 1) == "DATA[7]#地区"
    assert grid.offered == {"地区.label", "unit", "decimals", "contents"}


@pytest.mark.parametrize("page", ["gb18030", "gb2312", "utf-8"])
def test_the_file_says_its_code_page(page: str) -> None:
    assert px(page=page).columns["4"].to_list()[0] == "年份"


def test_a_western_code_page() -> None:
    text = 'STUB="Län";\nVALUES("Län")="Örebro";\nHEADING="år";\nVALUES("år")="2024";\nDATA=\n7;\n'
    for page in ("iso-8859-15", "windows-1252", "cp850"):
        assert px(text, page).columns.rows() == [("Län", "år", "value"), ("Örebro", "2024", "7")]
    bare = text.encode("cp1252")
    (grid,) = read_grids(b'CHARSET="ANSI";\n' + bare, Source(format="px"))
    assert grid.cells["text"][0] == "Län"


def test_rows_by_their_keys_leave_the_others_blank() -> None:
    text = PX.replace("东湖\n", "东湖").replace(
        'DATA=\n1.5 2\n3 4.25\n5 ".."\n"-" 8;',
        'KEYS("地区")=CODES;\nKEYS("性别")=VALUES;\nDATA=\n"990102","女",7,8\n"990101","男",1,2;',
    )
    assert px(text).columns["5"].to_list() == ["value", "1", "2", None, None, None, None, "7", "8"]


@pytest.mark.parametrize(
    ("old", "new", "rule", "place"),
    [
        ("8;\n", "8", "delivery.truncated-text", "DATA"),
        ('"-" 8', '"-"', "delivery.unreadable-file", "DATA"),
        ('"990102"', '"990101"', "delivery.unreadable-file", 'CODES("地区")'),
        ('VALUES("性别")="男","女";\n', "", "delivery.unreadable-file", 'VALUES("性别")'),
        ("DATA=", "DATEN", "delivery.unreadable-file", "line 22"),
        ("HEADING", "MATRIX", "delivery.unreadable-file", "DATA"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(
    old: str, new: str, rule: str, place: str
) -> None:
    content = ('CODEPAGE="utf-8";\n' + PX).encode().replace(old.encode(), new.encode())
    assert refused(content, format="px") == (rule, place)


def test_a_code_page_that_is_not_the_files_is_refused() -> None:
    content = ('CODEPAGE="windows-1252";\n' + PX).encode()
    error = refusal(content, format="px")
    assert (error.rule, error.place) == ("delivery.wrong-encoding", "CODEPAGE")
    unknown = refusal(b'CODEPAGE="ebcdic";\n' + PX.encode(), format="px")
    assert unknown.detail_en == "the code page ebcdic is not supported"
