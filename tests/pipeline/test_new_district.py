"""A district that nobody has seen yet; and nothing in the code is tied to the first one."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from orchestration.cli import main
from orchestration.settings import CODE_ROOT, load_settings
from tests.pipeline.released import Released, ask, copy_of, current, last_run, qutong
from tests.support import (
    GOOD_ROW,
    INVESTMENT_LATER,
    deliver,
    drop,
    investment,
    make_project,
    profile,
)

INIT = ("--code", "990101", "--name-zh", "云溪区", "--name-en", "Yunxi District")


@pytest.mark.core
def test_a_new_empty_district_runs(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    assert CliRunner().invoke(main, ["init", str(folder), *INIT]).exit_code == 0
    settings = load_settings(folder)
    done = qutong(settings, "run")
    assert done.exit_code == 0, done.output
    assert "0 of 0 deliveries, 0 observations" in done.stdout
    assert qutong(settings, "release", "verify").exit_code == 0
    assert ask(current(settings), "select district_code, district_name_zh from meta.release") == [
        ("990101", "云溪区")
    ]
    again = CliRunner().invoke(main, ["init", str(folder), *INIT])
    assert (again.exit_code, "there is a district here already" in again.stderr) == (2, True)


def test_no_district_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUTONG_PROJECT", str(tmp_path))
    done = CliRunner().invoke(main, ["run"])
    assert done.exit_code == 2
    assert "raw/district.yml is missing" in done.stderr
    assert "qutong init" in done.stderr


def test_a_role_that_the_mart_has_no_column_for_is_named_before_any_work(
    first: Released, tmp_path: Path
) -> None:
    settings = copy_of(first, tmp_path / "district")
    file = settings.raw / "datasets/profile/yunxi-profile.yml"
    text = file.read_text("utf-8")
    wrong = text.replace(
        "resident_population\n    role: value", "resident_population\n    role: length"
    )
    assert wrong != text
    file.write_text(wrong, "utf-8")
    before = current(settings)
    for command in (["run"], ["data-set", "validate"], ["data-set", "validate", str(file)]):
        done = qutong(settings, *command)
        assert done.exit_code == 2
        assert done.stderr == (
            f"{file}, indicators.residents.role: core.district_profile has no column for the role "
            "'length': it shows count, growth, rank, rate, ratio, share, value / "
            "该集市没有“length”一栏\n"
            "  → give the role of a column that the mart has, or name another mart\n"
        )
    assert current(settings) == before
    file.write_text(
        text.replace("mart: core.district_profile", "mart: core.districtprofile"), "utf-8"
    )
    done = qutong(settings, "data-set", "validate")
    assert "unknown mart 'core.districtprofile'" in done.stderr
    assert "did you mean 'core.district_profile'?" in done.stderr


def test_a_new_declaration_with_a_mistake_stops_no_other_data_set(
    first: Released, tmp_path: Path
) -> None:
    settings = copy_of(first, tmp_path / "district")
    folder = settings.raw / "datasets/profile"
    text = (folder / "yunxi-profile.yml").read_text("utf-8")
    (folder / "new-one.yml").write_text(text.replace("id: yunxi-profile", "id: new-one"), "utf-8")
    (folder / "another.yml").write_text("id: another\ntitle: [", "utf-8")
    drop(settings, "another", "x.csv", profile(GOOD_ROW))
    drop(settings, "yunxi-profile", "公报2023.csv", profile(GOOD_ROW))

    done = qutong(settings, "run", all_products=False)

    assert done.exit_code == 3, done.output
    assert "已发布 Published" in done.stdout
    assert f"✗ {folder}/another.yml" in done.stdout
    assert f"✗ {folder}/yunxi-profile.yml" not in done.stdout
    assert f"{folder}/new-one.yml, indicators." in done.stdout
    assert "? another/x.csv: no data set is declared for it; it stays where it is" in done.stdout
    assert last_run(settings)["received_new"] == 1
    assert len(last_run(settings)["invalid"]) == 2
    again = qutong(settings, "run")
    assert (again.exit_code, "Nothing changed" in again.stdout) == (3, True)


def test_a_mistake_in_what_published_figures_follow_stops_the_run(
    first: Released, tmp_path: Path
) -> None:
    settings = copy_of(first, tmp_path / "district")
    file = settings.raw / "datasets/profile/yunxi-profile.yml"
    file.write_text(file.read_text("utf-8").replace("cadence: ", "cadense: ", 1), "utf-8")
    done = qutong(settings, "run")
    assert (done.exit_code, done.stderr.startswith(f"{file}, delivery.")) == (2, True), done.output
    assert current(settings).name == first.path.name


def test_a_data_set_that_nobody_declared(first: Released) -> None:
    done = qutong(first.settings, "run", "--data-set", "yunxi-investmant")
    assert done.exit_code == 2
    assert "did you mean yunxi-investment?" in done.stderr


def test_one_data_set_alone_is_collected_and_the_rest_stays_in_force(
    first: Released, tmp_path: Path
) -> None:
    settings = copy_of(first, tmp_path / "district")
    title = "云溪区固定资产投资（2025年1—9月）"
    content = investment(INVESTMENT_LATER, title=title)
    deliver(settings, "yunxi-investment", "2025-10-15", "投资三.xlsx", content)
    deliver(settings, "yunxi-profile", "2025-10-15", "公报新.csv", profile(GOOD_ROW))
    done = qutong(settings, "run", "--data-set", "yunxi-investment", all_products=False)
    assert done.exit_code == 0, done.output
    assert last_run(settings)["received_new"] == 1
    assert ask(
        current(settings),
        "select data_set_id, count(*) from core.observation group by 1 order by 1",
    ) == [("yunxi-investment", 12), ("yunxi-profile", 7)]


def test_nothing_but_the_data_names_the_first_district() -> None:
    district = yaml.safe_load((CODE_ROOT / "raw" / "district.yml").read_text("utf-8"))
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=CODE_ROOT, capture_output=True, check=False, text=True
    ).stdout.split("\0")
    files = [name for name in tracked if name] or [
        path.relative_to(CODE_ROOT).as_posix()
        for folder in ("orchestration", "dbt_project", "expectations")
        for path in (CODE_ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    ]
    named = [
        name
        for name in files
        if not name.startswith(("raw/", "tests/"))
        and (CODE_ROOT / name).is_file()
        and district["code"].encode() in (CODE_ROOT / name).read_bytes()
    ]
    assert len(files) > 50
    assert named == []


def test_nothing_needs_a_path_outside_the_repository() -> None:
    # ../../name with nothing behind it is a field around a record (``layout.parents``)
    outside = re.compile(
        r"""["'(\s](/(work|home|root|Users|mnt|srv|opt|data)/|\.\./\.\./\w*[./]|\.\./shared)"""
    )
    folders = ("orchestration", "dbt_project", "expectations", "tests", "raw")
    endings = {".py", ".sql", ".yml", ".yaml", ".md", ".csv", ".j2", ".toml"}
    files = [
        path
        for folder in folders
        for path in sorted((CODE_ROOT / folder).rglob("*"))
        if path.suffix in endings and path.is_file()
    ]
    assert len(files) > 150
    named = [
        f"{path.relative_to(CODE_ROOT)}:{number}"
        for path in [*files, CODE_ROOT / "Makefile", CODE_ROOT / "pyproject.toml"]
        for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), 1)
        if outside.search(line) and path != Path(__file__)
    ]
    assert named == []


def test_a_district_that_has_figures_of_others_alone(tmp_path: Path) -> None:
    """Its front page says that it has none of its own; that is no reason to publish nothing."""
    settings = make_project(tmp_path, with_deliveries=False)
    row = GOOD_ROW.replace("云溪区", "云山区")
    deliver(settings, "yunxi-profile", "2025-07-15", "公报2023.csv", profile(row))
    done = qutong(settings, "run")
    assert done.exit_code == 0, done.output
    assert ask(current(settings), "select region_code from core.observation") == [("990102",)]
    page = (current(settings) / "site/index.html").read_text("utf-8")
    assert "This release has no figures of the district yet." in page
