"""Great Expectations behind one function: run suites on a DuckDB file, get plain data back.

Belongs here: everything that knows Great Expectations. Does not belong here: what is expected, and
what is said of it (``suites``). Import this module inside a function, or in the worker: it costs
seconds.
"""

from __future__ import annotations

import functools
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import duckdb
import duckdb_engine
import great_expectations
import sqlalchemy
from great_expectations.checkpoint.checkpoint import Checkpoint
from great_expectations.core import id_dict
from great_expectations.core.expectation_suite import ExpectationSuite
from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
    ExpectationValidationResult,
    expectationSuiteValidationResultSchema,
)
from great_expectations.core.freshness_diagnostics import (
    CheckpointFreshnessDiagnostics,
    ExpectationSuiteFreshnessDiagnostics,
    ValidationDefinitionFreshnessDiagnostics,
)
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.core.metric_function_types import MetricPartialFunctionTypes
from great_expectations.core.validation_definition import ValidationDefinition
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.exceptions.exceptions import InvalidMetricAccessorDomainKwargsKeyError
from great_expectations.execution_engine.sqlalchemy_execution_engine import (
    SqlAlchemyExecutionEngine,
)
from great_expectations.expectations.core.expect_column_values_to_be_between import (
    ExpectColumnValuesToBeBetween,
)
from great_expectations.expectations.core.expect_column_values_to_be_in_set import (
    ExpectColumnValuesToBeInSet,
)
from great_expectations.expectations.core.expect_table_row_count_to_be_between import (
    ExpectTableRowCountToBeBetween,
)
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.expectation_configuration import parse_result_format
from great_expectations.expectations.metrics import util as metrics_util
from great_expectations.expectations.metrics.metric_provider import metric_partial, metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider
from great_expectations.expectations.registry import get_metric_kwargs
from great_expectations.validator.metric_configuration import MetricConfiguration
from great_expectations.validator.validator import ValidationDependencies
from sqlalchemy.dialects import registry
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy
from sqlalchemy.engine.interfaces import ReflectedColumn, ReflectedPrimaryKeyConstraint

from orchestration.duck import share_out
from orchestration.judge.kept import Keep, keep_suites
from orchestration.judge.rules import essence, unreadable
from orchestration.judge.suites import MOST_ROWS, Found, Suite

DIALECT = "qutong_duckdb"


# --- DuckDB for Great Expectations ------------------------------------------------------------


class _BufferingContext(duckdb_engine.Dialect.execution_ctx_cls):  # type: ignore[misc,valid-type]  # an untyped library names the base at run time
    """Fetches the rows as soon as a statement has run.

    Great Expectations closes the connection before it fetches; a DuckDB result dies with it.
    """

    def post_exec(self) -> None:
        super().post_exec()
        description = self.cursor.description
        if description:
            self.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(
                self.cursor,
                alternate_description=description,
                initial_buffer=self.cursor.fetchall(),
            )


_TYPES = {
    "DECIMAL": sqlalchemy.types.Numeric,
    "DOUBLE": sqlalchemy.types.Float,
    "INTEGER": sqlalchemy.types.Integer,
    "BIGINT": sqlalchemy.types.BigInteger,
    "BOOLEAN": sqlalchemy.types.Boolean,
    "DATE": sqlalchemy.types.Date,
    "TIMESTAMP": sqlalchemy.types.DateTime,
}


@functools.cache
def _type(spelled: str) -> Any:
    """A type that Great Expectations can compare with, under the name that DuckDB gives it."""
    base = _TYPES.get(spelled.partition("(")[0], sqlalchemy.types.String)
    return type(base.__name__, (base,), {"__repr__": lambda self: spelled})()


