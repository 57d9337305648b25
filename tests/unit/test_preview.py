"""Preview: every cell as it would come in, and the verdict that a run would come to."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from orchestration.cli import main
from orchestration.declarations import validate_file
from orchestration.errors import DeclarationError, DeclarationErrors
from orchestration.settings import Settings
from tests.support import CONTRADICTION, INVESTMENT, investment

pytestmark = pytest.mark.core

# A share of a whole is never above 100 %.
BEYOND = (INVESTMENT[0], ("其中：工业投资", "亿元", 50.0, None, 250.0), INVESTMENT[2])


def previewed(settings: Settings, file: Path, *more: str) -> Result:
    words = ["--project", str(settings.project), "data-set", "preview"]
    return CliRunner().invoke(main, [*words, "yunxi-investment", str(file), *more])


def broken(settings: Settings) -> Path:
    """Another data set, with a mistake."""
    file = settings.raw / "datasets" / "profile" / "yunxi-broken.yml"
    file.parent.mkdir(exist_ok=True)
    file.write_text("id: yunxi-broken\ntitle: {zh: 坏}\n", encoding="utf-8")
    return file


def test_each_cell_is_shown_with_what_it_means(project: Settings, tmp_path: Path) -> None:
    broken(project)  # is no fault of this one
    file = tmp_path / "投资2025前三季度.xlsx"
    file.write_bytes(investment(CONTRADICTION))
    before = sorted(project.home.rglob("*"))
    done = previewed(project, file)
    assert done.exit_code == 0, done.output
    heads, first, *_ = [" ".join(line.split()) for line in done.output.splitlines()[1:]]
    assert heads == (
        "位置 place 指标 indicator 地区 region 期间 period 期间类型 kind 计量 measure 口径 basis "
        "原文 printed 单位 unit 数值 value 基本单位 base unit 状态 status"
    )
    assert first == (
        "表1!C5 fai 固定资产投资 990101 云州市云溪区 2025-01/2025-06 cumulative_range level "
        "cumulative 310.0 亿元 310 亿元 P"
    )
    assert done.output.splitlines()[-1] == "✓ 一次运行将接收 | a run would admit it"
    assert sorted(project.home.rglob("*")) == before


def test_what_a_rule_of_the_gate_refuses_is_refused(project: Settings, tmp_path: Path) -> None:
    file = tmp_path / "投资2025前三季度.xlsx"
    file.write_bytes(investment(BEYOND))
    done = previewed(project, file)
    assert done.exit_code == 3
    assert "接收 accepted 6" in done.output  # the reader had nothing against it
    assert "✗ value.share-out-of-range at 表1!E6" in done.output
    assert done.output.splitlines()[-1] == (
        "✗ 一次运行将拒收 | a run would refuse it: value.share-out-of-range"
    )


def test_a_mistake_of_the_data_set_itself_is_told(project: Settings, tmp_path: Path) -> None:
    own = project.raw / "datasets" / "investment" / "yunxi-investment.yml"
    own.write_text(own.read_text("utf-8").replace("theme: investment", "theme: none", 1), "utf-8")
    file = tmp_path / "投资2025前三季度.xlsx"
    file.write_bytes(investment())
    done = previewed(project, file)
    assert done.exit_code == 2
    assert "yunxi-investment.yml, theme" in done.output


def test_a_draft_and_a_check_do_not_fail_for_another_data_set(
    project: Settings, tmp_path: Path
) -> None:
    wrong = broken(project)
    file = tmp_path / "学校2025年.csv"
    file.write_text("指标,地区,期间,数值,单位\n学校数,云溪区,2025年,12,所\n", encoding="utf-8")
    words = ["--project", str(project.project), "data-set"]
    drafted = CliRunner().invoke(main, [*words, "draft", str(file), "--id", "yunxi-new"])
    assert drafted.exit_code == 0, drafted.output
    assert "接收 accepted 1" in drafted.output
    checked = CliRunner().invoke(main, [*words, "validate", str(wrong)])
    assert checked.exit_code == 2


def test_who_needs_a_data_set_with_a_mistake_is_told_of_both(project: Settings) -> None:
    folder = project.raw / "datasets" / "investment"
    needed = folder / "yunxi-investment.yml"
    text = needed.read_text("utf-8")
    head, _, _ = text.partition("indicators:\n")
    other = folder / "yunxi-other.yml"
    other.write_text(
        head.replace("yunxi-investment", "yunxi-other").replace("yunxi-monthly", "yunxi-else")
        + "indicators:\n  - {code: fai, labels: [固定资产投资]}\n",
        encoding="utf-8",
    )
    needed.write_text("id: yunxi-investment\n", encoding="utf-8")
    with pytest.raises(DeclarationErrors) as told:
        validate_file(other, project)
    assert {Path(error.file or "").name for error in told.value.errors} == {
        "yunxi-other.yml",
        "yunxi-investment.yml",
    }


def test_several_mistakes_pass_from_one_process_to_another() -> None:
    errors = DeclarationErrors([DeclarationError("one", file="a.yml"), DeclarationError("two")])
    again = pickle.loads(pickle.dumps(errors))  # noqa: S301 - bytes that the same line made
    assert isinstance(again, DeclarationErrors)
    assert again.render() == errors.render() == "a.yml: one\ntwo"
