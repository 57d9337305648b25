"""`qutong check FILE`: each number of a text is what the release says it is, or is told.

Belongs here: the command on texts about the district that the repository ships, and on the briefs
of its release, whose bookmarks say which figure each number is. Does not belong here: how texts and
numbers are read (``unit/test_factcheck_texts``).
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import docx
import lxml.html
import pytest
from click.testing import CliRunner

from orchestration.cli import main
from orchestration.factcheck import documents
from orchestration.factcheck.documents import Block
from orchestration.factcheck.figures import Figure, World
from orchestration.factcheck.run import read_world
from orchestration.factcheck.verdicts import Checked, check
from tests.pipeline.released import Released

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
BEGIN, NAMED, END = "\ue000", "\ue001", "\ue002"
"""Signs of private use, put round each figure of a copy to see where it stands in the text."""


@pytest.fixture(scope="module")
def world(shipped: Released) -> World:
    return read_world(shipped.settings)


SPEECH = """# 江北区2022年经济运行情况

2022年，我区社会消费品零售总额约450亿元；财政总收入177.5亿元，增长11%。规上工业总产值超过1100亿元，2020年至2022年年均增长10.6%；一般公共预算收入110.9亿元，增长6.5%。

全年接待外星来客88万人。
"""


def verdicts(released: Released, path: Path, *more: str) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(
        main, ["--project", str(released.settings.project), "check", str(path), "--json", *more]
    )
    return done.exit_code, json.loads(done.stdout)


def test_a_speech_is_told_number_by_number(shipped: Released, tmp_path: Path) -> None:
    path = tmp_path / "speech.md"
    path.write_text(SPEECH, "utf-8")
    status, told = verdicts(shipped, path)
    assert [(n["text"], n["verdict"]) for n in told["numbers"]] == [
        ("450亿元", "rounded"),
        ("177.5亿元", "exact"),
        ("11%", "exact"),
        ("1100亿元", "exact"),
        ("10.6%", "exact"),
        ("110.9亿元", "contradicts"),
        ("6.5%", "exact"),
        ("88万人", "not_ours"),
    ]
    wrong = told["numbers"][5]
    assert wrong["figures"][0]["value"] == "101.9"
    assert wrong["reason_zh"] == "本库：一般公共预算收入 2022 101.9亿元"
    assert status == 1


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        (
            "2024年前三季度，我区财政收入增长1.1%，增速比宁波市（-1.8%）高2.9个百分点。",
            [("1.1%", "exact"), ("-1.8%", "exact"), ("2.9个百分点", "derived")],
        ),
        (
            "2024年前三季度，我区财政收入增速比宁波市低2.9个百分点。",  # it is above
            [("2.9个百分点", "not_ours")],
        ),
        (
            "2024年末，常住人口在宁波市10个县（市、区）中居第10位；最高的是慈溪市（188.9万人）。",
            [("10个", "derived"), ("第10位", "derived"), ("188.9万人", "exact")],
        ),
        (
            "2024年末，常住人口在宁波市11个县（市、区）中居第9位。",
            [("11个", "not_ours"), ("第9位", "not_ours")],
        ),
        ("2024年末，常住人口占宁波市（977.7万人）的5.3%。",
         [("977.7万人", "exact"), ("5.3%", "derived")]),
        (
            "Fiscal revenue rose by 1.1 per cent in the first three quarters of 2024, 2.9 "
            "percentage points above the rate in Ningbo (-1.8 per cent).",
            [("1.1 per cent", "exact"), ("2.9 percentage points", "derived"),
             ("-1.8 per cent", "exact")],
        ),
        (
            "Resident population ranked 10th among the 10 county-level divisions of Ningbo at the "
            "end of 2024; the highest was Cixi City (1.889 million persons).",
            [("10th", "derived"), ("10", "derived"), ("1.889 million persons", "exact")],
        ),
        (
            "Fixed-asset investment stood at 80.84 billion yuan from January 2021 to June 2023, up "
            "13.9 per cent a year on average from 2020 to 2022.",
            [("80.84 billion yuan", "exact"), ("13.9 per cent", "exact")],
        ),
        ("GDP growth, rank in the city: among the first 3 in 2022.",
         [("among the first 3 ", "exact")]),
    ],
)  # fmt: skip
def test_what_is_held_against_others_is_computed(
    world: World, text: str, numbers: list[tuple[str, str]]
) -> None:
    told = check(world, [Block(("一", "one"), text, "text")])
    assert [(one.mention.text, one.verdict) for one in told] == numbers


def test_a_table_in_hundreds_of_millions_contradicts_nothing(world: World, tmp_path: Path) -> None:
    path = tmp_path / "table.md"
    path.write_text(
        "| Key figures (100 million yuan) | 2022 |\n|---|---|\n"
        "| Gross domestic product (GDP) | 860.3 |\n| Total fiscal revenue | 17.75 |\n", "utf-8"
    )  # fmt: skip
    told = check(world, documents.read(path))
    assert [(one.mention.text, one.verdict) for one in told] == [
        ("860.3", "exact"),
        ("17.75", "contradicts"),
    ]


def test_what_holds_ends_well_and_leaves_a_copy(shipped: Released, tmp_path: Path) -> None:
    path = tmp_path / "ok.txt"
    path.write_text("2022年，财政总收入177.5亿元。<script>alert(1)</script>", "utf-8")
    done = CliRunner().invoke(
        main, ["--project", str(shipped.settings.project), "check", str(path)]
    )
    assert done.exit_code == 0, done.output
    copy = (tmp_path / "ok.txt.checked.html").read_text("utf-8")
    assert (
        "<mark class=exact title='一致 exact: 财政总收入 2022 177.5亿元'>177.5亿元</mark>" in copy
    )
    assert "<script" not in copy
    assert "&lt;script&gt;alert(" in copy


def test_a_number_that_follows_from_others_shows_its_formula(
    shipped: Released, tmp_path: Path
) -> None:
    path = tmp_path / "derived.txt"
    path.write_text("2022年，我区地区生产总值占全市的5.5%。", "utf-8")
    _, told = verdicts(shipped, path)
    (number,) = told["numbers"]
    assert number["verdict"] == "derived"
    assert number["reason_zh"] == "860.3亿元 ÷ 15716.34亿元 × 100% = 5.4739"
    assert [f["region_code"] for f in number["figures"]] == ["330205", "330200"]


# --- every number of our own papers ----------------------------------------------------------


def briefs(released: Released) -> list[Path]:
    """Those in Chinese."""
    files = sorted(released.path.glob("brief/*.docx"))
    return [path for path in files if not path.name.endswith(".en.docx")]


def marked_brief(path: Path, copy: Path) -> list[str]:
    """The texts of the blocks of a brief with each bookmark round its figure."""
    document = docx.Document(str(path))
    body = document.element.body
    for start in list(body.iter(f"{W}bookmarkStart")):
        name = re.fullmatch(r"figure_(\w+)_\d+", start.get(f"{W}name") or "")
        if name is None:
            continue
        start.addnext(_run(body, f"{BEGIN}{name[1]}{NAMED}"))
        for end in body.iter(f"{W}bookmarkEnd"):
            if end.get(f"{W}id") == start.get(f"{W}id"):
                end.addprevious(_run(body, END))
    document.save(str(copy))
    return [block.text for block in documents.read(copy)]


def _run(body: Any, text: str) -> Any:
    run, said = body.makeelement(f"{W}r", {}), body.makeelement(f"{W}t", {})
    said.text = text
    run.append(said)
    return run


def in_chinese(path: Path, copy: Path) -> Path:
    """A page without what it says in English: each sentence stands in it twice."""
    root = lxml.html.parse(str(path)).getroot()
    for element in root.xpath("//*[@lang='en']"):
        element.drop_tree()
    copy.write_text(lxml.html.tostring(root, encoding="unicode"), "utf-8")
    return copy


def marked_page(path: Path, copy: Path) -> list[str]:
    root = lxml.html.parse(str(path)).getroot()
    for element in root.xpath("//*[@data-o]"):
        if re.fullmatch(r"\w+", element.get("data-o")) is None:
            continue
        element.text = f"{BEGIN}{element.get('data-o')}{NAMED}{element.text or ''}"
        if len(element):
            element[-1].tail = f"{element[-1].tail or ''}{END}"
        else:
            element.text += END
    copy.write_text(lxml.html.tostring(root, encoding="unicode"), "utf-8")
    return [block.text for block in documents.read(copy)]


def figures_in(marked: str) -> Iterator[tuple[str, int, int]]:
    """Observation, start and end of each figure, by its places in the text without marks."""
    at, begin, name = 0, 0, ""
    for part in re.split(f"({BEGIN}\\w+{NAMED}|{END})", marked):
        if part.startswith(BEGIN):
            begin, name = at, part[1:-1]
        elif part == END:
            yield name, begin, at
        else:
            at += len(part)


def judged(
    world: World, blocks: list[Block], marked: list[str]
) -> Iterator[tuple[str, Checked | None, bool]]:
    """Each figure that is known to stand there, what was said of it, and whether that is right."""
    known = {figure.observation_id: figure for figure in world.figures}
    checked = check(world, blocks)
    for at, text in enumerate(marked):
        here = [one for one in checked if one.block == at]
        for name, begin, end in figures_in(text):
            said = next((o for o in here if o.mention.start < end and o.mention.end > begin), None)
            is_right = (
                said is not None
                and said.verdict in ("exact", "rounded")
                and _is_same(said.figures[0], known[name])
            )
            if re.search("[0-9]", blocks[at].text[begin:end]):
                yield name, said, is_right


def _is_same(one: Figure, other: Figure) -> bool:
    same = ("indicator", "region", "start", "end", "reference")
    return all(getattr(one, name) == getattr(other, name) for name in same)


def score(found: list[tuple[str, Checked | None, bool]]) -> tuple[int, Decimal, Decimal]:
    """How many figures, precision of what is called ours, recall."""
    right = sum(1 for _, _, is_right in found if is_right)
    claimed = sum(1 for _, said, _ in found if said and said.verdict in ("exact", "rounded"))
    return len(found), Decimal(right) / claimed, Decimal(right) / len(found)


def test_numbers_of_briefs_are_found(shipped: Released, world: World, tmp_path: Path) -> None:
    found = [
        one
        for path in briefs(shipped)
        for one in judged(world, documents.read(path), marked_brief(path, tmp_path / path.name))
    ]
    many, precision, recall = score(found)
    assert many > 130
    assert precision >= Decimal("0.98")
    assert recall >= Decimal("0.95")


def test_numbers_of_pages_are_found(shipped: Released, world: World, tmp_path: Path) -> None:
    found = [
        one
        for page in sorted((shipped.path / "site" / "theme").glob("*.html"))
        for path in [in_chinese(page, tmp_path / page.name)]
        for one in judged(world, documents.read(path), marked_page(path, tmp_path / "marked.html"))
    ]
    many, precision, recall = score(found)
    assert many > 800
    assert precision >= Decimal("0.98")
    assert recall >= Decimal("0.95")


def test_a_number_that_was_changed_is_never_called_ours(shipped: Released, world: World) -> None:
    chance = random.Random(1)
    told: Counter[str] = Counter()
    for path in briefs(shipped):
        blocks = documents.read(path)
        for one in check(world, blocks):
            if one.verdict == "exact":
                told.update(_after_change(world, blocks, one, chance))
    assert told["exact"] == told["old_vintage"] == 0
    assert told["contradicts"] >= Decimal("0.9") * sum(told.values())


def _after_change(
    world: World, blocks: list[Block], one: Checked, chance: random.Random
) -> Iterator[str]:
    block, mention = blocks[one.block], one.mention
    text = block.text[mention.start : mention.end]
    digits = re.search(r"[0-9][0-9.,]*", text)
    if digits is None:
        return
    number = digits.group()
    factor = Decimal(chance.choice(["1.1", "1.3", "0.8", "10", "0.5"]))
    places = len(number.partition(".")[2])
    changed = f"{(Decimal(number.replace(',', '')) * factor).quantize(Decimal(1).scaleb(-places))}"
    if changed == number or not Decimal(changed):
        return
    said = (
        block.text[: mention.start] + text.replace(number, changed, 1) + block.text[mention.end :]
    )
    others = [*blocks[: one.block], replace(block, text=said), *blocks[one.block + 1 :]]
    for again in check(world, others):
        if again.block == one.block and again.mention.start == mention.start:
            yield again.verdict


def test_hostile_names_do_no_harm(shipped: Released, tmp_path: Path) -> None:
    path = tmp_path / "odd\u202e.txt"
    path.write_text(
        "\u202e2022年\x1b[31m财政总收入177.5亿元" + "，".join(["9" * 400, "1e9", "٣٤"]), "utf-8"
    )
    status, told = verdicts(shipped, path)
    assert status == 0
    assert told["numbers"][0]["verdict"] == "exact"