class BufferingDialect(duckdb_engine.Dialect):
    """DuckDB for Great Expectations: buffered results, and nothing can be written."""

    name = DIALECT
    execution_ctx_cls = _BufferingContext
    supports_statement_cache = False
    _columns: dict[tuple[str, str], list[ReflectedColumn]] | None = None

    def connect(self, *args: Any, **kwargs: Any) -> Any:
        """Open the file read-only, so that no rule can change what it judges."""
        file = bytes.fromhex(kwargs["database"]).decode()
        con = duckdb.connect(file, read_only=True)
        share_out(con, Path(file))
        return duckdb_engine.ConnectionWrapper(con)

    def get_columns(
        self, connection: Any, table_name: str, schema: str | None = None, **kwargs: Any
    ) -> list[ReflectedColumn]:
        """Columns of a table; those of all tables come at once.

        By way of PostgreSQL's catalogue it takes four queries for each.
        """
        if self._columns is None:
            self._columns = {}
            rows = connection.exec_driver_sql(
                "select schema_name, table_name, column_name, data_type from duckdb_columns() "
                "where not internal order by column_index"
            ).fetchall()
            for schema_name, table, name, kind in rows:
                self._columns.setdefault((schema_name, table), []).append(
                    {"name": name, "type": _type(kind), "nullable": True, "default": None}
                )
        return self._columns.get((schema or "main", table_name), [])

    def get_pk_constraint(
        self, connection: Any, table_name: str, schema: str | None = None, **kwargs: Any
    ) -> ReflectedPrimaryKeyConstraint:
        """Nobody asks for it."""
        return {"constrained_columns": [], "name": None}


registry.register(DIALECT, __name__, "BufferingDialect")


def _url(database: Path) -> str:
    """The path in hex: in the open, `$` and `%` in it would be read as something else."""
    return f"{DIALECT}:///{str(database).encode().hex()}"


_REFLECT = "column_reflection_fallback"
_reflect = getattr(metrics_util, _REFLECT)


def _reflected(selectable: Any, *args: Any, **kwargs: Any) -> Any:
    """The names of a query's columns; the library would fetch all of its rows to learn them.

    Of a delivery of a million figures that is 2 GB of Python objects.
    """
    if isinstance(selectable, sqlalchemy.TextClause):
        selectable = sqlalchemy.text(f"select * from ({selectable.text}) as asked limit 0")
    return _reflect(selectable, *args, **kwargs)


setattr(metrics_util, _REFLECT, _reflected)


_CONVERT = "convert_to_json_serializable"
_convert = getattr(id_dict, _CONVERT)


def _converted(data: dict[str, Any]) -> Any:
    """As the library converts it for an id; what is plain already is left as it is.

    It asks twenty types of numpy about each value of ten thousand ids: a quarter of its time.
    """
    if all(value is None or type(value) in _PLAIN for value in data.values()):
        return data
    return _convert(data=data)


_PLAIN = (str, int, bool)
setattr(id_dict, _CONVERT, _converted)


# --- expectations -----------------------------------------------------------------------------

_NULLS = "column_values.nonnull.unexpected_count"
_COLUMNS = "table.column_types"
_COUNTED_BY = {"table.row_count": "qutong.rows"}
"""Metrics of the library that are counts of ours: so they share the statement of all others."""


