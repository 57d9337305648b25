"""What a draft knows before it looks at a file: words of the code lists, regions, the catalogue.

Belongs here: questions about single texts. Does not belong here: tables, records, declarations.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from orchestration.collect.layouts.extract import Words
from orchestration.collect.layouts.header import meaning_of, split_marks
from orchestration.collect.periods import Period, beside_period, is_period_text, parse_period
from orchestration.spec import PERIOD_WRITTEN
from orchestration.text import fold, same

if TYPE_CHECKING:
    from orchestration.declarations import Declarations

NOT_STATED = "not_stated"
_STAGE = re.compile(r"[(（\[]?(快报|预计|初步|核实|普查|经普修订|调查推算|修订)[^)）\]]*[)）\]]?$")
_BRACKETS = re.compile(r"[(（\[【]([^()（）\[\]【】]+)[)）\]】]\s*$")
_LOOKS_LIKE_UNIT = re.compile(
    r"^(单位[:：])?[十百千万亿]*(元|人|户|家|个|吨|亩|公顷|辆|台|套|件|箱|次|张|册|度|米|米²|米³|斤|公斤|千克|克|升|瓦|伏|"
    r"瓦时|千瓦时|平方|立方|公里|千米|美元|欧元|日元|港元|所|座|条|处|项|宗|天|日|小时|分|秒|岁|床|张|名|位|TEU|tce|kWh|"
    r"t|kg|km|m|g|GB|TB|MW|kW)|[/／]|%|‰|倍$|[$£€¥]"
    r"|(?i:dollars?|pounds?|euros?|thousands?|millions?|billions?|tons?|barrels?|bushels?|per[0-9])"
)
TIME_WORDS = re.compile(
    "本年|当年|本月|当月|本期|当期|本季|当季|上年|累计|年末|年底|月末|月底|期末|季末|年初|期初|全年|截至"
)
AT_AN_END = re.compile("年末|年底|月末|月底|期末|季末|末$|截至|余额|存量|保有量")
LAG = re.compile("错月|错期|滞后一个?月|晚一个?月")
SPOKEN = re.compile("累计值?$|当[月季期年]值?$|本[月季期年]值?$|期末值?$")
"""What the end of a name says of the stretch of time that it is about."""

INDEX = re.compile(r"[=＝]\s*100")
NAMED_PERIOD = re.compile(
    r"\s*[(（]\s*(1\s*[-–—~至]\s*1?[0-9]月份?|1?[0-9]月份?|[一二三四]季度|上半年|前三季度)\s*[)）]\s*$"
)
"""A period in brackets behind a name, of a row that is not of the period of the report."""

FULFILLED = re.compile("^(为|占|完成)?.*(预算|计划|目标|任务).*$|完成率|进度")
"""Headers of per cents of a plan."""

PLAN_OF_YEAR = re.compile("年初预算|(年度?|全年)(预算|目标|计划|任务)|^目标(任务|数|值)$")
"""Headers of what is planned for the whole year."""
RANKED = re.compile("位次|排名|名次|排位|名列")
_FILLER = re.compile(r"数$|值$|[()（）,，、:：]|的|份")
_TOWN = re.compile("(街道|[^城]镇|[^家]乡|社区|开发区|新区|园区|[^城]市|[区县旗州盟])$")


class Known:
    """The project that a draft is for.

    Attributes:
        words: What headers are made of.
        units: Code by every way to write a unit, folded.
        unit_codes: The same with what stands for units in columns of codes alone.
        named: Names of regions that were asked for.
    """

    def __init__(self, declarations: Declarations) -> None:
        self.declarations = declarations
        self.lists = declarations.codelists
        self.catalogue = declarations.catalogue
        self.words = Words.of(self.lists)
        self.industries = {same(word) for word in self.lists.words("industry")}
        self.kinds = {same(word) for word in self.lists.words("figure_kind")}
        said = self.lists.words("estimate_stage").items()
        self.stages = {word: code for word, code in said if code not in (word, NOT_STATED)}
        listed = {same(word): code for word, code in self.lists.unit_words.items()}
        self.units = self.lists.unit_multiples | listed
        self.unit_codes = self.lists.unit_codes | self.units
        self.dimension = {unit.code: unit.dimension for unit in self.lists.units}
        self.named: dict[str, None] = {}
        self.regions = {same(word): code for word, code in self.lists.region_words.items()}

    @cached_property
    def district(self) -> str:
        """The name of the district."""
        return self.declarations.settings.district.name.zh

    def is_region(self, text: str) -> bool:
        """Whether a text is the name or code of a region of the lists, or of China's."""
        plain = same(text)
        return plain in self.regions or bool(
            len(plain) > 1
            and not plain.isdigit()
            and self.lists.gazetteer
            and self.lists.gazetteer.meant(plain, None, None)
        )

    def meant_regions(self, text: str) -> list[str]:
        """Codes that the name of a region may mean; one where it is clear."""
        self.named.setdefault(text)
        own = self.regions.get(same(text))
        if own is not None or not self.lists.gazetteer:
            return [own] if own else []
        return [place.code for place in self.lists.gazetteer.meant(same(text), None, None)]

    def looks_like_region(self, text: str) -> bool:
        """Whether a text is a region, or called like one."""
        return self.is_region(text) or (
            bool(_TOWN.search(same(text))) and 2 <= len(same(text)) <= 12
        )

    def is_time(self, text: str) -> bool:
        """Whether a text says a period and nothing else."""
        plain = same(split_marks(text)[0])
        if not plain or not is_period_text(plain):
            return False
        return bool(self.period_of(plain)) or not _FILLER.sub("", beside_period(plain))

    def are_kinds(self, texts: Iterable[str]) -> bool:
        """Whether texts say of what time or measure rows are: 本月, 累计, 同比(%), 全年目标."""
        said = {text for text in texts if text}
        plans = {t for t in said if PLAN_OF_YEAR.search(t) or FULFILLED.search(t)}
        meant = {t: meaning_of((t,), None, self.words) for t in said - plans}
        is_more = bool(plans) or any(
            "累计" in text or (told is not None and told.measure not in ("level", "count"))
            for text, told in meant.items()
        )
        return (
            len(said) > 1
            and is_more
            and all(told is not None for told in meant.values())
            and any(is_period_text(same(text)) for text in said)
        )

    def period_of(self, text: str) -> Period | None:
        """The absolute period that a text is, whatever mark or stage stands behind it."""
        plain = same(split_marks(text)[0])
        for form in (plain, _STAGE.sub("", plain)):
            try:
                return parse_period(form)
            except ValueError:
                continue
        return None

    def inside(self, names: Iterable[str]) -> str | None:
        """The region inside which names that several regions have (江北区) mean one of them."""
        meant = [codes for name in dict.fromkeys(names) if (codes := self.meant_regions(name))]
        clear = [codes[0] for codes in meant if len(codes) == 1]
        unclear = [codes for codes in meant if len(codes) > 1]
        if not clear or not unclear:
            return None
        for size in (4, 2):
            start = Counter(code[:size] for code in clear).most_common(1)[0][0]
            whole = start.ljust(6, "0")
            if all(sum(code.startswith(start) for code in codes) == 1 for codes in unclear):
                return whole if self.is_region(whole) or self.lists.region_code(whole) else None
        return None

    def unit_in(self, text: str) -> tuple[str, str | None, str | None]:
        """A text without its unit, the unit, and one in brackets that no list of units has."""
        bare, unit = self.words.unit_in(text)
        if unit is not None:
            return bare, unit, None
        match = _BRACKETS.search(fold(text))
        if match is None or INDEX.search(match[1]) or is_period_text(match[1]):
            return text, None, None
        inner = re.sub("^(计量)?单位[:：]?", "", match[1]).strip()
        if same(inner) in self.units:
            return fold(text)[: match.start()].strip(), inner, None
        if _LOOKS_LIKE_UNIT.search(same(inner)):
            return fold(text)[: match.start()].strip(), None, inner
        return text, None, None


