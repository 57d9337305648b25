"""The search index: indicators and regions by name in both languages, by code and by pinyin.

Belongs here: what an entry is found by. Does not belong here: how a browser searches.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from orchestration.publish.site.markup import file_name
from orchestration.publish.site.model import Row

Entry = list[str]
_CHINESE = re.compile("[\u3400-\u9fff\U00020000-\U0003134f]")


def initials(text: str) -> str:
    """The first letters of a text's pinyin: 固定资产投资 is ``gdzctz``; letters and digits stay."""
    from pypinyin import Style, lazy_pinyin

    parts = lazy_pinyin(text, style=Style.FIRST_LETTER, errors=str)
    return re.sub("[^a-z0-9]", "", "".join(parts).lower())


def syllables(text: str) -> str:
    """The pinyin of a text's Chinese characters, without tones."""
    from pypinyin import lazy_pinyin

    return "".join(lazy_pinyin("".join(_CHINESE.findall(text)), errors="ignore"))


def entries(
    indicators: Sequence[Row], regions: Iterable[Row], places: Mapping[str, str]
) -> list[Entry]:
    """One line per indicator and region: kind, code, names, theme, initials, pinyin, link.

    Args:
        indicators: All of them.
        regions: All of them.
        places: The link to each indicator.
    """
    found = [
        _entry(
            "indicator",
            row["indicator_code"],
            row["name_zh"],
            row["name_en"],
            row["theme"],
            places[row["indicator_code"]],
        )
        for row in indicators
    ]
    found += [
        _entry(
            "region",
            row["region_code"],
            row["region_name_zh"],
            row["region_name_en"],
            "",
            f"region/{file_name(row['region_code'])}.html",
        )
        for row in regions
    ]
    return found


def _entry(
    kind: str, code: str, zh: str | None, en: str | None, theme: str | None, link: str
) -> Entry:
    name = zh or en or code
    return [
        kind,
        code,
        name,
        en or name,
        theme or "",
        initials(name),
        syllables(name),
        link,
    ]
