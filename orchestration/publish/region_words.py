"""Words that follow the kind of region: a district is 本区, a county 本县, a city 本市.

Belongs here: by what a region, its whole and its sisters are called on pages and in papers. Does
not belong here: names of single regions (``core.region``).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RegionWords:
    """A region without its name, in both languages.

    Attributes:
        zh: The word that its name ends with.
        en: The same in English.
    """

    zh: str
    en: str

    @property
    def own(self) -> tuple[str, str]:
        """本区, the district."""
        return f"本{self.zh}", f"the {self.en}"

    @property
    def whole(self) -> tuple[str, str]:
        """全区, the whole district."""
        return f"全{self.zh}", f"the whole {self.en}"


# The longer ending first: 自治县 is a county, and 地区 no 区.
_ENDINGS: tuple[tuple[str, str, str], ...] = (
    ("特别行政区", "特区", "region"),
    ("自治区", "区", "region"),
    ("自治州", "州", "prefecture"),
    ("自治县", "县", "county"),
    ("自治旗", "旗", "banner"),
    ("地区", "地区", "prefecture"),
    ("街道", "街道", "subdistrict"),
    ("社区", "社区", "community"),
    ("省", "省", "province"),
    ("市", "市", "city"),
    ("县", "县", "county"),
    ("区", "区", "district"),
    ("旗", "旗", "banner"),
    ("州", "州", "prefecture"),
    ("盟", "盟", "league"),
    ("镇", "镇", "town"),
    ("乡", "乡", "township"),
    ("村", "村", "village"),
    ("国", "国", "country"),
)
UNKNOWN = RegionWords("地区", "region")


def region_words(name_zh: str | None) -> RegionWords:
    """The words for a region of this name; those for any region where the name does not say."""
    name = (name_zh or "").strip()
    return next((RegionWords(zh, en) for end, zh, en in _ENDINGS if name.endswith(end)), UNKNOWN)
