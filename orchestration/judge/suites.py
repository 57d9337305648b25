"""Suites: what is expected of one mart or of one delivery, and what is said where it is not so.

Belongs here: making suites from contracts and declarations, and outcomes and violations from what
came of them, as plain data. Does not belong here: Great Expectations, which runs them (``gx``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from orchestration.errors import DeclarationError
from orchestration.judge.catalogue import Judged, RuleOutcome, Violation, cannot_run
from orchestration.settings import parse_model, read_yaml
from orchestration.spec import Model

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from orchestration.judge.contracts import ColumnContract, TableContract
    from orchestration.judge.kept import Keep

Ends = tuple[int | None, int | None]
Kind = Literal["columns", "key", "codes", "range", "rows"]

MOST_ROWS = 100
"""Violating rows that are named of one expectation; all of them are counted."""

_SAID_OF = {
    "data_set_id": "data_set_id",
    "delivery_id": "delivery_id",
    "indicator_code": "indicator_code",
    "region_code": "region_code",
    "period": "period",
    "observation_id": "observation_a",
    "delivery_place": "place_a",
}
"""Column of a row to what a violation says."""


@dataclass(frozen=True)
class Expectation:
    """One demand on a table, of a rule of executor gx.

    Attributes:
        column: The column concerned; empty where it is about the table.
        types: Of ``columns``: the columns in order, with their types.
        codes: Of ``codes``: what the column may hold, in order.
        low, high: Of ``range`` and ``rows``: the ends, both included; None is open.
    """

    rule_id: str
    kind: Kind
    zh: str
    en: str
    column: str = ""
    types: Mapping[str, str] = field(default_factory=dict)
    codes: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True)
class Suite:
    """What is expected of one table, or of the rows of one delivery in it.

    Attributes:
        key: Columns that name a row; where a rule asks, they have to be unique.
        delivery_id: Only the rows of this delivery, where given.
    """

    name: str
    title_zh: str
    title_en: str
    schema: str
    table: str
    key: tuple[str, ...]
    expectations: tuple[Expectation, ...]
    data_set_id: str = ""
    delivery_id: str = ""


@dataclass(frozen=True)
class Found:
    """What came of one expectation.

    Attributes:
        rows: The first violating rows: columns of the key and what the kind adds.
        error: Why it could not be asked.
    """

    suite: str
    expectation: int
    checked: int = 0
    unexpected: int = 0
    rows: tuple[Mapping[str, Any], ...] = ()
    error: str | None = None


# --- marts -----------------------------------------------------------------------------------


class _Range(Model):
    unit: str = Field(min_length=1)
    low: int | None = None
    high: int | None = None


class _Ranges(Model):
    ranges: tuple[_Range, ...]


def load_ranges(folder: Path) -> dict[str, Ends]:
    """Read ``<folder>/ranges.yml``: by unit, what a figure in it cannot be below or above.

    Raises:
        DeclarationError: the first mistake, with file, key and remedy.
    """
    file = folder / "ranges.yml"
    entries = parse_model(_Ranges, read_yaml(file), file).ranges
    return {entry.unit: (entry.low, entry.high) for entry in entries}


def mart_suites(
    contracts: Iterable[TableContract],
    code_lists: Mapping[str, Sequence[str]],
    ranges: Mapping[str, Ends],
) -> list[Suite]:
    """One suite per published table, from its contract.

    Args:
        code_lists: Codes by list.
        ranges: Ends by unit, for units whose figures have any.

    Raises:
        DeclarationError: a column names a list that there is not.
    """
    return [
        Suite(
            name=f"{table.schema}.{table.table}",
            title_zh=table.title_zh,
            title_en=table.title_en,
            schema=table.schema,
            table=table.table,
            key=table.key,
            expectations=tuple(_of_table(table, code_lists, ranges)),
        )
        for table in contracts
    ]


def _of_table(
    table: TableContract,
    code_lists: Mapping[str, Sequence[str]],
    ranges: Mapping[str, Ends],
) -> Iterable[Expectation]:
    yield Expectation(
        "marts.columns-differ",
        "columns",
        "列名、次序与类型同契约",
        "columns, their order and types are those of the contract",
        types={column.name: column.data_type for column in table.columns},
    )
    if table.key:
        yield Expectation(
            "marts.key-not-unique",
            "key",
            f"主键唯一：{'、'.join(table.key)}",
            f"the key is unique: {', '.join(table.key)}",
        )
    if table.has_rows:
        yield Expectation("marts.no-rows", "rows", "表中有数据", "the table holds rows", low=1)
    for column in table.columns:
        yield from _of_column(table, column, code_lists, ranges)


def _of_column(
    table: TableContract,
    column: ColumnContract,
    code_lists: Mapping[str, Sequence[str]],
    ranges: Mapping[str, Ends],
) -> Iterable[Expectation]:
    codes, listed = column.codes, ", ".join(column.codes)
    if column.code_list:
        if column.code_list not in code_lists:
            raise DeclarationError(
                f"there is no code list {column.code_list!r}",
                file=f"{table.schema}.{table.table}",
                place=column.name,
                remedy="name a list of raw/codelists/codes.csv, or add it there",
            )
        codes, listed = tuple(code_lists[column.code_list]), column.code_list
    if codes:
        yield Expectation(
            "marts.unknown-code",
            "codes",
            f"{column.name} 只取：{listed}",
            f"{column.name} is one of: {listed}",
            column=column.name,
            codes=codes,
        )
    if column.unit in ranges:
        low, high = ranges[column.unit]
        yield Expectation(
            "marts.value-out-of-range",
            "range",
            f"{column.name} 在 {_interval(low, high)} 内",
            f"{column.name} is within {_interval(low, high)}",
            column=column.name,
            low=low,
            high=high,
        )


# --- deliveries ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Declaration:
    """What a data set declares of every delivery.

    Attributes:
        figures_within_pct: How far the number of figures may lie from that of the last good
            delivery, in per cent of it; None where nothing is declared.
    """

    data_set_id: str
    indicators: tuple[str, ...]
    documents: tuple[str, ...]
    conf_status: str
    figures_within_pct: int | None = None


def delivery_suites(con: DuckDBPyConnection, declared: Mapping[str, Declaration]) -> list[Suite]:
    """One suite per delivery that could be read, from the declaration of its data set.

    The last good delivery is the one before it that neither its reader nor a hard rule of SQL
    refused, and whose own number of figures was as declared: ``landing.finding`` has to hold what
    these rules found.
    """
    rows = con.execute(
        """
        select
            d.data_set_id, d.delivery_id, d.file_name, d.delivered_on::varchar, d.cells_accepted,
            exists (
                select 1 from landing.finding as f
                where
                    f.delivery_id = d.delivery_id
                    and f.gate = 'delivery'
                    and f.severity = 'hard'
            ) as is_refused
        from landing.delivery as d
        where d.verdict <> 'refused' and d.cells_accepted > 0
        order by d.data_set_id, d.delivery_seq
        """
    ).fetchall()
    suites: list[Suite] = []
    last_good: dict[str, int] = {}
    alike = {name: tuple(_of_delivery(told)) for name, told in declared.items()}
    for data_set_id, delivery_id, file_name, delivered_on, figures, is_refused in rows:
        told = declared[data_set_id]
        ends = _ends(last_good.get(data_set_id), told.figures_within_pct)
        expectations = alike[data_set_id]
        if ends is not None:
            expectations = (*expectations, _like_the_last(*ends))
        if not is_refused and (ends is None or ends[0] <= figures <= ends[1]):
            last_good[data_set_id] = figures
        suites.append(
            Suite(
                name=delivery_id,
                title_zh=f"{file_name}（{delivered_on}）",
                title_en=f"{data_set_id}, delivered on {delivered_on}",
                schema="landing",
                table="candidate",
                key=("indicator_code", "region_code", "period", "delivery_place"),
                expectations=expectations,
                data_set_id=data_set_id,
                delivery_id=delivery_id,
            )
        )
    return suites


def _ends(last: int | None, within_pct: int | None) -> tuple[int, int] | None:
    """The least and the most figures that are like those of the last good delivery."""
    if last is None or within_pct is None:
        return None
    return -(-last * (100 - within_pct) // 100), last * (100 + within_pct) // 100


def _of_delivery(told: Declaration) -> Iterable[Expectation]:
    for column, codes, zh, en in (
        ("indicator_code", told.indicators, "声明的指标", "the declared indicators"),
        ("source_document", told.documents, "声明的来源文件", "the declared documents"),
        ("conf_status", (told.conf_status,), "声明的保密状态", "the declared confidentiality"),
    ):
        yield Expectation(
            "delivery.not-as-declared",
            "codes",
            f"{column} 属于{zh}",
            f"{column} is one of {en}",
            column=column,
            codes=codes,
        )


def _like_the_last(low: int, high: int) -> Expectation:
    return Expectation(
        "delivery.count-unlike-last",
        "rows",
        f"数的个数与上一批合格送达相近：{low} 至 {high} 个",
        f"about as many figures as the last good delivery: {low} to {high}",
        low=low,
        high=high,
    )


# --- what came of them -----------------------------------------------------------------------


def of_rules(suites: Sequence[Suite], rule_ids: Collection[str]) -> list[Suite]:
    """The suites with what these rules ask alone; without those of which they ask nothing."""
    return [
        replace(suite, expectations=expectations)
        for suite in suites
        if (expectations := tuple(e for e in suite.expectations if e.rule_id in rule_ids))
    ]


def found(database: Path, suites: Sequence[Suite], keep: Keep | None = None) -> list[Found]:
    """Run suites in this process; importing Great Expectations costs seconds.

    The file is opened read-only: nobody may hold it open for writing meanwhile.

    Args:
        keep: Where the validations are kept for Data Docs.

    Raises:
        QutongError: the file cannot be opened.
    """
    from orchestration.judge.gx import run_suites

    return run_suites(database, suites, keep)


def judged(suites: Sequence[Suite], found: Sequence[Found], rule_ids: Sequence[str]) -> Judged:
    """Outcomes by rule and violating rows, from what came of the expectations.

    An expectation that nothing came of could not be asked: its rule has failed.
    """
    answers = {(entry.suite, entry.expectation): entry for entry in found}
    entries: dict[str, list[Found]] = defaultdict(list)
    violations: list[Violation] = []
    for suite in suites:
        for number, expectation in enumerate(suite.expectations):
            silent = Found(suite.name, number, error="Great Expectations returned no result")
            entry = answers.get((suite.name, number), silent)
            entries[expectation.rule_id].append(entry)
            violations += [_violation(suite, expectation, row) for row in entry.rows]
    outcomes = []
    for rule_id in rule_ids:
        errors = [f"{e.suite}: {e.error}" for e in entries[rule_id] if e.error]
        if errors:
            outcomes.append(RuleOutcome.broken(rule_id, errors[0]))
            violations.append(cannot_run(rule_id))
            continue
        outcomes.append(
            RuleOutcome.of(
                rule_id,
                unexpected=sum(entry.unexpected for entry in entries[rule_id]),
                checked=sum(entry.checked for entry in entries[rule_id]),
            )
        )
    return Judged(outcomes, violations)


def _violation(suite: Suite, expectation: Expectation, row: Mapping[str, Any]) -> Violation:
    arithmetic, zh, en = _SAYS[expectation.kind](expectation, row)
    named = {_SAID_OF[name]: _text(row.get(name)) for name in suite.key if name in _SAID_OF}
    place = " · ".join(
        [suite.name, *(f"{name}={_text(row[name])}" for name in suite.key if name in row)]
    )
    return {
        "rule_id": expectation.rule_id,
        "data_set_id": suite.data_set_id or None,
        "delivery_id": suite.delivery_id or None,
        **({} if suite.delivery_id else {"place_a": place}),
        **named,
        "arithmetic": arithmetic,
        "message_zh": zh,
        "message_en": en,
    }


def _text(value: Any) -> str | None:
    if isinstance(value, Decimal | float):
        return f"{Decimal(str(value)).normalize():f}"
    return None if value is None else str(value)


def _interval(low: int | None, high: int | None) -> str:
    return f"[{'…' if low is None else low}, {'…' if high is None else high}]"


_Said = tuple[str, str, str]


def _of_types(expectation: Expectation, row: Mapping[str, Any]) -> _Said:
    column, wanted, there = row["column"], row["wanted"] or "–", row["there"] or "–"
    return (
        f"{column}: {there} <> {wanted}",
        f"列 {column}：契约为 {wanted}，实为 {there}",
        f"column {column}: {wanted} in the contract, {there} in the table",
    )


def _of_key(expectation: Expectation, row: Mapping[str, Any]) -> _Said:
    times = row["times"]
    return f"{times} > 1", f"同一主键有 {times} 行", f"{times} rows have this key"


def _of_codes(expectation: Expectation, row: Mapping[str, Any]) -> _Said:
    column, value = expectation.column, _text(row["value"])
    return (
        f"{column} = {value}",
        f"{column} 为 {value}，不在允许的代码中",
        f"{column} is {value}, which is not one of its codes",
    )


def _of_range(expectation: Expectation, row: Mapping[str, Any]) -> _Said:
    column, value = expectation.column, _text(row["value"])
    ends = _interval(expectation.low, expectation.high)
    return (
        f"{value}; {ends}",
        f"{column} 为 {value}，应在 {ends} 内",
        f"{column} is {value}, outside {ends}",
    )


def _of_rows(expectation: Expectation, row: Mapping[str, Any]) -> _Said:
    there, ends = row["there"], _interval(expectation.low, expectation.high)
    return f"{there}; {ends}", f"行数为 {there}，应在 {ends} 内", f"rows: {there}, outside {ends}"


_SAYS = {
    "columns": _of_types,
    "key": _of_key,
    "codes": _of_codes,
    "range": _of_range,
    "rows": _of_rows,
}
