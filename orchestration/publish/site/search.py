"""The search index: indicators and regions by all names, code and pinyin, with their figures.

Belongs here: what an entry is found by, and which figure a result shows. Does not belong here: how
a browser searches (``assets/search.js``).
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
    indicators: Sequence[Row],
    regions: Iterable[Row],
    places: Mapping[str, str],
    names: Mapping[str, Sequence[str]],
) -> list[Entry]:
    """A line per indicator and region: kind, code, names, theme, initials, pinyin, link, synonyms.

    Args:
        indicators: All of them.
        regions: All of them.
        places: The link to each indicator.
        names: What else each indicator is called.
    """
    found = [
        _entry(
            "indicator",
            row["indicator_code"],
            row["name_zh"],
            row["name_en"],
            row["theme"],
            places[row["indicator_code"]],
            names.get(row["indicator_code"], ()),
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
    kind: str,
    code: str,
    zh: str | None,
    en: str | None,
    theme: str | None,
    link: str,
    synonyms: Sequence[str] = (),
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
        "\n".join(one for one in synonyms if one not in (zh, en)),
    ]


# --- the figure beside a result ------------------------------------------------------------------

MOST_FIGURES = 30_000
"""So many figures travel with the index; above, only those of the district."""

FIGURES = """
with own as (
    select *, coalesce(nullif(scope, ''), 'total') as told, year(period_end) as of_year
    from qt_observation
    where
        known_to is null
        and coalesce(is_headline, true)
        and value is not null
        and coalesce(conf_status, 'F') not in ('C', 'N')
        and coalesce(breakdown, '_T') = '_T'
        and coalesce(subject, '_T') = '_T'
        and coalesce(locality, '_T') = '_T'
        and coalesce(figure_kind, 'outturn') = 'outturn'
),

placed as (
    select
        *,
        row_number() over (
            partition by indicator_code, region_code
            order by period_end desc, period_kind = 'annual' desc, told = 'total' desc,
                observation_id
        ) as newest,
        row_number() over (
            partition by indicator_code, region_code, of_year
            order by period_kind = 'annual' desc, period_end desc, told = 'total' desc,
                observation_id
        ) as of_its_year
    from own
)

select observation_id, indicator_code, region_code, period, of_year, value, unit, qualifier
from placed
where newest = 1 or (of_its_year = 1 and region_code = {district})
order by indicator_code, region_code, period_end, observation_id
"""
"""Of each indicator the newest figure of each region, and that of each year of the district."""
