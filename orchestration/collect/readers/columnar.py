"""Parquet files: their columns, as polars reads them.

Belongs here: types of columns as texts. Does not belong here: nested data (``nested`` reads JSON).
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from orchestration.collect.grid import Grid, Rectangle, RefusedError
from orchestration.collect.readers.frames import by_columns, limit
from orchestration.collect.readers.stored import number_texts

if TYPE_CHECKING:
    import polars as pl

    from orchestration.spec import Source


def read(content: bytes, source: Source) -> list[Grid]:
    """The one grid of a Parquet file: row 1 is the names of the columns.

    Raises:
        RefusedError: cut off, damaged, or with columns that hold more than one value a cell.
    """
    import polars as pl
    import pyarrow as pa
    from pyarrow import parquet

    del source  # a Parquet file says all of it itself
    if content[-4:] == b"PARE":
        raise RefusedError("delivery.unsafe-file", "file", "文件已加密", "the file is encrypted")
    try:
        file = parquet.ParquetFile(io.BytesIO(content))
        # A few bytes can stand for any number of equal rows.
        limit(file.metadata.num_rows * file.metadata.num_columns)
        # Not decoded by polars: a damaged page makes it ask for any amount of memory, and then it
        # ends the whole process.
        table = file.read()
        table.validate(full=True)
        frame = pl.DataFrame(table)
    except (RefusedError, MemoryError):
        raise
    except (pl.exceptions.PolarsError, pa.ArrowException, OSError, ValueError) as error:
        raise _unreadable(f"{type(error).__name__}") from None
    except pl.exceptions.PanicException:
        raise _unreadable("PanicException") from None
    texts = [_stripped(column).alias(str(n)) for n, column in enumerate(frame.get_columns(), 1)]
    names = pl.DataFrame(
        {str(n): [name] for n, name in enumerate(frame.columns, start=1)},
        schema=dict.fromkeys((column.name for column in texts), pl.String),
    )
    return [Rectangle(by_columns(pl.concat([names, pl.DataFrame(texts)]), is_stripped=True))]


def _stripped(column: pl.Series) -> pl.Series:
    """The column as texts without outer blanks; what is no text there cannot have any."""
    texts = _texts(column)
    return texts.str.strip_chars() if column.dtype == texts.dtype else texts


def _unreadable(reason: str) -> RefusedError:
    return RefusedError(
        "delivery.unreadable-file",
        "file",
        "Parquet 文件损坏或不完整",
        f"the Parquet file is damaged or incomplete ({reason})",
    )


def _texts(column: pl.Series) -> pl.Series:
    import polars as pl

    kind = column.dtype
    if kind.is_nested() or kind in (pl.Binary, pl.Object):
        raise RefusedError(
            "delivery.unreadable-file",
            f"column {column.name}",
            "该列是嵌套或二进制类型, 一格不止一个值",
            f"its type is {type(kind).__name__}: not one value a cell",
        )
    if kind.is_float():
        return number_texts(column.cast(pl.Float64) if kind != pl.Float32 else column)
    if isinstance(kind, pl.Datetime):
        text = column.dt.to_string("iso:strict")
        return text.str.replace(r"\.0+", "").str.replace("T00:00:00$", "")
    if isinstance(kind, pl.Duration):
        return column.dt.to_string("iso")
    return column.cast(pl.String)
