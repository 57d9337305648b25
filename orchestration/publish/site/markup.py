"""Small pieces of HTML that every page uses: both languages, figures with their signs and marks.

Belongs here: escaping, and how one figure, name or code looks. Does not belong here: pages, and
reading from the release.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from html import escape as _escape
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from orchestration.bounds import bound_of, sign
from orchestration.publish.printed import Word, Words, decimal_text

if TYPE_CHECKING:
    from orchestration.publish.prose.tell import Told

# Controls that turn the direction of text round, or hide it: shown as what they are.
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")
_PLAIN_CODE = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,78}[a-z0-9])?")
# Names that Windows keeps for devices, whatever their ending.
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9]|index)")

AMONG = ("前", "top ")
RANK_UNITS = frozenset({"位", "位次", "名次"})
"""A rank of at most 3 is not "≤ 3" but "among the first 3": 前3."""

MARKS: Mapping[str, tuple[str, str, str, str]] = {
    "provisional": ("初", "p", "初步数，以后可能修订", "provisional, may be revised"),
    "estimated": ("估", "e", "估计或推算数", "estimated or inferred from a survey"),
    "forecast": ("预", "f", "预测数", "forecast"),
    "other_status": (
        "注",
        "n",
        "有特别状态，见指标页",
        "with a status of its own: see the indicator",
    ),
    "inferred": (
        "期",
        "i",
        "期间或口径由录入人推断",
        "period or scope inferred by the transcriber",
    ),
    "simulated": (
        "模拟",
        "simulated",
        "模拟数据，不是统计结果",
        "simulated, not a statistical result",
    ),
}
GAPS: Mapping[str, tuple[str, str, str, str]] = {
    "missing": ("缺", "missing", "缺失：没有数字，不是零", "missing: no figure, and not zero"),
    "not_collected": ("未采", "not collected", "数据存在但未采集", "exists but was not collected"),
    "suppressed": ("隐", "suppressed", "为保密隐去", "withheld to protect respondents"),
    "none": ("…", "…", "本版本中没有这个数字", "no such figure in this release"),
}
_STATUS_MARK = {"P": "provisional", "E": "estimated", "I": "estimated", "F": "forecast", "A": ""}
_STATUS_GAP = {"L": "not_collected", "Q": "suppressed"}


@lru_cache(maxsize=1 << 14)
def safe(text: str) -> str:
    """A text without what would turn the page's own text round; escaped for HTML."""
    return _escape(plain(text))


def plain(text: str) -> str:
    """A text whose invisible characters are shown: they could turn the page's own text round."""
    if text.isprintable():  # most are, and none of these characters is
        return text
    shown = _DIRECTION.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)
    return _CONTROL.sub("\ufffd", shown)


def finalize(value: Any) -> Any:
    """What a template writes: text of the data is made plain; it is escaped afterwards."""
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@lru_cache(maxsize=1 << 14)
def both(zh: str | None, en: str | None) -> str:
    """A text in both languages, of which the page shows one; one alone where the other lacks."""
    zh, en = zh or "", en or ""
    if not zh or not en or zh == en:
        return safe(zh or en)
    return f'<span lang="zh">{safe(zh)}</span><span lang="en">{safe(en)}</span>'


