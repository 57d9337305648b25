"""A district is 本区, a county 本县, a city 本市: literal words for names of each kind."""

from __future__ import annotations

import pytest

from orchestration.publish.region_words import region_words


@pytest.mark.parametrize(
    ("name", "own_zh", "own_en", "whole_zh"),
    [
        ("宁波市江北区", "本区", "the district", "全区"),
        ("宁波市象山县", "本县", "the county", "全县"),
        ("余姚市", "本市", "the city", "全市"),
        ("景宁畲族自治县", "本县", "the county", "全县"),
        ("鄂温克族自治旗", "本旗", "the banner", "全旗"),
        ("大兴安岭地区", "本地区", "the prefecture", "全地区"),
        ("慈城镇", "本镇", "the town", "全镇"),
        ("浙江省", "本省", "the province", "全省"),
        ("Nowhere", "本地区", "the region", "全地区"),
        (None, "本地区", "the region", "全地区"),
    ],
)
def test_words_follow_the_kind_of_region(
    name: str | None, own_zh: str, own_en: str, whole_zh: str
) -> None:
    words = region_words(name)

    assert words.own == (own_zh, own_en)
    assert words.whole[0] == whole_zh
