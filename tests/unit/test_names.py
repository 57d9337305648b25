"""Words mean what they meant at the time; a likeness is proposed and never decides."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.collect.names import AmbiguousNameError, Names, Sense, Vocabulary, suffixes
from orchestration.declarations import Code, CodeLists, Region, Synonym
from orchestration.spec import DataSet

pytestmark = pytest.mark.core

Y2011 = date(2011, 1, 1)


def whole(number: int) -> tuple[date, date]:
    return date(number, 1, 1), date(number, 12, 31)


def test_a_word_means_one_code_before_and_another_after() -> None:
    words = Vocabulary(
        {"规模以上工业": "scale_2000"},
        [
            Sense("规上工业", "scale_500", None, Y2011),
            Sense("规 上工业", "scale_2000", Y2011, None),
        ],
    )
    assert words.is_dated
    assert words.find("规上工业", *whole(2010)) == "scale_500"
    assert words.find("规上 工业", *whole(2011)) == "scale_2000"
    assert words.find("规模以上工业", *whole(2010)) == "scale_2000"
    with pytest.raises(AmbiguousNameError):
        words.find("规上工业", date(2010, 1, 1), date(2011, 12, 31))


def test_outside_its_time_a_dated_word_means_what_it_always_does() -> None:
    words = Vocabulary({"奉化": "330213"}, [Sense("奉化", "330283", None, date(2016, 1, 1))])
    assert words.find("奉化", *whole(2015)) == "330283"
    assert words.find("奉化", *whole(2016)) == "330213"


def test_a_word_that_means_nothing_in_a_part_of_the_period_is_not_stretched() -> None:
    words = Vocabulary({}, [Sense("云溪", "990101", Y2011, None)])
    assert words.find("云溪", *whole(2011)) == "990101"
    assert words.find("云溪", *whole(2010)) is None
    with pytest.raises(AmbiguousNameError):
        words.find("云溪", date(2010, 7, 1), date(2011, 6, 30))


def test_a_sense_that_begins_and_ends_inside_the_period_changes_it() -> None:
    inside = Sense("云溪", "990102", date(2010, 4, 1), date(2010, 5, 1))
    words = Vocabulary({"云溪": "990101"}, [inside])
    with pytest.raises(AmbiguousNameError):
        words.find("云溪", *whole(2010))
    assert words.find("云溪", date(2010, 4, 1), date(2010, 4, 30)) == "990102"


def test_without_a_period_only_one_meaning_ever_will_do() -> None:
    words = Vocabulary({"甲": "a"}, [Sense("甲", "b", Y2011, None), Sense("乙", "c", Y2011, None)])
    assert words.find("甲", None, None) is None
    assert words.find("乙", None, None) == "c"


def test_words_that_resemble_it_are_proposed_with_their_codes() -> None:
    words = Vocabulary(
        {"固定资产投资": "fai", "固定资产投资额": "fai", "工业投资": "industry", "人口": "people"},
        [Sense("固定资产投入", "input", None, Y2011)],
    )
    assert words.nearest("固定资产投姿", *whole(2020)) == "固定资产投资 (fai)"
    assert words.nearest("固定资产投姿", *whole(2010)) == "固定资产投资 (fai)；固定资产投入 (input)"
    assert words.nearest("火星", *whole(2020)) == ""
    assert words.when("固定资产投入") == "固定资产投入 (input, —2010-12-31)"
    assert words.when("人口") == ""


@pytest.mark.parametrize(
    ("path", "ends"),
    [
        ("a/b/c", ["a/b/c", "b/c"]),
        ("a", []),
        (None, []),
    ],
)
def test_ends_of_a_path(path: str | None, ends: list[str]) -> None:
    assert suffixes(path) == ends


def indicator(code: str, *labels: str, column: str = "value") -> dict[str, object]:
    return {
        "code": code,
        "name": {"zh": labels[0], "en": code},
        "labels": list(labels),
        "column": column,
        "measure": "level",
        "price_basis": "current",
        "base_unit": "亿元",
        "decimals": 1,
        "direction": "neutral",
    }


def data_set(*indicators: dict[str, object], **layout: object) -> DataSet:
    columns = sorted({str(i["column"]) for i in indicators})
    return DataSet.model_validate(
        {
            "id": "test",
            "title": {"zh": "测试", "en": "test"},
            "theme": "profile",
            "owner": "nobody",
            "origin": {
                "producer": "nobody",
                "documents": [{"id": "doc", "title": "文件", "grade": "official"}],
            },
            "delivery": {"pattern": ["*.xlsx"], "cadence": "monthly"},
            "layout": {
                "kind": "table",
                "blocks": [
                    {
                        "stub": "指标",
                        "columns": [{"header": [key], "key": key} for key in columns],
                    }
                ],
                **layout,
            },
            "indicators": list(indicators),
        }
    )


def code(name: str, code: str, word: str, first: date | None, last: date | None) -> Code:
    return Code(name, code, word, word, 1, (), first, last, "")


INDUSTRIES = (
    code("breakdown", "_T", "合计", None, None),
    code("industry", "C", "制造业", date(2012, 1, 1), None),
    code("industry", "Z", "手工业", None, date(2012, 1, 1)),
)
LISTS = CodeLists(
    regions=(Region("990101", "云溪区", "Yunxi", "county", "", None, None, "", ()),),
    units=(),
    codes=INDUSTRIES,
    synonyms=(
        Synonym("indicator", "规上产值", "output_500", None, Y2011),
        Synonym("indicator", "规上产值", "output_2000", Y2011, None),
        Synonym("indicator", "别处的", "elsewhere", None, None),
        Synonym("region", "云溪", "990101", Y2011, None),
        Synonym("industry", "加工业", "C", date(2012, 1, 1), None),
    ),
)


def test_the_longest_end_of_the_path_wins_over_the_name_alone() -> None:
    names = Names(
        data_set(
            indicator("renewal", "技改"),
            indicator("industry_renewal", "工业投资/技改"),
            indicator("estate_industry_renewal", "房地产/工业 投资/技改"),
        ),
        LISTS,
    )
    year = whole(2020)
    assert names.indicator("技改", "投资/工业投资/技改", "value", *year) == "industry_renewal"
    assert (
        names.indicator("技改", "房地产/工业投资/技改", "value", *year) == "estate_industry_renewal"
    )
    assert names.indicator("技改", "投资/重工业投资/技改", "value", *year) == "renewal"
    assert names.indicator("技改", None, "value", *year) == "renewal"
    assert names.indicator("工业投资/技改", None, "value", *year) == "industry_renewal"
    assert names.indicator("投资", "投资", "value", *year) is None
    assert names.indicator("技改", None, "growth", *year) is None
    assert names.indicator(None, None, "value", *year) is None


def test_synonyms_of_indicators_are_dated_and_of_this_data_set() -> None:
    names = Names(
        data_set(
            indicator("output_500", "产值（500万元）"),
            indicator("output_2000", "产值（2000万元）"),
        ),
        LISTS,
    )
    assert names.indicator("规上产值", None, "value", *whole(2010)) == "output_500"
    assert names.indicator("规上产值", None, "value", *whole(2011)) == "output_2000"
    assert names.indicator("别处的", None, "value", *whole(2011)) is None
    with pytest.raises(AmbiguousNameError):
        names.indicator("规上产值", None, "value", date(2010, 1, 1), date(2012, 12, 31))


def test_classes_are_known_in_the_time_of_their_codes() -> None:
    names = Names(data_set(indicator("output", "产值"), breakdown_list="industry"), LISTS)
    words = names.words("breakdown")
    assert words.find("制造业", *whole(2020)) == "C"
    assert words.find("加工业", *whole(2020)) == "C"
    assert words.find("C", *whole(2020)) == "C"
    assert words.find("合计", *whole(2020)) == "_T"
    assert words.find("制造业", *whole(2010)) is None
    assert words.find("手工业", *whole(2020)) is None
    proposal = names.proposal("breakdown", "手工业", "", *whole(2020))
    assert proposal == "手工业 (Z, —2011-12-31)"


def test_proposals_are_those_of_the_column() -> None:
    names = Names(
        data_set(
            indicator("fai", "固定资产投资"),
            indicator("fai_growth", "固定资产投资", column="growth"),
        ),
        LISTS,
    )
    year = whole(2020)
    assert (
        names.proposal("indicator", "固定资产投姿", "growth", *year) == "固定资产投资 (fai_growth)"
    )
    assert names.proposal("indicator", "固定资产投姿", "value", *year) == "固定资产投资 (fai)"
    assert names.proposal("indicator", "固定资产投姿", "share", *year) == ""
    assert names.proposal("region", "云溪县", "", *year).startswith("云溪")


@given(
    st.dictionaries(st.text(min_size=1, max_size=6), st.sampled_from("abc"), max_size=6),
    st.text(max_size=6),
)
def test_a_word_that_is_not_known_is_never_taken_for_another(
    known: dict[str, str], word: str
) -> None:
    found = Vocabulary(known).find(word, *whole(2020))
    folded = {"".join(w.split()): w for w in known}
    if found is not None and word.isascii() and all(w.isascii() for w in known):
        assert "".join(word.split()) in folded
