"""Values as calamine decodes them become texts, many at a time.

Belongs here: numbers with all digits that are stored, dates as ISO 8601. Does not belong here:
number formats, which calamine does not tell.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import chain, repeat
from operator import is_
from typing import TYPE_CHECKING, Any

from orchestration.collect.readers.frames import limit, tidy

if TYPE_CHECKING:
    import polars as pl
    from python_calamine import CalamineSheet

EXACT = 10**15
"""From here on a binary number no longer tells all the digits that a file may have written."""


def cells(sheet: CalamineSheet, *, exact: bool) -> pl.DataFrame | None:
    """The cells of a sheet; None where a number is too large to be exact.

    Args:
        sheet: The sheet.
        exact: All digits that are stored, or the 15 that a workbook shows.
    """
    start = sheet.start
    if start is None:
        return _frame([], 0, (0, 0))
    limit(sheet.height * sheet.width // 10)
    rows = sheet.to_python()
    values: list[Any] = list(chain.from_iterable(rows))
    texts = _texts(values, exact=exact)
    return None if texts is None else _frame(texts, sheet.width, start)


def _frame(texts: Any, width: int, start: tuple[int, int]) -> pl.DataFrame:
    import polars as pl

    text = pl.Series("text", texts, dtype=pl.String)
    place = pl.int_range(0, len(text), dtype=pl.Int64, eager=True)
    row = (place // max(width, 1) + (start[0] + 1)).rename("row")
    col = (place % max(width, 1) + (start[1] + 1)).rename("col")
    return tidy(pl.DataFrame([row, col, text]), is_sorted=True)


def _texts(values: list[Any], *, exact: bool) -> Any:
    import numpy as np
    import polars as pl
    import pyarrow as pa

    kinds = list(map(type, values))
    if not set(kinds) <= {str, float}:
        values = [v if type(v) in (str, float) else _other(v) for v in values]
        kinds = list(map(type, values))
    are_numbers = map(is_, kinds, repeat(float))
    is_number = np.fromiter(are_numbers, dtype=np.bool_, count=len(kinds))
    if not is_number.any():
        return values
    text = pl.Series(pa.array(values, type=pa.string(), mask=is_number))
    numbers = pl.Series(pa.array(values, type=pa.float64(), mask=~is_number))
    written = _numbers(numbers, exact=exact)
    return None if written is None else text.fill_null(written)


def number_texts(numbers: pl.Series) -> pl.Series:
    """Floats with all their digits, without the .0 of whole ones; nulls stay."""
    import polars as pl

    written = (
        _numbers(numbers.cast(pl.Float64), exact=True) if numbers.dtype == pl.Float64 else None
    )
    if written is not None and numbers.is_finite().all():
        return written
    from orchestration.collect.readers.numbers import as_stored

    shortest = numbers.cast(pl.String).to_list()
    return pl.Series(
        "text",
        [None if v is None else as_stored(float(v), "General") for v in shortest],
        dtype=pl.String,
    )


def _numbers(numbers: pl.Series, *, exact: bool) -> pl.Series | None:
    import polars as pl

    largest = numbers.abs().max()
    if isinstance(largest, float) and largest >= EXACT:
        return None
    text = numbers.cast(pl.String).str.strip_suffix(".0")
    unusual = text.str.contains("e", literal=True)
    if not exact:
        unusual |= text.str.len_bytes() > 16
    at = unusual.fill_null(value=False).arg_true()
    if at.len():
        from orchestration.collect.readers.numbers import as_stored, printed

        show = as_stored if exact else printed
        text = text.scatter(at, [show(v, "General") for v in numbers.gather(at).to_list()])
    return text


def _other(value: Any) -> str:
    from orchestration.collect.readers.numbers import moment

    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime | date | time | timedelta):
        return moment(value)
    return str(value)