class _Plain:
    """Says in one go what it needs: the library makes five copies of it to find out, twice."""

    metric_dependencies: ClassVar[Any]  # the library's class beside it has it

    def get_validation_dependencies(
        self,
        execution_engine: Any = None,
        runtime_configuration: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        wanted = parse_result_format((runtime_configuration or {}).get("result_format", {}))
        metrics = {name: self._metric(name) for name in self.metric_dependencies}
        return ValidationDependencies(metrics, wanted)

    def _metric(self, name: str) -> MetricConfiguration:
        name = _COUNTED_BY.get(name, name)
        keys = get_metric_kwargs(name)
        domain, value = (
            {key: getattr(self, key, None) for key in keys[kind]}
            for kind in ("metric_domain_keys", "metric_value_keys")
        )
        return MetricConfiguration(name, domain, value)


class _Counted(_Plain):
    """Asks for counts, which all expectations of a table share one statement for.

    The library fetches a sample of the violating values for each expectation besides; only where
    something was found is that asked for, with the keys of the rows. And these are counts of ours:
    the library's are made from conditions, which takes it thirty metrics a column.
    """

    map_metric: ClassVar[Any]  # the library's class beside it has it
    counted_by: ClassVar[str]

    def get_validation_dependencies(
        self,
        execution_engine: Any = None,
        runtime_configuration: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        wanted = parse_result_format((runtime_configuration or {}).get("result_format", {}))
        if wanted["result_format"] != "BASIC":
            # Of the class beside it, which stands after what is plain; mypy does not see it.
            return super(_Plain, self).get_validation_dependencies(  # type: ignore[misc]  # see above
                execution_engine, runtime_configuration, **kwargs
            )
        counts = {
            _NULLS: "qutong.nulls",
            f"{self.map_metric}.unexpected_count": self.counted_by,
            "table.row_count": "table.row_count",
        }
        return ValidationDependencies({n: self._metric(by) for n, by in counts.items()}, wanted)


class CodesOfColumn(_Counted, ExpectColumnValuesToBeInSet):
    """``ExpectColumnValuesToBeInSet``, counted."""

    counted_by: ClassVar[str] = "qutong.other_codes"


class RangeOfColumn(_Counted, ExpectColumnValuesToBeBetween):
    """``ExpectColumnValuesToBeBetween``, counted."""

    counted_by: ClassVar[str] = "qutong.outside"


class _Count(TableMetricProvider):
    """A count over the rows of a table; all those of a table share one statement.

    Each waits for the columns of the table, so that of a missing one it is told by those counts
    alone that are about it. What would not wait would be counted by a statement of its own.
    """

    @classmethod
    def about(cls, asked: Mapping[str, Any]) -> Sequence[str]:
        """The columns that it needs."""
        raise NotImplementedError  # each count says it; the metaclass is no ABC

    @classmethod
    def aggregate(cls, asked: Mapping[str, Any]) -> Any:
        """What counts."""
        raise NotImplementedError  # each count says it; the metaclass is no ABC

    @metric_partial(
        engine=SqlAlchemyExecutionEngine,
        partial_fn_type=MetricPartialFunctionTypes.AGGREGATE_FN,
        domain_type=MetricDomainTypes.TABLE,
    )
    def _sqlalchemy(
        cls,
        execution_engine: Any,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any],
    ) -> Any:
        there = {str(column["name"]) for column in metrics[_COLUMNS]}
        for name in cls.about(metric_value_kwargs):
            if name not in there:  # the others are counted
                raise InvalidMetricAccessorDomainKwargsKeyError(
                    f'Error: The column "{name}" in BatchData does not exist.'
                )
        return cls.aggregate(metric_value_kwargs), metric_domain_kwargs, {}

    @classmethod
    def _get_evaluation_dependencies(
        cls, metric: MetricConfiguration, *args: Any, **kwargs: Any
    ) -> Any:
        found = super()._get_evaluation_dependencies(metric, *args, **kwargs)
        if metric.metric_name.endswith(".aggregate_fn"):
            # Spelled as `_Plain` spells it, or it would be found out twice.
            found[_COLUMNS] = MetricConfiguration(
                _COLUMNS, metric.metric_domain_kwargs, {"include_nested": None}
            )
        return found


class _Rows(_Count):
    """All rows."""

    metric_name = "qutong.rows"

    @classmethod
    def about(cls, asked: Mapping[str, Any]) -> Sequence[str]:
        return ()

    @classmethod
    def aggregate(cls, asked: Mapping[str, Any]) -> Any:
        return sqlalchemy.func.count()


class _CountOfColumn(_Count):
    """How many rows of a table are so in a column."""

    @classmethod
    def about(cls, asked: Mapping[str, Any]) -> Sequence[str]:
        return (asked["column"],)

    @classmethod
    def aggregate(cls, asked: Mapping[str, Any]) -> Any:
        is_so = cls.condition(sqlalchemy.column(asked["column"]), asked)
        return sqlalchemy.func.coalesce(
            sqlalchemy.func.sum(sqlalchemy.case((is_so, 1), else_=0)), 0
        )

    @classmethod
    def condition(cls, column: Any, asked: Mapping[str, Any]) -> Any:
        """What is counted."""
        raise NotImplementedError  # each count says it; the metaclass is no ABC


class _Nulls(_CountOfColumn):
    """Rows without a value."""

    metric_name = "qutong.nulls"
    value_keys = ("column",)

    @classmethod
    def condition(cls, column: Any, asked: Mapping[str, Any]) -> Any:
        return column.is_(None)


class _OtherCodes(_CountOfColumn):
    """Rows with a value that is none of a set."""

    metric_name = "qutong.other_codes"
    value_keys = ("column", "value_set")

    @classmethod
    def condition(cls, column: Any, asked: Mapping[str, Any]) -> Any:
        return sqlalchemy.and_(column.is_not(None), column.not_in(asked["value_set"]))


class _Outside(_CountOfColumn):
    """Rows with a value below or above what it can be."""

    metric_name = "qutong.outside"
    value_keys = ("column", "min_value", "max_value")

    @classmethod
    def condition(cls, column: Any, asked: Mapping[str, Any]) -> Any:
        low, high = asked["min_value"], asked["max_value"]
        ends = [] if low is None else [column < low]
        return sqlalchemy.or_(*ends, *([] if high is None else [column > high]))


class ColumnsOfContract(_Plain, BatchExpectation):
    """The columns of a table, their order and their types, in one expectation."""

    columns: list[str]
    types: list[str]

    metric_dependencies: ClassVar[tuple[str, ...]] = (_COLUMNS,)
    success_keys: ClassVar[tuple[str, ...]] = ("columns", "types")

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: Any = None,
    ) -> dict[str, Any]:
        wanted = list(zip(self.columns, self.types, strict=True))
        there = [(str(c["name"]), repr(c["type"])) for c in metrics[_COLUMNS]]
        names = dict.fromkeys([*dict(wanted), *dict(there)])
        differing = [
            {"column": name, "wanted": dict(wanted).get(name), "there": dict(there).get(name)}
            for name in names
            if dict(wanted).get(name) != dict(there).get(name)
        ]
        if not differing and wanted != there:
            moved = next(a for a, b in zip(wanted, there, strict=True) if a != b)
            order = there.index(moved) + 1, wanted.index(moved) + 1
            differing = [{"column": moved[0], "wanted": f"#{order[1]}", "there": f"#{order[0]}"}]
        return {
            "success": not differing,
            "result": {"observed_value": len(there), "details": {"rows": differing}},
        }


