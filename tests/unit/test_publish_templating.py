"""Templates are compiled once in a process and once in a folder, and anew where they changed.

Belongs here: what is kept of compiling. Does not belong here: what a page says.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import Environment

from orchestration.publish.templating import environment


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Sources that were compiled, in order."""
    seen: list[str] = []
    compile_ = Environment.compile

    def noted(self: Environment, source: str, *more: object, **named: object) -> object:
        seen.append(source)
        return compile_(self, source, *more, **named)  # type: ignore[call-overload]  # passed on

    monkeypatch.setattr(Environment, "compile", noted)
    return seen


def page(templates: Path, folder: Path) -> str:
    folder.mkdir(exist_ok=True)
    return environment(templates, folder).get_template("a.j2").render(x="1 < 2")


def test_another_district_compiles_nothing_and_keeps_it_for_its_helpers(
    tmp_path: Path, compiled: list[str]
) -> None:
    (tmp_path / "a.j2").write_text("{{ x }}!", encoding="utf-8")
    assert page(tmp_path, tmp_path / "one") == "1 &lt; 2!"
    assert page(tmp_path, tmp_path / "two") == "1 &lt; 2!"
    assert compiled == ["{{ x }}!"]
    assert len(list((tmp_path / "two").iterdir())) == 1


def test_a_template_that_changed_is_compiled_anew(tmp_path: Path, compiled: list[str]) -> None:
    (tmp_path / "a.j2").write_text("{{ x }}!", encoding="utf-8")
    page(tmp_path, tmp_path / "one")
    (tmp_path / "a.j2").write_text("{{ x }}?", encoding="utf-8")
    assert page(tmp_path, tmp_path / "one") == "1 &lt; 2?"
    assert page(tmp_path, tmp_path / "two") == "1 &lt; 2?"
    assert compiled == ["{{ x }}!", "{{ x }}?"]