def file_name(code: str) -> str:
    """The name of a code's page, the same in every release: the code itself where it is plain."""
    if _PLAIN_CODE.fullmatch(code) and not _DEVICE.fullmatch(code):
        return code
    stem = re.sub("[^a-z0-9]+", "-", code.lower())[:40].strip("-")
    digest = sha256(code.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return f"x-{stem}--{digest}"


def thousands(text: str) -> str:
    """A number's text with thousands separators; every digit is kept."""
    sign, body = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, point, rest = body.partition(".")
    grouped = whole if len(whole) < 4 else re.sub(r"(?<=\d)(?=(?:\d{3})+$)", ",", whole)
    return f"{'−' if sign else ''}{grouped}{point}{rest}"


def number_text(value: int | Decimal | str | None) -> str:
    """A value as text, without zeros that nobody printed."""
    if value is None:
        return ""
    return value if isinstance(value, str) else decimal_text(value)


@dataclass(frozen=True)
class Scale:
    """What a unit is called with 万 and with 亿 before it, and how many digits the point moves.

    Attributes:
        plain: The same without either; English says million and billion of it.
    """

    wan: tuple[str, str, int]
    yi: tuple[str, str, int]
    plain: tuple[str, str, int]


class Units:
    """Units in both languages, and which of them can be written in 万 and in 亿."""

    def __init__(self, words: Mapping[str, Word]) -> None:
        self.words = words
        self._html: dict[str, str] = {}
        self.scales: dict[str, Scale] = {}
        for unit in words:
            for prefix, power in (("亿", 8), ("万", 4), ("", 0)):
                stem = unit.removeprefix(prefix)
                if prefix and not unit.startswith(prefix):
                    continue
                # Not 万亿元, and no ratio: 亿元/平方公里 has a unit below the line.
                if "/" in stem or stem.startswith(("万", "亿")) or not stem:
                    continue
                if {stem, f"万{stem}", f"亿{stem}"} <= set(words):
                    self.scales[unit] = Scale(
                        (f"万{stem}", words[f"万{stem}"].en, power - 4),
                        (f"亿{stem}", words[f"亿{stem}"].en, power - 8),
                        (stem, self.en(stem), power),
                    )
                    break

    def en(self, unit: str) -> str:
        """The English word of a unit; a sign is a sign in any language."""
        if re.fullmatch(r"[^\w\s]", unit) or unit not in self.words:
            return unit
        return re.sub(r" \([^)]*[^\x00-\x7f][^)]*\)", "", self.words[unit].en)

    def html(self, unit: str | None) -> str:
        """A unit after its number; nothing for a number without one."""
        if not unit or unit == "1":
            return ""
        if unit not in self._html:
            self._html[unit] = f'<span class="u">{both(unit, self.en(unit))}</span>'
        return self._html[unit]


def figure(  # noqa: PLR0913 - each is a property of one printed figure
    units: Units,
    value: Decimal | int | str | None,
    unit: str | None = None,
    qualifier: str | None = None,
    *,
    status: str | None = None,
    conf: str | None = None,
    is_simulated: bool | None = False,
    is_inferred: bool | None = False,
    is_plain: bool = False,
    gap: str = "none",
    of: str | None = None,
) -> str:
    """A figure as every page shows it: sign, number, unit, marks; never a bare gap.

    The number is text from the decimal; scripts move its point as text too, so no digit is lost.
    ``of`` is the observation that it repeats: by it the release gate reads the page again.
    """
    marks = marks_html(status, is_simulated=is_simulated, is_inferred=is_inferred)
    if conf in ("C", "N"):
        return gap_html("suppressed") + marks
    if value is None:
        known = status is not None and status != "A"
        return gap_html(_STATUS_GAP.get(status or "", "missing") if known else gap) + marks
    text = number_text(value)
    shown = text.replace("-", "−") if is_plain else thousands(text)
    scalable = f' data-u="{safe(unit or "")}"' if unit in units.scales else ""
    source = f' data-o="{safe(of)}"' if of else ""
    behind = _spaced(units.html(unit), unit)
    return (
        f'<span class="fig"{scalable}{source}>{sign_html(qualifier, unit)}'
        f'<span class="n" data-v="{safe(text)}">{safe(shown)}</span>{behind}</span>{marks}'
    )


def _spaced(unit_html: str, unit: str | None) -> str:
    if not unit_html:
        return ""
    return unit_html if unit in ("%", "‰", "‱") else f" {unit_html}"


@lru_cache(maxsize=1 << 10)
def sign_html(qualifier: str | None, unit: str | None = None) -> str:
    """The sign before a number that is not exact; the legend on every page says what it means."""
    zh, en = (plain_sign(qualifier, unit, language) for language in (0, 1))
    return f'<span class="q">{both(zh, en)}</span>' if zh else ""


def plain_sign(qualifier: str | None, unit: str | None, language: int) -> str:
    """The same sign without markup, in the language of that number."""
    bound = bound_of(qualifier)
    if unit in RANK_UNITS and bound is not None and bound.is_upper and not bound.is_open:
        return AMONG[language]
    return sign(qualifier, language)


@lru_cache(maxsize=1 << 10)
def marks_html(
    status: str | None, *, is_simulated: bool | None = False, is_inferred: bool | None = False
) -> str:
    """The small marks behind a figure; the legend explains each."""
    names = status_marks(status)
    names += ["inferred"] * bool(is_inferred) + ["simulated"] * bool(is_simulated)
    return "".join(
        f'<span class="m m-{name}" title="{safe(" · ".join(MARKS[name][2:]))}">'
        f"{both(*MARKS[name][:2])}</span>"
        for name in names
        if name
    )


def said(kind: str, of: str | None, html: str, css: str = "") -> str:
    """A statement that follows from figures: its kind, and the ids that it follows from.

    The release gate draws the conclusion again from these (``site.words``).
    """
    named = f' class="{css}"' if css else ""
    return f'<span{named} data-says="{kind}" data-of="{safe(of or "")}">{html}</span>'


def sentence_html(told: Told) -> str:
    """A sentence in both languages: each number with its figure, all with what it follows from."""
    zh, en = (
        "".join(
            safe(part) if isinstance(part, str)
            else f'<b data-o="{safe(part[1].observation_id)}">{safe(part[0])}</b>'
            for part in sentence
        )
        for sentence in (told.zh, told.en)
    )  # fmt: skip
    return (
        f'<p data-says="{SENTENCE}{told.kind}" data-of="{safe(" ".join(told.of))}">'
        f'<span lang="zh">{zh}</span><span lang="en">{en}</span></p>'
    )


SENTENCE = "told."
"""What the kind of a statement begins with that is a sentence of ``prose``."""


def growth_html(
    growth: Decimal | None,
    qualifier: str | None,
    kind: str | None,
    of: str | None,
    html: str,
) -> str:
    """A growth with its direction, as far as its bound decides that, and over what it grew."""
    if growth is None:
        return ""
    words = _GROWTH.get(kind or "", (kind or "", kind or ""))
    css, arrow = _DIRECTIONS[_direction(growth, qualifier)]
    shown = f'<span aria-hidden="true">{arrow}</span> ' if arrow else ""
    return said("growth", of, f"{shown}{both(*words)} {html}", f"chg {css}".strip())


_GROWTH: Mapping[str, tuple[str, str]] = {
    "yoy": ("同比", "year on year"),
    "cagr": ("年均", "a year on average"),
    "mom": ("环比", "on the period before"),
}
_DIRECTIONS: Mapping[int | None, tuple[str, str]] = {
    1: ("up", "▲"), -1: ("down", "▼"), 0: ("flat", "＝"), None: ("", ""),
}  # fmt: skip


def _direction(growth: Decimal, qualifier: str | None) -> int | None:
    """Whether something grew (1), fell (-1) or stayed (0); None where the bound leaves it open."""
    bound = bound_of(qualifier or "exact")
    if bound is None or (bound.is_about and growth == 0):
        return None
    if growth > 0 and (bound.has_low or bound.is_about):
        return 1
    if growth < 0 and (bound.has_high or bound.is_about):
        return -1
    if growth == 0 and bound.is_open and (bound.has_low or bound.has_high):
        return 1 if bound.has_low else -1
    return 0 if growth == 0 and bound.has_low and bound.has_high else None


def places_html(change: int | None, of: str | None) -> str:
    """How many places somebody rose or fell: a positive change is a rise, to a smaller number."""
    if change is None:
        return ""
    if change == 0:
        words = both("位次不变", "unchanged")
    else:
        zh, en = ("上升", "rose") if change > 0 else ("下降", "fell")
        places = "place" if abs(change) == 1 else "places"
        words = both(f"{zh}{abs(change)}位", f"{en} {abs(change)} {places}")
    name, arrow = _PLACES[(change > 0) - (change < 0)]
    return said("places", of, f'<span aria-hidden="true">{arrow}</span> {words}', f"chg {name}")


_PLACES: Mapping[int, tuple[str, str]] = {1: ("up", "↑"), -1: ("down", "↓"), 0: ("flat", "＝")}


def status_marks(status: str | None) -> list[str]:
    """The name of the mark of a status; none for the usual one and for those without a number."""
    if not status or status in ("L", "M", "O", "Q"):
        return []
    name = _STATUS_MARK.get(status, "other_status")
    return [name] if name else []


def gap_html(name: str) -> str:
    """What stands where a number does not."""
    zh, en, long_zh, long_en = GAPS[name]
    return (
        f'<span class="gap gap-{name}" title="{safe(f"{long_zh} · {long_en}")}">'
        f"{both(zh, en)}</span>"
    )


class Wording:
    """Codes in words, in both languages."""

    def __init__(self, words: Words) -> None:
        self.words = words

    def __call__(self, listed: str, code: str | None) -> str:
        """A code of a list as both languages call it; the code where the list has no word."""
        if code is None or code == "":
            return ""
        word = self.words.get(listed, {}).get(code)
        return both(word.zh, word.en) if word else safe(code)

    def pair(self, listed: str, code: str) -> tuple[str, str]:
        """The two words of a code."""
        word = self.words.get(listed, {}).get(code)
        return (word.zh, word.en) if word else (code, code)


NO_STAMP = "@" * 12
"""Where the stamp of a page will stand."""

STAMP = re.compile('<meta name="qt-page" content="([^"]*)"')
_STATED = re.compile(r'window\.QT && QT\.put\("(?:[^"\\]|\\.)*", (\d+), "(\w+)"')
_SCRIPT = re.compile(r"window\.QT && QT\.put\((.*)\);\n", re.DOTALL)


def stamped(html: str) -> str:
    """A page with the stamp that names it: a digest of all the rest of it.

    ``data/release.js`` lists the stamps of all pages; by it a page knows whether it is of this
    release, although it bears no release's id and is shared by all whose figures are the same.
    """
    return html.replace(NO_STAMP, stamp_of(html), 1)


def stamp_of(html: str) -> str:
    """The stamp that a page must have."""
    bare = STAMP.sub(f'<meta name="qt-page" content="{NO_STAMP}"', html, count=1)
    return sha256(bare.encode("utf-8", "replace")).hexdigest()[: len(NO_STAMP)]


def data_script(name: str, payload: str, count: int) -> str:
    """A script file that hands its page data as one checked text.

    ``fetch`` is blocked on ``file://``; a script is not. The page knows the number of entries and
    the checksum, or reads them in ``data/release.js``, and shows a warning where one differs.
    """
    arguments = ", ".join(_js(part) for part in (name, count, checksum(payload), payload))
    return f"window.QT && QT.put({arguments});\n"


def read_script(text: str) -> list[Any] | None:
    """The arguments of a data script; nothing for a broken one."""
    found = _SCRIPT.fullmatch(text)
    try:
        arguments = json.loads(f"[{found[1]}]") if found else None
    except ValueError:
        return None
    return arguments if isinstance(arguments, list) else None


def stated(head: str) -> list[Any]:
    """What the beginning of a data script says: number of entries and checksum."""
    found = _STATED.match(head)
    return [int(found[1]), found[2]] if found else [0, ""]


def checksum(payload: str) -> str:
    """CRC-32 of a text in UTF-8, as scripts compute it too."""
    return f"{zlib.crc32(payload.encode('utf-8')):08x}"


def _js(value: str | int) -> str:
    """A JSON text that is safe inside a script: no tag ends it, no line separator breaks it."""
    text = json.dumps(value, ensure_ascii=False)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def as_markup(html: str) -> Markup:
    """HTML made here, as templates take it without escaping it again."""
    return Markup(html)  # noqa: S704 - only texts that ``safe`` escaped enter these functions


def compact_json(content: Any) -> str:
    """JSON without blanks, in the order given."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))
