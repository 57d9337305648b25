"""One Excel workbook for each theme.

Belongs here: which tables a workbook prints, and reading it again. Does not belong here: sheets
and cells (``workbook``), and which columns are printed (``printed``).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile, ZipFile

from orchestration.publish.issued import issued_in_another
from orchestration.publish.layout import workbook_path
from orchestration.publish.product import Files, Problem, Product
from orchestration.publish.report import SIMULATED_LABEL, has_simulated_rows
from orchestration.publish.rules import (
    PRINTED_FIGURE_DIFFERS,
    UNSAFE_CELL,
    WORDS_DIFFER,
    contract,
    unlabelled,
)
from orchestration.publish.sheets import check_workbook
from orchestration.publish.tables import Table
from orchestration.publish.workbook import LEFT_OUT, printed_themes, write_workbook

if TYPE_CHECKING:
    from orchestration.publish.edition import Edition
    from orchestration.publish.package import Package

MOST_TOLD = 20
# Before, titles that are composed stood in 《》 as real ones do.
READ_SINCE = 5


def printed_inputs(edition: Edition, table: Table) -> Any:
    """Everything that the printed form of a table follows from."""
    return edition.keep(
        ("printed from", table.qualified),
        lambda: [
            edition.row_hash(table.qualified),
            repr(table),
            has_simulated_rows(edition.con, edition.catalog, [table]),
            [str(source) for source in edition.sources[table.qualified]],
        ],
    )


def shown_tables(edition: Edition) -> list[tuple[str, str, Table]]:
    """The tables that are printed: theme, number, table."""
    return [
        (schema, f"{number}-{place}", table)
        for number, schema, own in printed_themes(edition.marts, edition.words)
        for place, table in enumerate((t for t in own if not _is_left_out(t)), start=1)
    ]


def _is_left_out(table: Table) -> bool:
    return (table.schema, table.name) in LEFT_OUT


def _inputs(edition: Edition) -> Mapping[str, Any]:
    shared = [edition.words_digest, edition.head]
    stated: dict[str, list[Any]] = {}
    for schema, number, table in shown_tables(edition):
        stated.setdefault(schema, [shared]).append([number, printed_inputs(edition, table)])
    for _, schema, own in printed_themes(edition.marts, edition.words):
        stated.setdefault(schema, [shared]).append(
            [(repr(t), edition.prints[t.qualified].row_count) for t in own if _is_left_out(t)]
        )
    return stated


def _build(edition: Edition, parts: Sequence[str]) -> Mapping[str, Files]:
    built: dict[str, Files] = {}
    for _, schema, own in printed_themes(edition.marts, edition.words):
        if schema not in parts:
            continue
        word = edition.words.get("theme", {}).get(schema)
        printed = [
            edition.printed(table, number)
            for theme, number, table in shown_tables(edition)
            if theme == schema
        ]
        path = workbook_path(schema)
        write_workbook(
            edition.directory / path,
            edition.report,
            (word.zh, word.en) if word else (schema, schema),
            printed,
            [(t, edition.prints[t.qualified].row_count) for t in own if _is_left_out(t)],
        )
        built[schema] = {path: sum(len(table.rows) for table in printed)}
    return built


def _said(package: Package, name: str, tables: Sequence[Table]) -> Iterator[Problem]:
    """Every number and word of a workbook is what its table says."""
    try:
        for wrong in islice(
            check_workbook(package.con, "mart", package.path / name, name, tables), MOST_TOLD
        ):
            rule = PRINTED_FIGURE_DIFFERS if wrong.is_figure else WORDS_DIFFER
            yield Problem(rule, wrong.file, wrong.zh, wrong.en)
    except (OSError, BadZipFile, LookupError, ValueError, SyntaxError, ArithmeticError) as error:
        yield contract(name, repr(error), "a workbook of statistical tables")


def _check(package: Package) -> Iterator[Problem]:
    """A workbook has a sheet per table and the contents, nothing that acts, and its label."""
    for schema in sorted({table.schema for table in package.tables}):
        name = workbook_path(schema)
        if not (package.path / name).is_file():
            continue
        yield from issued_in_another(package, name)
        if package.is_carried(name):
            continue
        tables = [t for t in package.tables if t.schema == schema and not _is_left_out(t)]
        try:
            parts = _parts_of(package.path / name)
            sheets = parts["xl/workbook.xml"].count("<sheet ")
        except (OSError, BadZipFile, KeyError, UnicodeDecodeError, zlib.error) as error:
            yield contract(name, repr(error), "an Excel workbook")
            continue
        if sheets != len(tables) + 1:
            yield contract(name, f"{sheets} sheets", f"{len(tables) + 1} sheets")
            continue
        # In a text '<' is written '&lt;': what looks like a formula here is one.
        if any(re.search(r"<f[ >]|TargetMode=\"External\"", text) for text in parts.values()):
            yield Problem(
                UNSAFE_CELL,
                name,
                "工作簿含有公式或外部链接",
                "the workbook holds a formula or a link to elsewhere",
            )
        if package.version >= READ_SINCE:
            yield from _said(package, name, [t for t in package.tables if t.schema == schema])
        label = parts.get("xl/sharedStrings.xml", "")
        if SIMULATED_LABEL not in label and has_simulated_rows(package.con, "mart", tables):
            yield unlabelled(name)


def _parts_of(workbook: Path) -> dict[str, str]:
    """The texts a workbook is made of, by their names in it."""
    with ZipFile(workbook) as archive:
        return {name: archive.read(name).decode("utf-8") for name in archive.namelist()}


WORKBOOKS = Product("workbooks", _inputs, _build, _check, lane="printed")
