"""What the page about sources shows can be declared as it stands.

Belongs here: its examples. Does not belong here: what comes of asking (test_source_*).
"""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
import yaml

from orchestration import plugins
from orchestration.cli import main
from orchestration.declarations import load_declarations, section_of
from orchestration.settings import CODE_ROOT
from tests.sources import DATA_SET
from tests.support import make_project

PAGE = (CODE_ROOT / "orchestration/collect/connectors/README.md").read_text("utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("text", EXAMPLES, ids=lambda text: text.split()[1])
def test_its_examples_are_complete(tmp_path: Path, text: str) -> None:
    settings = make_project(tmp_path / "district", with_deliveries=False)
    path = next((settings.raw / "datasets").rglob(f"{DATA_SET}.yml"))
    data = yaml.safe_load(path.read_text("utf-8")) | {"delivery": yaml.safe_load(text)}
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    section = section_of(load_declarations(settings).get(DATA_SET))
    assert section is not None


def test_every_connector_has_an_example() -> None:
    shown = {yaml.safe_load(text)["connector"] for text in EXAMPLES}
    assert shown == set(plugins.names(plugins.CONNECTORS)) - {"folder"}


@pytest.mark.parametrize("name", sorted(set(re.findall(r"qutong source ([a-z]+)", PAGE))))
def test_its_commands_exist(name: str) -> None:
    group = main.commands["source"]
    assert isinstance(group, click.Group)
    assert name in group.commands
