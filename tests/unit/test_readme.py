"""What the README shows must be true: its declaration loads, its commands exist."""

from __future__ import annotations

import re

import click
import pytest

from orchestration.cli import main
from orchestration.declarations import load_declarations, validate_file
from orchestration.judge.catalogue import GATES, load_catalogue
from orchestration.settings import CODE_ROOT, Settings
from tests.support import parse_frames

README = (CODE_ROOT / "README.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert found is not None
    return "\n".join(line.removeprefix("   ") for line in found[1].splitlines()) + "\n"


def test_its_declaration_is_complete_and_reads_its_delivery(project: Settings) -> None:
    text = re.search(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert text is not None
    path = project.raw / "datasets" / "investment" / "example-projects.yml"
    path.write_text(text[1], encoding="utf-8")
    assert validate_file(path, project).id == "example-projects"
    parsed, rows, bad = parse_frames(
        load_declarations(project), "example-projects", "重点项目10月.csv", block("csv").encode()
    )
    assert bad == []
    assert [(r["indicator_code"], str(r["value"]), r["period"]) for r in rows] == [
        ("example_projects_started", "12.00000000", "2026-01/2026-10")
    ]
    assert parsed.is_balanced


@pytest.mark.parametrize(
    "words",
    sorted(
        {
            tuple(m.split())
            for m in re.findall(
                r"qutong(?: --project DIR)? ((?:data-set |release )?[a-z-]+)", README
            )
        }
    ),
)
def test_its_commands_exist(words: tuple[str, ...]) -> None:
    command: click.Command = main
    for word in words:
        assert isinstance(command, click.Group)
        assert word in command.commands, words
        command = command.commands[word]


def test_it_names_every_gate() -> None:
    for gate in GATES:
        assert f"| {gate} |" in README
        assert load_catalogue(CODE_ROOT / "expectations").by_gate(gate)


def test_its_files_exist() -> None:
    for name in re.findall(r"\]\(([^)]+)\)", README):
        assert (CODE_ROOT / name).is_file()
    assert (CODE_ROOT / "raw/simulated/second-round").is_dir()


def test_every_setting_of_a_district_is_explained_where_it_is_set() -> None:
    text = (CODE_ROOT / "raw" / "district.yml").read_text(encoding="utf-8")
    for key in ("code", "name", "policy", "time_zone", "grades"):
        assert f"\n{key}:" in text


def test_the_versions_it_names_are_the_locked_ones() -> None:
    lock = (CODE_ROOT / "requirements.lock").read_text("utf-8")
    locked = dict(re.findall(r"(?m)^([a-z-]+)==(\S+)", lock))
    rows = re.findall(r"(?m)^\| ([A-Za-z -]+) \| (\d[\d.]*)[^|]* \| [^|]+ \|$", README)
    named = {name.lower().replace(" ", "-"): version for name, version in rows}
    assert named.pop("python") == "3.11"
    assert named.keys() == {
        "dagster",
        "dbt-core",
        "dbt-duckdb",
        "duckdb",
        "great-expectations",
        "polars",
    }
    assert [n for n, v in named.items() if f"{locked[n]}.".startswith(f"{v}.") is False] == []
