"""SDMX-CSV 1.0 and 2.0: delimited text whose columns are components of a data structure.

Belongs here: what SDMX-CSV adds to delimited text. Does not belong here: decoding it
(``delimited``), SDMX-ML (``sdmx_ml``), and what a component means (the declaration).

The cells stand where they stand in the file (R7C5). The first columns name the flow: ``DATAFLOW``
in version 1, ``STRUCTURE``, ``STRUCTURE_ID``, perhaps ``STRUCTURE_NAME`` and ``ACTION`` in
version 2; they are offered, a declaration need not know of them. Where labels were asked for
(``FREQ: Frequency``, ``M: Monthly``) the codes stay in their columns and the labels are offered
as ``FREQ.label``. NaN is how SDMX writes that there is no number: a blank cell.

Not read with pysdmx, which the lock has for tests: its readers of CSV take texts for numbers
first, so that 010000 becomes 10000 and the eighteenth digit of a figure is another one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orchestration.collect.grid import Grid, Rectangle, RefusedError
from orchestration.collect.readers import delimited

if TYPE_CHECKING:
    import polars as pl

    from orchestration.spec import Source

MISSING_NUMBER = "NaN"
VALUE = "OBS_VALUE"
FLOW = ("DATAFLOW", "STRUCTURE", "STRUCTURE_ID", "STRUCTURE_NAME", "ACTION")
_LABELLED = re.compile(r"([A-Za-z0-9_@$-]+): *(\S.*)")
_DELETES = ("D", "Delete")


def read(content: bytes, source: Source) -> list[Grid]:
    """The one grid of an SDMX-CSV file.

    Raises:
        RefusedError: no delimited text, no SDMX-CSV, figures of several flows, or an instruction
            to delete some.
    """
    (grid,) = delimited.read(content, source)
    assert isinstance(grid, Rectangle)
    columns, labels = _without_labels(grid.columns)
    header = {str(column[0] or ""): column.name for column in columns}
    _refuse_other(header)
    _refuse_several(columns, header)
    _refuse_deletion(columns, header)
    offered = frozenset(name for name in header if name in FLOW)
    columns = _with_blanks(columns, header)
    for name, texts in labels.items():
        columns = columns.with_columns(texts.alias(str(columns.width + 1)))
        offered |= {name}
    return [Rectangle(columns, offered)]


def is_sdmx(first_line: str) -> bool:
    """Whether the first line of a text is the header of SDMX-CSV."""
    names = [name.strip().strip('"') for name in re.split("[,;\t]", first_line.strip("\ufeff"))]
    first = names[0].partition("[")[0]
    return first == "DATAFLOW" or (first == "STRUCTURE" and "STRUCTURE_ID" in names)


def _without_labels(columns: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, pl.Series]]:
    """The columns with codes alone, and the labels by header."""
    import polars as pl

    labels: dict[str, pl.Series] = {}
    for column in columns:
        head = str(column[0] or "")
        told = _LABELLED.fullmatch(head)
        bare = told[1] if told else re.sub(r"^STRUCTURE\[.*\]$", "STRUCTURE", head)
        if bare == head:
            continue
        body = column.slice(1)
        pattern = r"^([^:\s]+): *(\S.*)$"
        if told and bare not in ("TIME_PERIOD", VALUE) and _all_match(body, pattern):
            says = body.str.extract(pattern, 2)
            labels[f"{bare}.label"] = pl.concat(
                [pl.Series([f"{bare}.label"], dtype=pl.String), says.rename("")]
            )
            body = body.str.extract(pattern, 1)
        whole = pl.concat([pl.Series([bare], dtype=pl.String), body.rename("")])
        columns = columns.with_columns(whole.alias(column.name))
    return columns, labels


def _all_match(body: pl.Series, pattern: str) -> bool:
    return body.null_count() < len(body) and bool(body.drop_nulls().str.contains(pattern).all())


def _refuse_other(header: dict[str, str]) -> None:
    first = next(iter(header), "")
    if first == "DATAFLOW" or {"STRUCTURE", "STRUCTURE_ID"} <= header.keys():
        return
    raise RefusedError(
        "delivery.missing-column",
        "row 1",
        "不是 SDMX-CSV: 首列应为 DATAFLOW (1.0) 或 STRUCTURE、STRUCTURE_ID (2.0); "
        "普通 CSV 请声明 format: csv",
        "no SDMX-CSV: its first column should be DATAFLOW (1.0) or STRUCTURE and STRUCTURE_ID "
        "(2.0); a plain CSV is declared as format: csv",
    )


def _refuse_several(columns: pl.DataFrame, header: dict[str, str]) -> None:
    """One declaration knows the columns of one flow."""
    name = "STRUCTURE_ID" if "STRUCTURE_ID" in header else "DATAFLOW"
    flows = columns[header[name]].slice(1).drop_nulls().unique(maintain_order=True)
    if len(flows) > 1:
        listed = ", ".join(flows.head(5))
        raise RefusedError(
            "delivery.unreadable-file",
            f"column {name}",
            f"含有 {len(flows)} 个数据流 ({listed}), 请分别查询",
            f"it holds {len(flows)} data flows ({listed}): ask for each by itself",
        )


def _refuse_deletion(columns: pl.DataFrame, header: dict[str, str]) -> None:
    if "ACTION" not in header:
        return
    deletes = columns[header["ACTION"]].is_in(_DELETES).arg_true()
    if len(deletes):
        raise deletion(f"row {int(deletes[0]) + 1}")


def deletion(place: str) -> RefusedError:
    """The refusal of a message that takes figures back."""
    return RefusedError(
        "delivery.unreadable-file",
        place,
        "要求删除已发布的数字 (ACTION 为 Delete), 不是数据; 请查询现行数据",
        "it asks that figures be deleted (its action is Delete) and brings none: "
        "ask for the data as they are now",
    )


def _with_blanks(columns: pl.DataFrame, header: dict[str, str]) -> pl.DataFrame:
    import polars as pl

    if VALUE not in header:
        return columns
    value = pl.col(header[VALUE])
    return columns.with_columns(pl.when(value != MISSING_NUMBER).then(value))
