"""Great Expectations behind one function: run rules on a DuckDB file, get outcomes back.

Belongs here: everything that knows Great Expectations. Does not belong here: what follows from an
outcome. Import this module inside a function: it costs seconds.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import duckdb
import duckdb_engine
import great_expectations
from great_expectations.compatibility import pydantic as gx_pydantic
from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
    expectationSuiteValidationResultSchema,
)
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.expectations.core.unexpected_rows_expectation import (
    UnexpectedRowsExpectation,
)
from great_expectations.render.components import (
    LegacyDiagnosticRendererType,
    LegacyRendererType,
    RenderedStringTemplateContent,
)
from great_expectations.render.renderer.renderer import renderer
from sqlalchemy.dialects import registry
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy

from orchestration.errors import QutongError
from orchestration.judge.catalogue import Rule, RuleOutcome

DIALECT = "qutong_duckdb"


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


class BufferingDialect(duckdb_engine.Dialect):
    """DuckDB for Great Expectations: buffered results, and nothing can be written."""

    name = DIALECT
    execution_ctx_cls = _BufferingContext
    supports_statement_cache = False

    def connect(self, *args: Any, **kwargs: Any) -> Any:
        """Open the file read-only, so that no rule can change what it judges."""
        file = bytes.fromhex(kwargs["database"]).decode()
        return duckdb_engine.ConnectionWrapper(duckdb.connect(file, read_only=True))


registry.register(DIALECT, __name__, "BufferingDialect")


class ViolatingRows(UnexpectedRowsExpectation):
    """Counts the violating rows and does not fetch them: ``gates`` collects them once."""

    metric_dependencies: ClassVar[tuple[str, ...]] = ("unexpected_rows_query.row_count",)

    @gx_pydantic.validator("unexpected_rows_query", allow_reuse=True)
    def _validate_query(cls, query: Any) -> Any:
        # The parent prints a warning when a query does not read {batch}. Rules name their own
        # tables, so that one batch serves all of them.
        return query

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: Any = None,
    ) -> dict[str, Any]:
        count = metrics["unexpected_rows_query.row_count"]
        return {"success": count == 0, "result": {"observed_value": count}}

    @classmethod
    @renderer(renderer_type=LegacyRendererType.PRESCRIPTIVE)
    def _prescriptive_renderer(
        cls,
        configuration: Any = None,
        result: Any = None,
        runtime_configuration: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> list[RenderedStringTemplateContent]:
        """In Data Docs: the rule's title, its id, and what to do; its SQL stands in its file."""
        told = configuration.meta or {}
        words = (told.get("rule_id"), told.get("severity"), told.get("owner"))
        lines = [
            (told.get("title", ""), []),
            (" · ".join(str(word) for word in words if word), ["code"]),
            (told.get("guidance", ""), ["quiet"]),
        ]
        return [
            RenderedStringTemplateContent(
                content_block_type="string_template",
                string_template={
                    "template": "$text",
                    "params": {"text": text},
                    "styling": {"classes": classes},
                },
            )
            for text, classes in lines
        ]

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.OBSERVED_VALUE)
    def _diagnostic_observed_value_renderer(
        cls,
        configuration: Any = None,
        result: Any = None,
        runtime_configuration: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> str:
        """In Data Docs: how many violate the rule, of how many, and how many stayed undecided."""
        told = result.expectation_config.meta or {}
        count = (result.result or {}).get("observed_value")
        text = "–" if count is None else str(count)
        text += f" / {told.get('checked', '–')}"
        undecided = told.get("undecided")
        return f"{text} （未定 undecided {undecided}）" if undecided else text


@dataclass(frozen=True)
class Keep:
    """Where the result of a validation is kept for Data Docs, and what it is called there."""

    file: Path
    run_name: str
    run_time: datetime


def run_rules(database: Path, rules: Sequence[Rule], keep: Keep | None = None) -> list[RuleOutcome]:
    """Run the rules of executor gx on a DuckDB file and say what came of each, in their order.

    The file is opened read-only and let go of before the function returns: nobody may hold it open
    for writing meanwhile, not even this process. ``gates.prepare`` must have run on it. Nothing is
    written but what ``keep`` asks for, nothing is sent. A rule that cannot be run has failed, with
    the reason in ``error``.

    Raises:
        QutongError: the file cannot be opened.
    """
    judged = [rule for rule in rules if rule.executor == "gx"]
    if not judged:
        return []
    try:
        con = duckdb.connect(str(database), read_only=True)
    except duckdb.Error as error:
        raise QutongError(
            f"the work database cannot be read: {_essence(str(error))}",
            file=database,
            remedy="close what holds it open for writing, then run again",
        ) from None
    with con:
        validation = _validate(database, judged)
        violations = _violations(validation, judged)
        outcomes = [_outcome(con, rule, violations[rule.id]) for rule in judged]
    if keep is not None:
        _keep(keep, database, validation, judged, outcomes)
    return outcomes


def result_page(validation: Mapping[str, Any]) -> str:
    """A kept validation as the page of Data Docs that Great Expectations makes of it."""
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
    from great_expectations.render.view.view import DefaultJinjaPageView

    with _quiet():
        result = expectationSuiteValidationResultSchema.load(dict(validation))
        document = ValidationResultsPageRenderer().render(result)
        return str(DefaultJinjaPageView().render(document))  # type: ignore[no-untyped-call]  # the library's


def _keep(
    keep: Keep,
    database: Path,
    validation: ExpectationSuiteValidationResult,
    rules: Sequence[Rule],
    outcomes: Sequence[RuleOutcome],
) -> None:
    """Write a validation as JSON: counts and rules, no row and no words of an error."""
    content = validation.to_json_dict()  # type: ignore[no-untyped-call]  # the library's
    moment = keep.run_time if keep.run_time.tzinfo else keep.run_time.replace(tzinfo=UTC)
    run = {"run_name": keep.run_name, "run_time": moment.isoformat(timespec="seconds")}
    content["suite_name"] = rules[0].gate
    content["meta"] = {
        "great_expectations_version": great_expectations.__version__,
        "run_id": run,
        "batch_spec": {"data_asset_name": database.name},
    }
    by_id = {rule.id: (rule, outcome) for rule, outcome in zip(rules, outcomes, strict=True)}
    for entry in content["results"]:
        rule, outcome = by_id[entry["expectation_config"]["meta"]["rule_id"]]
        entry["expectation_config"]["meta"] |= {
            "title": f"{rule.title.zh} | {rule.title.en}",
            "guidance": f"{rule.guidance.zh} | {rule.guidance.en}",
            "severity": rule.severity,
            "owner": rule.owner,
            "checked": outcome.checked_count,
            "undecided": outcome.undecided_count,
        }
        entry["expectation_config"]["kwargs"] = {"unexpected_rows_query": rule.statement("sql")}
        is_broken = outcome.error is not None
        entry["success"] = outcome.outcome != "failed"
        entry["exception_info"] = {
            "raised_exception": is_broken,
            # Without the words of the error: it may quote a delivery.
            "exception_message": "the rule could not be run" if is_broken else None,
            "exception_traceback": "" if is_broken else None,
        }
    passed = sum(entry["success"] for entry in content["results"])
    content["success"] = passed == len(rules)
    content["statistics"] = {
        "evaluated_expectations": len(rules),
        "successful_expectations": passed,
        "unsuccessful_expectations": len(rules) - passed,
        "success_percent": 100 * passed / len(rules),
    }
    keep.file.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content, ensure_ascii=False, indent=1)
    keep.file.write_text(text + "\n", encoding="utf-8")