class RowsOfTable(_Plain, ExpectTableRowCountToBeBetween):
    """``ExpectTableRowCountToBeBetween``."""


class KeyOfTable(_Plain, BatchExpectation):
    """The columns of a key are unique together; null is a value like another.

    ``ExpectCompoundColumnsToBeUnique`` joins the table with itself and overlooks keys with a null.
    """

    key: list[str]

    metric_dependencies: ClassVar[tuple[str, ...]] = ("table.row_count", "qutong.distinct_keys")
    success_keys: ClassVar[tuple[str, ...]] = ("key",)

    def get_validation_dependencies(self, *args: Any, **kwargs: Any) -> Any:
        found = super().get_validation_dependencies(*args, **kwargs)
        if found.result_format["result_format"] == "SUMMARY":
            asked = found.metric_configurations["qutong.distinct_keys"]
            rows = MetricConfiguration(
                "qutong.repeated_keys", asked.metric_domain_kwargs, asked.metric_value_kwargs
            )
            found.set_metric_configuration("qutong.repeated_keys", rows)
        return found

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: Any = None,
    ) -> dict[str, Any]:
        rows, keys = metrics["table.row_count"], metrics["qutong.distinct_keys"]
        details = {"rows": metrics.get("qutong.repeated_keys", []), "element_count": rows}
        return {"success": rows == keys, "result": {"observed_value": keys, "details": details}}


class _DistinctKeys(_Count):
    """How many keys a table holds."""

    metric_name = "qutong.distinct_keys"
    value_keys = ("key",)

    @classmethod
    def about(cls, asked: Mapping[str, Any]) -> Sequence[str]:
        names: Sequence[str] = asked["key"]
        return names

    @classmethod
    def aggregate(cls, asked: Mapping[str, Any]) -> Any:
        key = sqlalchemy.func.row(*(sqlalchemy.column(name) for name in asked["key"]))
        return sqlalchemy.func.count(sqlalchemy.distinct(key))


