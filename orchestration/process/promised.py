"""What the first release promised, and where each of it stands now.

Belongs here: the record of promises (``dbt_project/promised.csv``) held against the catalogue. Does
not belong here: what a column is (``catalog``).
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from orchestration.catalog import Catalog, canonical_type
from orchestration.errors import DeclarationError

PROMISED = "promised.csv"
Place = tuple[str, ...]
"""Schema, table and column."""


def promises(file: Path, catalog: Catalog) -> list[dict[str, Any]]:
    """Every promised column with the place where clients of now find it, as rows for ``landing``.

    A column stands where it was promised unless its line says ``moved_to`` (schema.table.column).
    Why it moved, or what it says now where it says something else, stands beside that.

    Raises:
        DeclarationError: it is not there, or of another type; or it moved and nobody says why.
    """
    types: dict[Place, str] = {
        (table.schema, table.name, column.name): canonical_type(column.data_type)
        for table in catalog.tables
        for column in table.columns
    }
    with file.open(encoding="utf-8", newline="") as lines:
        return [
            _promise(line, types, file, number)
            for number, line in enumerate(csv.DictReader(lines), start=2)
        ]


def _promise(
    line: dict[str, str], types: dict[Place, str], file: Path, number: int
) -> dict[str, Any]:
    """One line of the record."""
    promised: Place = (line["schema_name"], line["table_name"], line["column_name"])
    moved: Place = tuple(line["moved_to"].split(".")) if line["moved_to"] else promised
    place = f"line {number}: {'.'.join(promised)}"
    if moved not in types:
        raise DeclarationError(
            f"the first release promised it, and {'.'.join(moved)} is not published "
            "/ 首版承诺的字段已不在所指之处",
            file=file,
            place=place,
            remedy="publish it again, or name in moved_to (schema.table.column) where it stands",
        )
    if types[moved] != canonical_type(line["data_type"]):
        raise DeclarationError(
            f"it was promised as {line['data_type']} and is {types[moved]} / 字段类型与承诺不同",
            file=file,
            place=place,
            remedy="give it its type back, or name a column of that type in moved_to",
        )
    if moved != promised and not (line["note_zh"] and line["note_en"]):
        raise DeclarationError(
            "it moved, and nobody says why / 字段已移动而未说明原因",
            file=file,
            place=place,
            remedy="fill in note_zh and note_en",
        )
    schema, table, column = moved
    return {
        "promised_schema": promised[0],
        "promised_table": promised[1],
        "promised_column": promised[2],
        "data_type": types[moved],
        "schema_name": schema,
        "table_name": table,
        "column_name": column,
        "is_moved": moved != promised,
        "note_zh": line["note_zh"],
        "note_en": line["note_en"],
    }
