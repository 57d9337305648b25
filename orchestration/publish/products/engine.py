"""The page "Ask in SQL": the engine of the browser, the page, and the database as a script.

Belongs here: what they are made from, and that the engine opens the released file. Does not belong
here: the engine itself (``publish.engine``) and the look of the page (``site.pages``).

Where ``make web`` did not fetch the engine, these products have no parts, and pages name none.
"""

from __future__ import annotations

import base64
import shutil
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.publish import engine
from orchestration.publish.durable import sha256_of
from orchestration.publish.layout import MART_FILE, MART_SCRIPT
from orchestration.publish.product import DATABASE, Files, Problem, Product
from orchestration.publish.rules import BROWSER_CANNOT_OPEN
from orchestration.publish.site.pages import EXAMPLES, SITE, SQL_ASSETS, SiteWriter

if TYPE_CHECKING:
    from orchestration.publish.edition import Edition
    from orchestration.publish.package import Package

_ASSETS = Path(__file__).parents[1] / "site" / "assets"
FOLDER = f"{SITE}/engine"
_ENGINE, _PAGE, _MART = "engine", "page sql", "database"
# The script of the database is one piece, so that the page knows its name.
_LEVEL = 4


def _inputs(edition: Edition) -> Mapping[str, Any]:
    own = engine.installed()
    if own is None:
        return {}
    site = SiteWriter.of(edition)
    return {
        _ENGINE: {file.name: sha256_of(file) for file in own.files},
        _PAGE: [
            site.shared_inputs(),
            [file.name for file in own.files],
            own.duckdb,
            [edition.row_hash(name) for name in (EXAMPLES, "meta.schema_dictionary")],
        ],
    }


def _build(edition: Edition, parts: Sequence[str]) -> Mapping[str, Files]:
    own = engine.installed()
    assert own is not None
    built: dict[str, Files] = {}
    if _ENGINE in parts:
        target = edition.directory / FOLDER
        target.mkdir(parents=True)
        for file in own.files:
            shutil.copyfile(file, target / file.name)
        built[_ENGINE] = {f"{FOLDER}/{file.name}": None for file in own.files}
    if _PAGE in parts:
        site = SiteWriter.of(edition)
        looks = [site.put(f"assets/{n}", (_ASSETS / n).read_text("utf-8")) for n in SQL_ASSETS]
        built[_PAGE] = dict.fromkeys([site.sql_page(own), *looks])
    return built


# --- the database, when it is finished -----------------------------------------------------------


def _mart_inputs(edition: Edition) -> Mapping[str, Any]:
    """A DuckDB file is not byte-stable: it is of every release anew."""
    return {_MART: edition.release_id} if engine.installed() else {}


def _build_mart(edition: Edition, parts: Sequence[str]) -> Mapping[str, Files]:
    content = (edition.directory / MART_FILE).read_bytes()
    packer = zlib.compressobj(_LEVEL, wbits=31)
    text = base64.b64encode(packer.compress(content) + packer.flush()).decode("ascii")
    target = edition.directory / MART_SCRIPT
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(f'{_BEFORE}{text}");\n', encoding="ascii")
    return {_MART: {MART_SCRIPT: None}}


_BEFORE = 'window.QTSQL && QTSQL.put("mart", 0, 1, "'


def _check(package: Package) -> Iterator[Problem]:
    """The engine opens the released file, answers its examples, and the page has that very file."""
    own = engine.Engine.read(package.path / FOLDER)
    if own is None:
        return
    database = package.path / MART_FILE
    storage = package.con.execute(
        "select tags['storage_version'] from duckdb_databases() where database_name = 'mart'"
    ).fetchone()
    fault = engine.refusal(
        own, database, str(storage[0] if storage else "").rstrip("+"), _examples(package)
    )
    if fault:
        yield Problem(
            BROWSER_CANNOT_OPEN,
            MART_FILE,
            f"浏览器引擎打不开：{fault}",
            f"the engine of the browser cannot open it: {fault}",
        )
    if _carried(package.path / MART_SCRIPT) != database.read_bytes():
        yield Problem(
            BROWSER_CANNOT_OPEN,
            MART_SCRIPT,
            "查询页所带的不是本版本的数据库",
            "what the page queries is not the database of the release",
        )


def _examples(package: Package) -> list[str]:
    """The queries that the page offers."""
    if not any(table.qualified == EXAMPLES for table in package.tables):
        return []
    rows = package.con.execute(f"select query from mart.{EXAMPLES} order by question_no").fetchall()
    return [query for (query,) in rows]


def _carried(script: Path) -> bytes | None:
    """The database that a script carries; none of a missing or broken one."""
    try:
        text = script.read_text(encoding="ascii").removeprefix(_BEFORE).removesuffix('");\n')
        return zlib.decompress(base64.b64decode(text, validate=True), wbits=31)
    except (OSError, ValueError, zlib.error):
        return None


ENGINE = Product("engine", _inputs, _build)
MART = Product("engine database", _mart_inputs, _build_mart, _check, after=(DATABASE,))
