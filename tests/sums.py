"""A plain reading of what a sum over rows that may be added must not count twice.

Belongs here: the reading, figure by figure, of a work database's declarations and cells. Does not
belong here: how flags are made (``int_mart_summable``), and districts to ask about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import duckdb


def sums_that_count_twice(con: duckdb.DuckDBPyConnection, flags: str) -> list[str]:
    """What a sum over all rows that may be added counts twice, or has that it must not have.

    A plain reading, figure by figure, of declarations and cells: it knows nothing of how flags are
    made.

    Args:
        con: A work database with ``landing.relation``, ``landing.region`` and the cells of marts.
        flags: A relation with the key of each mart row and ``is_summable``.
    """
    part_of: dict[str, set[str]] = {}
    overlaps: set[frozenset[str]] = set()
    for kind, one, other in con.execute(
        "select kind, indicator_code, other_code from landing.relation"
    ).fetchall():
        if kind == "part_of":
            part_of.setdefault(one, set()).add(other)
        elif kind == "overlaps":
            overlaps.add(frozenset((one, other)))
    parents = dict(con.execute("select region_code, parent_code from landing.region").fetchall())
    key = "mart, region_code, period, period_kind, item, stage, basis_family, subject, locality"
    columns = (
        "observation_id, mart, slot, indicator_code, region_code, item, stage, period_start, "
        "period_end, "
        "basis_family, subject, locality, qualifier, unit, reference_value, measure, basis, "
        "price_basis, class_code"
    )
    amounts = [
        dict(zip(columns.replace(" ", "").split(","), row, strict=True))
        for row in con.execute(
            f"select {columns} from intermediate.int_mart_cell where is_shown "
            "and value is not null and measure in ('level', 'count', 'target_level') "
            "order by observation_id"
        ).fetchall()
    ]
    added = {
        row[0]
        for row in con.execute(
            f"select observation_id from intermediate.int_mart_cell inner join {flags} "
            f"using ({key}) where is_summable and is_shown and class_code = '_T'"
        ).fetchall()
    }
    rows = [row for row in amounts if row["observation_id"] in added]
    found = []
    for row in rows:
        name, whole = row["observation_id"], _above(row["indicator_code"], part_of)
        if not whole:
            found.append(f"{name}: a part of nothing")
        if (row["basis_family"], row["subject"], row["locality"], row["qualifier"]) != (
            "outturn", "_T", "_T", "exact",
        ):  # fmt: skip
            found.append(f"{name}: no plain outturn")
    for number, one in enumerate(rows):
        for other in rows[number + 1 :]:
            if (one["mart"], one["slot"]) == (other["mart"], other["slot"]):
                for fault in _shared(one, other, part_of, overlaps, parents):
                    found.append(f"{one['observation_id']} and {other['observation_id']}: {fault}")
    for total in amounts:
        has_end = total["qualifier"] in ("exact", "at_most", "below", "just_below")
        if not has_end or (
            total["basis_family"], total["subject"], total["locality"], total["class_code"]
        ) != ("outturn", "_T", "_T", "_T"):  # fmt: skip
            continue
        for place in {(row["mart"], row["slot"]) for row in rows}:
            within = [
                row["reference_value"]
                for row in rows
                if (row["mart"], row["slot"]) == place
                and total["indicator_code"] in _above(row["indicator_code"], part_of)
                and total["region_code"] in (row["region_code"], *_above_region(row, parents))
                and total["period_start"] <= row["period_start"]
                and row["period_end"] <= total["period_end"]
            ]
            if within and sum(within) > total["reference_value"]:
                found.append(f"{sum(within)} above {total['observation_id']}")
    return found


def _above(code: str, part_of: Mapping[str, set[str]]) -> set[str]:
    """Everything that an indicator is a part of."""
    known: set[str] = set()
    left = [code]
    while left:
        for whole in part_of.get(left.pop(), ()):
            if whole not in known:
                known.add(whole)
                left.append(whole)
    return known


def _above_region(row: Mapping[str, Any], parents: Mapping[str, str | None]) -> list[str]:
    regions: list[str] = []
    region = parents.get(row["region_code"])
    while region and region not in regions:
        regions.append(region)
        region = parents.get(region)
    return regions


def _shared(
    one: Mapping[str, Any],
    other: Mapping[str, Any],
    part_of: Mapping[str, set[str]],
    overlaps: set[frozenset[str]],
    parents: Mapping[str, str | None],
) -> Iterator[str]:
    """What two figures of one column have in common, so that a sum counts it twice."""
    a, b = one["indicator_code"], other["indicator_code"]
    above_a, above_b = _above(a, part_of), _above(b, part_of)
    if (one["unit"], one["price_basis"]) != (other["unit"], other["price_basis"]):
        yield "two units"
    if b in above_a or a in above_b:
        yield "part and whole"
    if a != b and any(frozenset((x, y)) in overlaps for x in {a, *above_a} for y in {b, *above_b}):
        yield "they overlap"
    are_one = (one["item"], one["stage"]) == (other["item"], other["stage"])
    meet = one["period_start"] <= other["period_end"] and other["period_start"] <= one["period_end"]
    if are_one and one["region_code"] == other["region_code"]:
        adds_up = all(
            row["basis"] in ("current", "cumulative") and row["price_basis"] != "not_applicable"
            for row in (one, other)
        )
        if meet or not adds_up:
            yield "one period"
    elif (
        are_one
        and meet
        and (
            one["region_code"] in _above_region(other, parents)
            or other["region_code"] in _above_region(one, parents)
        )
    ):
        yield "one region"
