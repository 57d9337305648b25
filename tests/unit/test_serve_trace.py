"""A figure traced from the release to the archived bytes, and figures that cannot be.

Belongs here: ``trace`` and its text. Does not belong here: where observation ids come from.
"""

from __future__ import annotations

import hashlib
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.errors import QutongError
from orchestration.serve.trace import Selector, render_text, trace
from tests.unit.test_publish_world import BYTES, SHA, prepared

pytestmark = pytest.mark.core


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("world")
    candidate = prepared(root)
    candidate.rename(candidate.with_name("r1"))
    (root / "releases/current").symlink_to("r1")
    folder = root / "archive/objects" / SHA[:2]
    folder.mkdir(parents=True)
    (folder / SHA).write_bytes(BYTES)
    return root


def test_the_literals_of_the_small_district_agree() -> None:
    assert hashlib.sha256(BYTES).hexdigest() == SHA


def test_an_id_with_the_letter_of_now_is_found_in_a_release_of_before(world: Path) -> None:
    found = trace(world / "releases", world / "archive", Selector("oaaaaaa02"))
    assert [figure.observation["value_printed"] for figure in found.figures] == ["102"]


def test_from_an_id_to_the_bytes(world: Path) -> None:
    found = trace(world / "releases", world / "archive", Selector("aaaaaa02"))

    assert (found.release_id, found.policy, found.matched) == ("r1", "demo", 1)
    figure = found.figures[0]
    assert figure.observation["value_printed"] == "102"
    assert figure.observation["unit"] == "亿元"
    assert [
        (item.value, item.known_from, item.known_to, item.is_this) for item in figure.vintages
    ] == [
        (Decimal("101.50"), date(2026, 1, 20), date(2026, 3, 1), False),
        (Decimal("102.00"), date(2026, 3, 1), None, True),
    ]
    assert figure.document.title_zh == "年度公报"
    assert figure.document.issuer == "统计局"
    assert figure.document.published == "2026-03"
    assert figure.delivery.file_name == "fai.xlsx"
    assert figure.delivery.place == "fai.xlsx!表1!B4"
    assert figure.delivery.receipt_sha256 == SHA
    assert figure.delivery.archived_at == world / "archive/objects" / SHA[:2] / SHA
    assert figure.delivery.bytes_state == "verified"


@pytest.mark.parametrize(
    ("selector", "ids"),
    [
        (Selector(indicator="fai_total"), ["aaaaaa02ffff"]),
        (Selector(indicator="固定资产", region="甲区", period="2025"), ["aaaaaa02ffff"]),
        (Selector(indicator="growth of"), ["bbbbbb01ffff"]),
        (Selector(period="2025", region="990101"), ["bbbbbb01ffff", "aaaaaa02ffff"]),
        (Selector("aaaaaa01ffff"), ["aaaaaa01ffff"]),
    ],
)
def test_filters_choose_figures_in_force(world: Path, selector: Selector, ids: list[str]) -> None:
    found = trace(world / "releases", world / "archive", selector)

    assert [figure.observation["observation_id"] for figure in found.figures] == ids


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        (Selector("aaaaa"), "too short"),
        (Selector("aaaaaa0"), "2 observations begin with 'aaaaaa0': aaaaaa01ffff, aaaaaa02ffff"),
        (Selector("ffffffff"), "no observation begins with"),
        (Selector("' or '1'='1"), "no observation begins with"),
        (Selector(indicator="nothing"), "no figure matches"),
        (Selector(region="'; drop"), "no figure matches"),
        (Selector(), "no figure is named"),
    ],
)
def test_what_cannot_be_traced(world: Path, selector: Selector, message: str) -> None:
    with pytest.raises(QutongError) as caught:
        trace(world / "releases", world / "archive", selector)
    assert message in caught.value.what
    assert caught.value.remedy


def test_bytes_that_changed_or_are_gone(world: Path, tmp_path: Path) -> None:
    other = tmp_path / "archive/objects" / SHA[:2]
    other.mkdir(parents=True)
    (other / SHA).write_bytes(BYTES + b" ")

    changed = trace(world / "releases", tmp_path / "archive", Selector("aaaaaa02"))
    gone = trace(world / "releases", tmp_path / "nothing", Selector("aaaaaa02"))

    assert changed.figures[0].delivery.bytes_state == "changed"
    assert gone.figures[0].delivery.bytes_state == "missing"
    assert "内容与哈希不符" in render_text(changed)
    assert "not in the archive" in render_text(gone, "en")


def test_a_figure_whose_document_is_unknown(world: Path) -> None:
    found = trace(world / "releases", world / "archive", Selector("cccccc01ffff"))

    assert found.figures[0].document.source_document == "doc_b"
    assert "模拟数据" in render_text(found)
    assert "simulated" in render_text(found, "en")


def test_the_text_in_chinese(world: Path) -> None:
    text = render_text(trace(world / "releases", world / "archive", Selector("bbbbbb01")))
    lines = text.splitlines()

    assert lines[:6] == [
        "版本      r1  2026-04-02 02:30:00 Asia/Shanghai  policy demo",
        "数字      投资增速 (fai_growth)  甲区 990101  2025  yoy",
        "数值      超-5.25 %  [首选数字, 时期为推断]",
        "原文      -5.25 %",
        "编号      bbbbbb01ffff",
        "历史      2026-03-01 – 至今  超-5.25  final  ← 本条",
    ]
    assert lines[-1].startswith("原始字节  在档，哈希已核对")


def test_the_text_in_english(world: Path) -> None:
    text = render_text(trace(world / "releases", world / "archive", Selector("aaaaaa02")), "en")

    assert "Value         102 亿元  [headline figure]\n" in text
    assert "Document      Annual bulletin, 统计局, 2026-03\n" in text
    assert "Cell          fai.xlsx!表1!B4\n" in text
    assert "archived, hash verified" in text
