"""The engine of the page "Ask in SQL" in a release: shared, checked, or not there at all.

Belongs here: an engine of another making. Does not belong here: the real one, which a browser runs
(tests/browser/test_sql).
"""

from __future__ import annotations

import base64
import gzip
import json
import shutil
from pathlib import Path

import pytest

from orchestration.errors import ReleaseError
from orchestration.publish import engine
from orchestration.publish.verify import verify_release
from tests.unit.test_publish_products import following
from tests.unit.test_publish_world import build, make_work_db

RULE = "release.browser-cannot-open"


@pytest.fixture
def fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An engine that knows the storage of releases, on a machine without Node to start it."""
    folder = tmp_path / "engine"
    folder.mkdir()
    facts = {"name": "@x/engine", "version": "1.2.3", "duckdb": "v1.4.3", "storages": ["v1.2.0"]}
    (folder / "engine.json").write_text(json.dumps(facts), encoding="utf-8")
    (folder / "LICENCES.txt").write_text("x", encoding="utf-8")
    for number, script in enumerate(engine.script_of("wasm", bytes(range(256)))):
        (folder / f"wasm-{number}.js").write_text(script, encoding="ascii")
    monkeypatch.setenv("QUTONG_BROWSER_ENGINE", str(folder))
    monkeypatch.setattr(shutil, "which", lambda name: None)
    return folder


def problems(candidate: Path, root: Path) -> list[tuple[str, str, str]]:
    found = verify_release(candidate, root / f"work-{candidate.name[-2:]}.duckdb")
    return [(problem.rule_id, problem.file, problem.detail_en) for problem in found]


def test_without_the_engine_no_page_speaks_of_it(tmp_path: Path) -> None:
    candidate = build(tmp_path)

    assert not (candidate / "site" / "sql.html").exists()
    assert not (candidate / "site" / "data" / "mart.js").exists()
    assert "sql.html" not in (candidate / "site" / "index.html").read_text("utf-8")


def test_with_it_the_page_carries_the_very_database(tmp_path: Path, fetched: Path) -> None:
    candidate = following(tmp_path, None)

    script = (candidate / "site" / "data" / "mart.js").read_text("ascii")
    carried = gzip.decompress(base64.b64decode(script.split('"')[3]))
    assert carried == (candidate / "mart.duckdb").read_bytes()
    page = (candidate / "site" / "sql.html").read_text("utf-8")
    assert 'data-parts="wasm:1"' in page
    assert "DuckDB v1.4.3（@x/engine 1.2.3）" in page
    assert 'href="sql.html"' in (candidate / "site" / "index.html").read_text("utf-8")
    assert problems(candidate, tmp_path) == []


def test_releases_share_one_engine(tmp_path: Path, fetched: Path) -> None:
    first = following(tmp_path, None).rename(tmp_path / "releases" / "r2")
    second = following(tmp_path, first, release_id="r3")

    for name in ("site/engine/wasm-0.js", "site/engine/engine.json", "site/sql.html"):
        assert (first / name).stat().st_ino == (second / name).stat().st_ino
    database = "site/data/mart.js"
    assert (first / database).stat().st_ino != (second / database).stat().st_ino


def test_a_database_that_the_engine_does_not_know_is_refused(tmp_path: Path, fetched: Path) -> None:
    facts = json.loads((fetched / "engine.json").read_text("utf-8"))
    facts = {**facts, "duckdb": "v1.1.1", "storages": ["v1.1.1"]}
    (fetched / "engine.json").write_text(json.dumps(facts), encoding="utf-8")

    assert problems(following(tmp_path, None), tmp_path) == [
        (
            RULE,
            "mart.duckdb",
            "the engine of the browser cannot open it: "
            "storage version v1.2.0 is not known to its DuckDB v1.1.1",
        )
    ]


def test_a_page_with_another_database_is_refused(tmp_path: Path, fetched: Path) -> None:
    candidate = following(tmp_path, None)
    other = make_work_db(tmp_path / "other.duckdb", "r2")
    script = candidate / "site" / "data" / "mart.js"
    script.chmod(0o644)
    text = base64.b64encode(gzip.compress(other.read_bytes())).decode()
    script.write_text(f'window.QTSQL && QTSQL.put("mart", 0, 1, "{text}");\n', encoding="ascii")

    assert (
        RULE,
        "site/data/mart.js",
        "what the page queries is not the database of the release",
    ) in problems(candidate, tmp_path)


def test_an_incomplete_download_is_no_engine(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="browser engine is incomplete") as refused:
        engine.pack(tmp_path, tmp_path / "target")
    assert "make web" in str(refused.value.remedy)
    assert not (tmp_path / "target").exists()