class _RepeatedKeys(TableMetricProvider):
    """The first keys that stand several times, with how often."""

    metric_name = "qutong.repeated_keys"
    value_keys = ("key",)

    @metric_value(engine=SqlAlchemyExecutionEngine)
    def _sqlalchemy(
        cls,
        execution_engine: Any,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any],
    ) -> Any:
        table, _, _ = execution_engine.get_compute_domain(
            metric_domain_kwargs, domain_type=MetricDomainTypes.TABLE
        )
        key: list[Any] = [sqlalchemy.column(name) for name in metric_value_kwargs["key"]]
        times = sqlalchemy.func.count().label("times")
        query = (
            sqlalchemy.select(*key, times)
            .select_from(table.subquery() if hasattr(table, "subquery") else table)
            .group_by(*key)
            .having(times > 1)
            .order_by(*key)
            .limit(MOST_ROWS)
        )
        rows = execution_engine.execute_query(query).mappings()
        return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int | str) else str(value)


def _expectation(suite: Suite, number: int) -> Any:
    expectation = suite.expectations[number]
    told: dict[str, Any] = {
        "meta": {"number": number, "rule_id": expectation.rule_id},
        "description": f"{expectation.zh} | {expectation.en}".replace("$", "＄"),
    }
    ends: dict[str, Any] = {"min_value": expectation.low, "max_value": expectation.high}
    match expectation.kind:
        case "columns":
            names, types = list(expectation.types), list(expectation.types.values())
            return ColumnsOfContract(columns=names, types=types, **told)
        case "key":
            return KeyOfTable(key=list(suite.key), **told)
        case "codes":
            codes = list(expectation.codes)
            return CodesOfColumn(column=expectation.column, value_set=codes, **told)
        case "range":
            return RangeOfColumn(column=expectation.column, **ends, **told)
        case "rows":
            return RowsOfTable(**ends, **told)


# --- running suites ---------------------------------------------------------------------------


class _Suite(ExpectationSuite):
    """A suite that lives for one run: no store has another state of it to compare with."""

    def is_fresh(self) -> ExpectationSuiteFreshnessDiagnostics:
        return ExpectationSuiteFreshnessDiagnostics(errors=[])


class _Definition(ValidationDefinition):
    """The same of a suite with its batch."""

    def is_fresh(self) -> ValidationDefinitionFreshnessDiagnostics:
        return ValidationDefinitionFreshnessDiagnostics(errors=[])


class _Checkpoint(Checkpoint):
    """The same of a checkpoint."""

    def is_fresh(self) -> CheckpointFreshnessDiagnostics:
        return CheckpointFreshnessDiagnostics(errors=[])


_COUNTS: dict[str, Any] = {"result_format": "BASIC", "partial_unexpected_count": 0}


def run_suites(database: Path, suites: Sequence[Suite], keep: Keep | None = None) -> list[Found]:
    """Validate every suite, and say what came of each of its expectations.

    All suites are counted first. Those expectations that failed are asked again, for their count
    and their rows together, so that what is counted is what is named.

    Raises:
        QutongError: the file cannot be opened.
    """
    there = _tables(database)
    asked = [suite for suite in suites if (suite.schema, suite.table) in there]
    found = [
        Found(suite.name, number, error=f"there is no table {suite.schema}.{suite.table}")
        for suite in suites
        if suite not in asked
        for number in range(len(suite.expectations))
    ]
    with _quiet(), _source(database) as source:
        everything = [_Asked(suite, range(len(suite.expectations))) for suite in asked]
        counted = _checkpoint(source, "counts", everything, _COUNTS)
        for suite, results in zip(asked, counted, strict=True):
            failed = [number for number, result in results.items() if not result.success]
            if failed:
                again = [_Asked(suite, failed)]
                (named,) = _checkpoint(source, suite.name, again, _rows_of(suite))
                answers = {**results, **named}
            else:
                answers = results
            found += [_found(suite, number, answer) for number, answer in answers.items()]
    if keep is not None:
        validations = zip(asked, counted, strict=True)
        keep_suites(keep, [_kept(keep, suite, results) for suite, results in validations])
    return found