def is_absolute(text: str) -> bool:
    """Whether a header says a period with its year."""
    plain = fold(text).strip()
    if re.search("[A-Za-z]{3}|^[Qq]", plain) and _reads(plain):
        return True
    return bool(re.search(PERIOD_WRITTEN, plain) or re.fullmatch("(19|20)[0-9]{2}", plain)) or bool(
        re.fullmatch(r"(19|20)[0-9]{2}[-./]?(0?[1-9]|1[0-2])([-./][0-9]{1,2})?", plain)
        or re.fullmatch(r"(19|20)[0-9]{2}-?Q[1-4]", plain)
    )


def _reads(text: str) -> bool:
    try:
        return bool(parse_period(text))
    except ValueError:
        return False


def _opened_period(match: re.Match[str]) -> str:
    """A written period left open; what makes it a year or a month stays, for 1-3月 is neither."""
    said = re.fullmatch("[0-9]{4}年(.*月)?(份|末|底)?", match["period"])
    if said is None or (said[2] and not said[1]):
        return "*"
    return f"*年*月{said[2] or ''}" if said[1] else "*年"


_RELATIVE = re.compile(
    r"1\s*[-–—~至]\s*1?[0-9]\s*月份?|(?<![0-9])1?[0-9]月份?|第?[一二三四1-4]季度|上半年|前三季度|全年"
)


def opened(text: str) -> str:
    """A header text with its period left open, so that next month's file fits too."""
    plain = fold(text).strip()
    if re.search("[A-Za-z]{3}|^[Qq]", plain) and _reads(plain):
        return "*"
    if re.fullmatch(r"(19|20)[0-9]{2}([-./]?(0?[1-9]|1[0-2])([-./][0-9]{1,2})?|-?Q[1-4])?", plain):
        return "*"
    absolute = re.sub(PERIOD_WRITTEN, _opened_period, plain)
    return absolute if absolute != plain else _RELATIVE.sub("*", plain, count=1)