def _validate(database: Path, rules: Sequence[Rule]) -> ExpectationSuiteValidationResult:
    """Run the rules as one suite; the result holds counts, never rows."""
    with _quiet():
        config = DataContextConfig(
            # In memory, and without the folder for pages that an ephemeral context would reserve.
            store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
            analytics_enabled=False,
            progress_bars=ProgressBarsConfig(globally=False, metric_calculations=False),
        )
        context = great_expectations.get_context(mode="ephemeral", project_config=config)
        source = context.data_sources.add_sql(
            "work", connection_string=_url(database), create_temp_table=False
        )
        try:
            # One batch for all rules: each rule's SQL names its own tables.
            asset = source.add_query_asset("work", query="select 1 as one")
            batch = asset.add_batch_definition_whole_table("work").get_batch()
            suite = great_expectations.ExpectationSuite(
                name="rules",
                expectations=[
                    ViolatingRows(
                        unexpected_rows_query=_as_template(rule.statement("sql") or ""),
                        meta={"rule_id": rule.id},
                    )
                    for rule in rules
                ],
            )
            return batch.validate(suite, result_format="BASIC")
        finally:
            source.get_execution_engine().close()
            source.get_engine().dispose()


def _violations(
    validation: ExpectationSuiteValidationResult, rules: Sequence[Rule]
) -> dict[str, int | str]:
    """Violating rows per rule id, or the reason why the rule could not be run."""
    found: dict[str, int | str] = {
        rule.id: "Great Expectations returned no result" for rule in rules
    }
    for result in validation.results:
        meta = getattr(result.expectation_config, "meta", None) or {}
        count = (result.result or {}).get("observed_value")
        found[meta.get("rule_id", "")] = (
            count if isinstance(count, int) else _reason(result.exception_info)
        )
    return found


def _outcome(con: duckdb.DuckDBPyConnection, rule: Rule, violations: int | str) -> RuleOutcome:
    if isinstance(violations, str):
        return RuleOutcome.broken(rule.id, violations)
    checked = rule.statement("checked_sql") or f"select count(*) from {rule.batch}"
    try:
        return RuleOutcome.of(
            rule.id,
            unexpected=violations,
            checked=_number(con, checked),
            undecided=_number(con, rule.statement("undecided_sql")),
        )
    except duckdb.Error as error:
        return RuleOutcome.broken(rule.id, _essence(str(error)))


def _number(con: duckdb.DuckDBPyConnection, sql: str | None) -> int:
    row = con.execute(sql).fetchone() if sql else None
    return int(row[0] or 0) if row else 0


def _url(database: Path) -> str:
    """The path in hex: in the open, `$` and `%` in it would be read as something else."""
    return f"{DIALECT}:///{str(database).encode().hex()}"


def _as_template(sql: str) -> str:
    """SQL that comes out of ``str.format`` and SQLAlchemy's ``text`` as it went in."""
    return re.sub(r"(?<![:\w\\]):(?=\w)", r"\\:", sql.replace("{", "{{").replace("}", "}}"))


def _reason(exception_info: Mapping[str, Any] | None) -> str:
    info: dict[str, Any] = dict(exception_info or {})
    entries: list[dict[str, Any]] = [info] if "raised_exception" in info else list(info.values())
    for entry in entries:
        message = entry.get("exception_message")
        if message:
            return _essence(str(message))
    return "Great Expectations gave neither a count nor a reason"


def _essence(message: str) -> str:
    """What DuckDB says, without the statement and the links around it."""
    match = re.search(r"\w+ (?:Error|Exception): .*", message)
    return (match.group() if match else message).strip().splitlines()[0]


@contextmanager
def _quiet() -> Iterator[None]:
    """Great Expectations logs on dozens of loggers with levels of their own."""
    loggers = [
        logging.getLogger(name)
        for name in list(logging.root.manager.loggerDict)
        if name.partition(".")[0] == "great_expectations"
    ]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