_Results = dict[int, ExpectationValidationResult]


@dataclass(frozen=True)
class _Asked:
    """Some expectations of a suite, by their numbers."""

    suite: Suite
    numbers: Sequence[int]


def _tables(database: Path) -> set[tuple[str, str]]:
    try:
        con = duckdb.connect(str(database), read_only=True)
    except duckdb.Error as error:
        raise unreadable(database, error) from None
    with con:
        rows = con.execute("select table_schema, table_name from information_schema.tables")
        return {(schema, table) for schema, table in rows.fetchall()}


@contextmanager
def _source(database: Path) -> Iterator[Any]:
    config = DataContextConfig(
        # In memory, and without the folder for pages that an ephemeral context would reserve.
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False, metric_calculations=False),
    )
    context = great_expectations.get_context(mode="ephemeral", project_config=config)
    # To nowhere it would write its whole configuration, as YAML, for every table that it is told
    # of, and every result: we keep what is kept.
    setattr(context, "_save_project_config", lambda: None)  # noqa: B010 - a method of the library
    store = context.validation_results_store
    setattr(store, "store_validation_results", lambda **_: True)  # noqa: B010 - a method too
    source = context.data_sources.add_sql(
        "work", connection_string=_url(database), create_temp_table=False
    )
    try:
        yield source
    finally:
        source.get_execution_engine().close()
        source.get_engine().dispose()


def _checkpoint(
    source: Any, name: str, asked: Sequence[_Asked], wanted: Mapping[str, Any]
) -> list[_Results]:
    """Run a checkpoint over suites; the results by number of expectation, in the order asked."""
    if not asked:
        return []
    definitions: list[ValidationDefinition] = []
    for entry in asked:
        named = f"{name} {entry.suite.name}"
        expectations = [_expectation(entry.suite, number) for number in entry.numbers]
        definitions.append(
            _Definition(
                name=named,
                data=_batch(source, named, entry.suite),
                suite=_Suite(name=named, expectations=expectations),
            )
        )
    checkpoint = _Checkpoint(
        name=name, validation_definitions=definitions, result_format=dict(wanted)
    )
    run = checkpoint.run()
    validations = {result.suite_name: result for result in run.run_results.values()}
    return [_answers(validations[f"{name} {entry.suite.name}"]) for entry in asked]


def _rows_of(suite: Suite) -> dict[str, Any]:
    return {
        "result_format": "SUMMARY",
        "partial_unexpected_count": MOST_ROWS,
        "unexpected_index_column_names": list(suite.key),
    }


def _batch(source: Any, name: str, suite: Suite) -> Any:
    if suite.delivery_id:
        delivery = suite.delivery_id.replace("'", "''").replace(":", "\\:")
        asset = source.add_query_asset(
            name,
            query=f"select * from {suite.schema}.{suite.table} where delivery_id = '{delivery}'",
        )
    else:
        asset = source.add_table_asset(name, table_name=suite.table, schema_name=suite.schema)
    return asset.add_batch_definition_whole_table(name)


def _answers(validation: ExpectationSuiteValidationResult) -> _Results:
    return {
        (result.expectation_config.meta or {})["number"]: result
        for result in validation.results
        if result.expectation_config is not None
    }


def _found(suite: Suite, number: int, answer: ExpectationValidationResult) -> Found:
    reason = _reason(answer.exception_info)
    if reason is not None:
        return Found(suite.name, number, error=reason)
    result, expectation = answer.result, suite.expectations[number]
    if expectation.kind in ("codes", "range"):
        rows = [
            {"value": row[expectation.column], **row}
            for row in result.get("partial_unexpected_index_list") or ()
        ]
        return Found(
            suite.name,
            number,
            checked=result["element_count"],
            unexpected=result["unexpected_count"] or 0,  # the sum of no rows is null
            rows=tuple({name: _plain(value) for name, value in row.items()} for row in rows),
        )
    observed, details = result["observed_value"], result.get("details") or {}
    rows = list(details.get("rows", ()))
    if expectation.kind == "rows":
        rows = [] if answer.success else [{"there": observed}]
        return Found(suite.name, number, 1, len(rows), tuple(rows))
    if expectation.kind == "key":
        checked = details["element_count"]
        return Found(suite.name, number, checked, checked - observed, tuple(rows))
    return Found(suite.name, number, max(observed, len(rows)), len(rows), tuple(rows))


