"""Re-opens a release and compares it with its own manifest, its dictionary and the marts.

Belongs here: checks of the whole that trust nothing the builder remembers, each under the id of
its rule, and asking every product for its own. Does not belong here: what makes one product right
(``products``), and deciding what follows from a problem.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from orchestration.duck import share_out
from orchestration.errors import ReleaseError
from orchestration.publish import ledger
from orchestration.publish.clock import released
from orchestration.publish.durable import (
    directory_digest,
    files_below,
    folders_below,
    sha256_of,
)
from orchestration.publish.layout import (
    MANIFEST_FILE,
    MART_FILE,
    RELEASE_FILE_TABLE,
    Releases,
    release_id_of,
)
from orchestration.publish.package import Package
from orchestration.publish.product import Problem, Product
from orchestration.publish.registry import PRODUCTS
from orchestration.publish.report import has_simulated_rows
from orchestration.publish.rowhash import checksum_sql, fingerprint
from orchestration.publish.rules import (
    CONTRACT_BROKEN,
    DICTIONARY_INCOMPLETE,
    HASH_MISMATCH,
    UNLABELLED_SIMULATED,
    WORDS_DIFFER,
    contract,
    incomplete,
    rows_differ,
    unlabelled,
)
from orchestration.publish.tables import Table, list_macros, literal, published_tables, quote
from orchestration.publish.views import View, views
from orchestration.text import counted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# The products that releases had whose manifest does not list them.
_BEFORE_2 = ("tables", "workbooks", "report", "inventory")
_LISTED_SINCE = 3
_LOCAL_SINCE = 5
_VIEWS_SINCE = 6


def verify_release(
    path: Path,
    work_db: Path | None = None,
    *,
    products: Sequence[Product] = PRODUCTS,
    is_thorough: bool = False,
) -> list[Problem]:
    """Check a release or a candidate as if somebody else had made it.

    Args:
        path: Its folder.
        work_db: The work database it was built from, to compare with; without it the manifest
            alone is the yardstick.
        products: The products there may be.
        is_thorough: Also read again what was linked from an earlier release. Otherwise its hash
            is compared and no more: it was read in the release that it was built for.

    Returns:
        What is wrong, in the order of the checks; nothing when the release is good.
    """
    import duckdb

    manifest, problems = _read_manifest(path)
    if manifest is None:
        return problems
    problems += _check_files(path, manifest)
    if not (path / MART_FILE).is_file() or (path / MART_FILE).is_symlink():
        return problems
    con = duckdb.connect()
    try:
        con.execute("set timezone = 'UTC'")
        share_out(con, path / MART_FILE)
        con.execute(f"attach {literal(str(path / MART_FILE))} as mart (read_only)")
        if work_db is not None:
            con.execute(f"attach {literal(str(work_db))} as work (read_only)")
        tables = published_tables(con, "mart")
        package = Package(path, manifest, con, tables, work_db is not None, is_thorough)
        for check in _CHECKS:
            problems += check(package)
        for product in _expected(package, products):
            problems += _asked(product, package)
    except (duckdb.Error, ReleaseError) as error:
        problems.append(_unreadable(error))
    finally:
        con.close()
    return problems


def _expected(package: Package, products: Sequence[Product]) -> list[Product]:
    """The products that a release must have: those of its time, a candidate all there are."""
    if package.has_work:
        return list(products)
    if package.version < 2:
        return [product for product in products if product.name in _BEFORE_2]
    if package.version < _LISTED_SINCE:
        return list(products)
    listed = {product["name"] for product in package.manifest.get("products", [])}
    return [product for product in products if product.name in listed]


def _asked(product: Product, package: Package) -> Iterator[Problem]:
    """What the check of a product finds; a file that it cannot read is a problem too."""
    try:
        yield from product.check(package)
    except OSError as error:
        file = Path(str(error.filename or package.path))
        name = file.relative_to(package.path).as_posix() if package.path in file.parents else ""
        yield Problem(
            HASH_MISMATCH,
            name or product.name,
            f"产品 {product.name} 无法读取：{error.strerror}",
            f"product {product.name} cannot be read: {error.strerror}",
        )


def _read_manifest(path: Path) -> tuple[dict[str, Any] | None, list[Problem]]:
    try:
        content = json.loads((path / MANIFEST_FILE).read_text(encoding="utf-8"))
        if not (isinstance(content, dict) and _is_of_our_shape(content)):
            raise ValueError("it is of another shape")
    except (OSError, ValueError) as error:
        return None, [
            Problem(
                HASH_MISMATCH,
                MANIFEST_FILE,
                f"清单缺失或无法读取：{error}",
                f"the manifest is missing or cannot be read: {error}",
            )
        ]
    return content, []


def _is_of_our_shape(manifest: Mapping[str, Any]) -> bool:
    """Whether the checks find what they read of it; what is not there they say themselves."""
    lists = [manifest.get(name, []) for name in ("files", "products", "tables")]
    if not (
        isinstance(manifest.get("manifest_version", 1), int)
        and isinstance(manifest.get("database", {}), dict)
        and all(isinstance(entries, list) for entries in lists)
        and all(isinstance(entry, dict) for entries in lists for entry in entries)
    ):
        return False
    files, products, _ = lists
    try:
        parts = [part for product in products if product["name"] for part in product["parts"]]
        paths = [path for part in parts if part["built_in"] for path in part["files"]]
        paths += [entry["path"] for entry in files if entry["sha256"] and entry["size_bytes"] >= 0]
    except (KeyError, TypeError):
        return False
    return all(isinstance(path, str) for path in paths)


def _check_files(path: Path, manifest: Mapping[str, Any]) -> list[Problem]:
    """Every file of the manifest is there with its hash, and no other file is."""
    problems = []
    listed = {entry["path"]: entry for entry in manifest.get("files", [])}
    present = set(files_below(path))
    for name in sorted(set(listed) | {MART_FILE}):
        file = path / name
        if name not in present or file.is_symlink():
            problems.append(Problem(HASH_MISMATCH, name, "文件不存在", "the file is not there"))
        elif name in listed and (
            sha256_of(file) != listed[name]["sha256"]
            or file.stat().st_size != listed[name]["size_bytes"]
        ):
            problems.append(
                Problem(
                    HASH_MISMATCH,
                    name,
                    "文件内容与清单的哈希不符",
                    "the bytes do not have the hash the manifest states",
                )
            )
    for name in sorted(present - set(listed) - {MART_FILE, MANIFEST_FILE}):
        problems.append(
            Problem(
                HASH_MISMATCH, name, "清单中没有这个文件", "the manifest does not know this file"
            )
        )
    needed = {
        str(parent) for name in (*listed, MART_FILE) for parent in PurePosixPath(name).parents
    }
    # Releases of the first two versions made folders that could stay empty.
    is_exact = int(manifest.get("manifest_version", 1)) >= 3
    for name in sorted(set(folders_below(path)) - needed) if is_exact else ():
        problems.append(
            Problem(
                HASH_MISMATCH,
                name,
                "清单中没有这个文件夹",
                "the manifest knows no file in this folder",
            )
        )
    problems += _check_record(path.resolve())
    if manifest.get("release_id") != release_id_of(path.resolve()):
        problems.append(
            Problem(
                HASH_MISMATCH,
                MANIFEST_FILE,
                f"清单属于版本 {manifest.get('release_id')}",
                f"the manifest is that of release {manifest.get('release_id')}",
            )
        )
    return problems


def _check_record(path: Path) -> Iterator[Problem]:
    """The files are those that were published under this name, where that was recorded."""
    entry = ledger.published(Releases(path.parent)).get(path.name)
    if entry is not None and directory_digest(path) != entry.digest:
        yield Problem(
            HASH_MISMATCH,
            "",
            "全部文件的哈希与发布时的记录不符",
            "the files do not have the digest that was recorded when they were published",
        )


def _check_parts(package: Package) -> Iterator[Problem]:
    """Every file belongs to one part of one product, and every file of a part is there."""
    if package.version < _LISTED_SINCE and not package.has_work:
        return
    listed = [entry["path"] for entry in package.manifest.get("files", [])]
    of_parts = Counter(
        path
        for product in package.manifest.get("products", [])
        for part in product["parts"]
        for path in part["files"]
    )
    twice = {name for name, times in of_parts.items() if times > 1}
    for name in sorted(twice | set(listed) ^ set(of_parts)):
        yield incomplete(
            MANIFEST_FILE,
            f"文件不恰属于一个产品：{name}",
            f"the file does not belong to exactly one product: {name}",
        )


def _check_identity(package: Package) -> Iterator[Problem]:
    """The database and the manifest speak of one and the same release."""
    rows = [
        (release_id, time.isoformat(), policy)
        for release_id, time, policy in package.con.execute(
            "select release_id, release_time, policy from mart.meta.release"
        ).fetchall()
    ]
    stated = tuple(package.manifest.get(name) for name in ("release_id", "release_time", "policy"))
    if rows != [stated]:
        yield Problem(
            HASH_MISMATCH,
            MANIFEST_FILE,
            f"清单为 {stated}，数据库为 {rows}",
            f"the manifest says {stated}, the database {rows}",
        )
    yield from _check_moment(package)


def _check_moment(package: Package) -> Iterator[Problem]:
    """Day and time where the district is follow from the moment, in database and manifest."""
    moment = released(package.con, "mart")
    if moment is None or not moment.zone or package.version < _LOCAL_SINCE:
        return  # of a time when releases knew UTC alone
    expected = [(moment.day, moment.local)]
    rows = package.con.execute(
        "select release_day, release_time_local from mart.meta.release"
    ).fetchall()
    told = (package.manifest.get("release_time_local"), package.manifest.get("time_zone"))
    if rows != expected or told != (moment.local.isoformat(), moment.zone):
        yield Problem(
            WORDS_DIFFER,
            MANIFEST_FILE,
            f"发布时间为 {moment.local} {moment.zone}，清单写 {told}，数据库写 {rows}",
            f"released at {moment.local} {moment.zone}; the manifest says {told}, "
            f"the database {rows}",
        )


def _check_inputs(package: Package) -> Iterator[Problem]:
    """The manifest lists the deliveries that the database says were admitted."""
    names = ("data_set_id", "file_name")
    rows = package.con.execute(
        f"select {', '.join(names)} from mart.quality.conservation where verdict = 'admitted'"
    ).fetchall()
    stated = [
        tuple(entry.get(name) for name in names) for entry in package.manifest.get("inputs", [])
    ]
    for entry, times in sorted((Counter(stated) - Counter(rows)).items(), key=str):
        yield Problem(
            HASH_MISMATCH,
            MANIFEST_FILE,
            f"清单多列 {times} 份报送：{entry[0]} {entry[1]}",
            f"the manifest lists {counted(times, 'delivery', 'deliveries')} too many: "
            f"{entry[0]} {entry[1]}",
        )
    for entry, times in sorted((Counter(rows) - Counter(stated)).items(), key=str):
        yield Problem(
            HASH_MISMATCH,
            MANIFEST_FILE,
            f"清单少列 {times} 份报送：{entry[0]} {entry[1]}",
            f"the manifest lists {counted(times, 'delivery', 'deliveries')} too few: "
            f"{entry[0]} {entry[1]}",
        )


def _check_contracts(package: Package) -> Iterator[Problem]:
    """Tables, columns, order, types and NULLs are those of the dictionary, in every format."""
    con = package.con
    actual: dict[tuple[str, str], list[tuple[str, str, bool]]] = {}
    for schema, table, column, data_type, nullable in con.execute(
        """
        select schema_name, table_name, column_name, data_type, is_nullable
        from duckdb_columns() where database_name = 'mart' and not internal
        order by schema_name, table_name, column_index
        """
    ).fetchall():
        actual.setdefault((schema, table), []).append((column, data_type, nullable))
    declared = {
        (table.schema, table.name): [
            (column.name, column.data_type, column.is_nullable) for column in table.columns
        ]
        for table in package.tables
    }
    shown = _shown(con)
    for name in sorted(set(actual) - shown | set(declared)):
        if actual.get(name) != declared.get(name):
            yield contract(
                MART_FILE,
                f"{'.'.join(name)}: {actual.get(name)}",
                f"{declared.get(name)}",
            )
    macros = list_macros(con, "mart")
    recorded = package.manifest.get("database", {}).get("macros") or []
    if macros != recorded and (
        _macro_names(macros) != _macro_names(recorded) or _same_duckdb(package)
    ):
        yield contract(MART_FILE, f"macros {macros}", f"{recorded}")


def _shown(con: DuckDBPyConnection) -> set[tuple[str, str]]:
    """The views of the release: schema and name."""
    return set(
        con.execute(
            "select schema_name, view_name from duckdb_views() "
            "where database_name = 'mart' and not internal"
        ).fetchall()
    )


def _check_views(package: Package) -> Iterator[Problem]:
    """There is a view of each table and no other, and it shows every column under its title."""
    if package.version < _VIEWS_SINCE and not package.has_work:
        return
    expected = {(view.table.schema, view.name): view for view in views(package.tables)}
    found = _shown(package.con)
    for schema, name in sorted(set(expected) ^ found):
        is_there = (schema, name) in found
        yield contract(
            f"{MART_FILE}: {schema}.{name}",
            "a view" if is_there else "no view",
            "none" if is_there else f"a view of {expected[schema, name].table.qualified}",
        )
    for key in sorted(set(expected) & found):
        if expected[key].headings:
            yield from _compare_with_table(package, expected[key])


def _compare_with_table(package: Package, view: View) -> Iterator[Problem]:
    """The view has the columns, types and rows of its table."""
    import duckdb

    name = f"{MART_FILE}: {view.qualified}"
    con, table = package.con, view.table
    try:
        described = con.execute(f"describe mart.{view.named}").fetchall()
    except (duckdb.BinderException, duckdb.CatalogException) as error:
        yield contract(name, str(error), f"a view of {table.qualified}")
        return
    columns = [(str(row[0]), str(row[1])) for row in described]
    promised = [
        (heading, column.data_type)
        for heading, column in zip(view.headings, table.columns, strict=True)
    ]
    if columns != promised:
        yield contract(name, f"{columns}", f"{promised}")
        return
    shown = checksum_sql(f"mart.{view.named}", [quote(heading) for heading in view.headings])
    held = checksum_sql(table.in_catalog("mart"), [quote(column.name) for column in table.columns])
    ((count, total, table_count, table_total),) = con.execute(
        f"with shown as ({shown}), held as ({held}) select * from shown, held"
    ).fetchall()
    yield from rows_differ(
        name, (count, total), (table_count, table_total), "其表", f"its table {table.qualified}"
    )


def _check_rows(package: Package) -> Iterator[Problem]:
    """The database holds the rows that the manifest records, which are those of the marts."""
    for table in package.tables:
        recorded = package.recorded(table)
        name = f"{MART_FILE}: {table.qualified}"
        if recorded is None:
            yield contract(MANIFEST_FILE, "nothing", table.qualified)
            continue
        mart = fingerprint(package.con, table.in_catalog("mart"), table.columns)
        known = (recorded.row_count, recorded.row_hash)
        yield from rows_differ(name, (mart.row_count, mart.row_hash), known, "清单", "the manifest")
        if package.has_work and (table.schema, table.name) != RELEASE_FILE_TABLE:
            yield from _compare_with_work(package, table, name)


def _compare_with_work(package: Package, table: Table, name: str) -> Iterator[Problem]:
    """The marts still hold these rows; two databases of one DuckDB need no canonical hash."""
    import duckdb

    names = [quote(column.name) for column in table.columns]
    try:
        ((count, total, work_count, work_total),) = package.con.execute(
            f"with mart as ({checksum_sql(table.in_catalog('mart'), names)}), "
            f"marts as ({checksum_sql(table.in_catalog('work'), names)}) "
            "select * from mart, marts"
        ).fetchall()
    except (duckdb.CatalogException, duckdb.BinderException):
        yield contract(name, "no such table in the marts", table.qualified)
        return
    yield from rows_differ(name, (count, total), (work_count, work_total), "集市", "the marts")


def _check_dictionary(package: Package) -> Iterator[Problem]:
    """Every table and column is described in both languages, and carries its comment."""
    for table in package.tables:
        texts = (table.title_zh, table.title_en, table.grain_zh, table.grain_en)
        if not all(text.strip() for text in texts):
            yield _undocumented(
                table.qualified,
                "标题或粒度缺中文或英文",
                "lacks a title or grain in Chinese or English",
            )
        for column in table.columns:
            if not (column.description_zh.strip() and column.description_en.strip()):
                yield _undocumented(
                    f"{table.qualified}.{column.name}",
                    "缺中文或英文说明",
                    "lacks a description in Chinese or English",
                )
    silent = package.con.execute(
        """
        select schema_name || '.' || table_name as name from duckdb_tables()
        where database_name = 'mart' and coalesce(trim(comment), '') in ('', '/')
        union all
        select schema_name || '.' || view_name from duckdb_views()
        where database_name = 'mart' and not internal and coalesce(trim(comment), '') in ('', '/')
        union all
        select schema_name || '.' || table_name || '.' || column_name from duckdb_columns()
        where database_name = 'mart' and not internal
            and coalesce(trim(comment), '') in ('', '/')
        order by name
        """
    ).fetchall()
    for (name,) in silent:
        yield _undocumented(name, "数据库中没有注释", "has no comment in the database")


def _check_simulated(package: Package) -> Iterator[Problem]:
    """What is simulated says so in its row, and the manifest says that there is such."""
    observed = package.con.execute(
        """
        select count(*) from mart.core.observation as o
        inner join mart.core.data_set as d on o.data_set_id = d.data_set_id
        where d.is_simulated and not coalesce(o.is_simulated, false)
        """
    ).fetchone()
    if observed and observed[0]:
        yield Problem(
            UNLABELLED_SIMULATED,
            f"{MART_FILE}: core.observation",
            f"{observed[0]} 行来自模拟数据集而未标记",
            f"{observed[0]} rows of simulated data sets are not marked",
        )
    manifest = package.manifest
    if has_simulated_rows(package.con, "mart", package.tables) and not (
        manifest.get("is_simulated") is True and manifest.get("label")
    ):
        yield unlabelled(MANIFEST_FILE)


_CHECKS: tuple[Callable[[Package], Iterator[Problem]], ...] = (
    _check_identity,
    _check_inputs,
    _check_parts,
    _check_contracts,
    _check_views,
    _check_rows,
    _check_dictionary,
    _check_simulated,
)
"""What concerns the release as a whole and its database; products have checks of their own."""


def _unreadable(error: Exception) -> Problem:
    """A check that could not be made: a table or column is missing, or the file is damaged."""
    import duckdb

    cause = error.__cause__ or error
    missing = isinstance(cause, duckdb.CatalogException | duckdb.BinderException | ReleaseError)
    text = error.what if isinstance(error, ReleaseError) else str(error)
    return Problem(
        CONTRACT_BROKEN if missing else HASH_MISMATCH,
        MART_FILE,
        f"数据库无法读取：{text}",
        f"the database cannot be read: {text}",
    )


def _undocumented(place: str, zh: str, en: str) -> Problem:
    return Problem(DICTIONARY_INCOMPLETE, f"{MART_FILE}: {place}", zh, en)


def _macro_names(macros: list[dict[str, str]]) -> list[tuple[str, str]]:
    return [(macro["name"], macro["parameters"]) for macro in macros]


def _same_duckdb(package: Package) -> bool:
    """Whether this DuckDB made the release: another one may spell a definition differently."""
    import duckdb

    made_with = package.manifest.get("database", {}).get("duckdb")
    return bool(made_with == duckdb.__version__)