def _reason(exception_info: Mapping[str, Any] | None) -> str | None:
    info: dict[str, Any] = dict(exception_info or {})
    entries: list[dict[str, Any]] = [info] if "raised_exception" in info else list(info.values())
    for entry in entries:
        if entry.get("raised_exception"):
            return essence(str(entry.get("exception_message") or "it gives no reason"))
    return None


# --- what is kept, and the page made of it ----------------------------------------------------


def _kept(keep: Keep, suite: Suite, results: _Results) -> dict[str, Any]:
    """A validation as Great Expectations writes it: counts, no row and no words of an error."""
    entries = [_kept_result(result) for _, result in sorted(results.items())]
    passed = sum(entry["success"] for entry in entries)
    return {
        "suite_name": suite.name,
        "success": passed == len(entries),
        "results": entries,
        "suite_parameters": {},
        "statistics": {
            "evaluated_expectations": len(entries),
            "successful_expectations": passed,
            "unsuccessful_expectations": len(entries) - passed,
            "success_percent": 100 * passed / len(entries),
        },
        "meta": {
            "great_expectations_version": great_expectations.__version__,
            "run_id": keep.run,
            "batch_spec": {"data_asset_name": f"{suite.schema}.{suite.table}"},
            "title": [suite.title_zh, suite.title_en],
        },
        "id": None,
    }


def _kept_result(result: ExpectationValidationResult) -> dict[str, Any]:
    """As the library writes a result, without its id, which is another one each time.

    What it holds is plain, so that nothing has to be converted: the library takes milliseconds.
    """
    config = result.expectation_config
    assert config is not None
    exception_info: Mapping[str, Any] = result.exception_info or {}
    if any(info.get("raised_exception") for info in _infos(exception_info)):
        exception_info = {
            "raised_exception": True,
            # Without the words of the error: it may quote a delivery.
            "exception_message": "the expectation could not be asked",
            "exception_traceback": "",
        }
    return {
        "success": result.success,
        "expectation_config": {
            "type": config.type,
            "kwargs": dict(config.kwargs),
            "meta": dict(config.meta or {}),
            "description": config.description,
            "severity": config.severity.value,
        },
        "result": {
            name: value for name, value in result.result.items() if isinstance(value, int | float)
        },
        "meta": dict(result.meta),
        "exception_info": dict(exception_info),
    }


def _infos(info: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [info] if "raised_exception" in info else list(info.values())


def result_page(validation: Mapping[str, Any]) -> str:
    """A kept validation as the page of Data Docs that Great Expectations makes of it."""
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
    from great_expectations.render.view.view import DefaultJinjaPageView

    with _quiet():
        result = expectationSuiteValidationResultSchema.load(dict(validation))
        document = ValidationResultsPageRenderer().render(result)
        return str(DefaultJinjaPageView().render(document))  # type: ignore[no-untyped-call]  # it has no types


@contextmanager
def _quiet() -> Iterator[None]:
    """Great Expectations logs on dozens of loggers with levels of their own."""
    loggers = [
        logging.getLogger(name)
        for name in list(logging.root.manager.loggerDict)
        if name.partition(".")[0] == "great_expectations"
    ]
    # Not by their levels: each change of one would clear what all loggers know.
    before = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        with warnings.catch_warnings():
            # A connection has one schema, says the library; ours has many.
            warnings.filterwarnings("ignore", "`schema_name` is deprecated", DeprecationWarning)
            yield
    finally:
        for logger, was_disabled in zip(loggers, before, strict=True):
            logger.disabled = was_disabled
