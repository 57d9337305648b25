"""The only place where Dagster definitions are assembled; ``build_defs`` takes overrides for tests.

Belongs here: assets, checks, job, schedule, sensor and how they hang together. Does not belong
here: what a step does (``pipeline``) and when runs start by themselves (``automation``).
"""

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets
from dagster_dbt.asset_utils import get_asset_check_key_for_test

from orchestration import pipeline
from orchestration.automation import JOB_NAME, build_schedule, build_sensor
from orchestration.catalog import Catalog
from orchestration.declarations import Declared
from orchestration.judge.catalogue import Rule, RuleOutcome
from orchestration.judge.gates import FindingGroup, Subject
from orchestration.pipeline import Run
from orchestration.settings import Settings, load_settings

DECLARED = dg.AssetKey(["landing", "declared"])
ADMITTED = dg.AssetKey(["landing", "observation"])
MARTS_GATE = dg.AssetKey(["judge", "marts_gate"])
CANDIDATE = dg.AssetKey(["release", "candidate"])
RELEASE_GATE = dg.AssetKey(["release", "gate"])
CURRENT = dg.AssetKey(["release", "current"])

_SOURCES = {
    "observation": ADMITTED,
    "delivery": ADMITTED,
    "quarantine": ADMITTED,
    "finding": MARTS_GATE,
    "validation": MARTS_GATE,
}
RETRY = dg.RetryPolicy(max_retries=2, delay=1, backoff=dg.Backoff.EXPONENTIAL)
QUALITY = "tag:quality tag:meta"


class Translator(DagsterDbtTranslator):
    """dbt nodes under the names that users read: schema and table."""

    def __init__(self, catalog: Catalog) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))
        self._catalog = catalog

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            return _SOURCES.get(dbt_resource_props["name"], DECLARED)
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return str(dbt_resource_props["schema"])

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return str(dbt_resource_props.get("description", ""))

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> Sequence[str]:
        return ["team:qutong"]

    def get_metadata(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, Any]:
        """Columns with their units, and what a row stands for."""
        meta = dbt_resource_props["config"].get("meta", {})
        told = dict(super().get_metadata(dbt_resource_props))
        if dbt_resource_props["columns"]:
            props = dbt_resource_props
            described = self._catalog.find(f"{props['schema']}.{props['name']}")
            columns = [
                _column(column, described.by_name[name].unit if described else "")
                for name, column in props["columns"].items()
            ]
            told["dagster/column_schema"] = dg.TableSchema(columns=columns)
        if "grain_zh" in meta:
            told["每行 row"] = f"{meta['grain_zh']} | {meta['grain_en']}"
        return told


def _column(column: Mapping[str, Any], unit: str) -> dg.TableColumn:
    kinds = {constraint["type"] for constraint in column.get("constraints", [])}
    return dg.TableColumn(
        name=column["name"],
        type=column.get("data_type") or "?",
        description=f"{column.get('description', '')}{f' [{unit}]' if unit else ''}",
        constraints=dg.TableColumnConstraints(nullable="not_null" not in kinds),
    )


class Current:
    """The run at work in this process: made when its first step starts."""

    def __init__(self, settings: Settings, run: Run | None) -> None:
        self._settings = settings
        self._run = run
        self._dagster_run_id: str | None = None

    def of(self, context: dg.AssetExecutionContext) -> Run:
        """The run that a step belongs to; takes the lock when a user started it in the UI."""
        if self._run is None or self._dagster_run_id not in (None, context.run.run_id):
            pipeline.acquire_lock(self._settings)
            self._run = Run(self._settings)
        self._dagster_run_id = context.run.run_id
        return self._run


def build_defs(
    settings: Settings | None = None, run: Run | None = None, **overrides: Any
) -> dg.Definitions:
    """Assemble everything.

    Args:
        settings: Of the project directory; found from the working directory when absent.
        run: The run to carry out, when this process carries out exactly one.
        overrides: Passed on to ``dagster.Definitions``.
    """
    settings = settings or (run.settings if run else load_settings())
    reader = run or Run(settings)
    current = Current(settings, run)
    collect = [_collect_asset(declared, current) for declared in reader.declarations]
    job = dg.define_asset_job(
        JOB_NAME,
        selection=dg.AssetSelection.all(),
        description="收集、加工、评判、发布 | Collect, process, judge, publish",
        executor_def=dg.in_process_executor,
        tags={"qutong/kind": "run"},
    )
    defaults: dict[str, Any] = {
        "assets": [
            *collect,
            _landing(reader, current),
            _delivery_gate(reader, current),
            _marts(reader, current),
            _marts_gate(reader, current),
            _quality(reader, current),
            _candidate(current),
            _release_gate(reader, current),
            _publish(current),
        ],
        "jobs": [job],
        "schedules": [build_schedule(job, settings)],
        "sensors": [build_sensor(job, settings)],
        "executor": dg.in_process_executor,
    }
    return dg.Definitions(**defaults | overrides)


def delivery_key(data_set_id: str) -> dg.AssetKey:
    """The asset of a data set's deliveries."""
    return dg.AssetKey(["deliveries", data_set_id.replace("-", "_")])


def _team(owner: str) -> list[str]:
    """Dagster's owners are slugs: the English part of ``中文 / English``."""
    slug = re.sub(r"[^a-z0-9]+", "-", owner.rpartition("/")[2].strip().lower()).strip("-")
    return [f"team:{slug}"] if slug else []


def _collect_asset(declared: Declared, current: Current) -> dg.AssetsDefinition:
    data_set = declared.data_set

    @dg.asset(
        key=delivery_key(declared.id),
        group_name="collect",
        description=f"{data_set.title.zh} | {data_set.title.en}",
        kinds={"polars"},
        owners=_team(data_set.owner),
        tags={"theme": data_set.theme},
        metadata={"declaration": declared.path.name, "cadence": data_set.delivery.cadence},
        retry_policy=RETRY,
    )
    def deliveries(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        run = current.of(context)
        with run.step("collect", f"收集 / collect  {declared.id}"):
            counts = pipeline.collect(run, declared)
        return dg.MaterializeResult(metadata=dict(counts))

    return deliveries


def _landing(reader: Run, current: Current) -> dg.AssetsDefinition:
    @dg.asset(
        key=DECLARED,
        group_name="process",
        description="工作库：声明、代码表、候选数据 | Work database: declarations, candidates",
        kinds={"duckdb"},
        owners=["team:qutong"],
        deps=[delivery_key(declared.id) for declared in reader.declarations],
    )
    def declared(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        run = current.of(context)
        with run.step("land", "入库 / land"):
            counts = pipeline.land(run)
        return dg.MaterializeResult(metadata=dict(counts))

    return declared


Placed = Callable[[Rule], dg.AssetKey]
"""On which asset the check of a rule is shown."""


def _specs(rules: Sequence[Rule], asset_of: Placed, *, block: bool) -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(
            name=_check_name(rule.id),
            asset=asset_of(rule),
            description=f"{rule.title.zh} | {rule.title.en}",
            blocking=block and rule.severity == "hard",
        )
        for rule in rules
    ]


def _check_name(rule_id: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", rule_id)


def _results(
    outcomes: Sequence[RuleOutcome],
    rules: Sequence[Rule],
    asset_of: Placed,
    groups: Mapping[tuple[Subject, str], FindingGroup] | None = None,
) -> list[dg.AssetCheckResult]:
    by_id = {rule.id: rule for rule in rules}
    return [
        dg.AssetCheckResult(
            check_name=_check_name(outcome.rule_id),
            asset_key=asset_of(by_id[outcome.rule_id]),
            passed=outcome.outcome != "failed",
            description=_first((groups or {}).get(("rule", outcome.rule_id))),
            severity=dg.AssetCheckSeverity.ERROR
            if by_id[outcome.rule_id].severity == "hard"
            else dg.AssetCheckSeverity.WARN,
            metadata={
                "outcome": outcome.outcome,
                "checked": outcome.checked_count,
                "unexpected": outcome.unexpected_count,
                "undecided": outcome.undecided_count,
                **_told(by_id[outcome.rule_id], (groups or {}).get(("rule", outcome.rule_id))),
            },
        )
        for outcome in outcomes
    ]


def _first(group: FindingGroup | None) -> str | None:
    """The gravest finding in words; the table of the others has to be opened first."""
    return " | ".join(group.first[0][-2:]) if group else None


def _told(rule: Rule, group: FindingGroup | None) -> dict[str, Any]:
    """What a rule found and what to do now; nothing where nothing was found."""
    if group is None:
        return {}
    guidance = f"{rule.guidance.zh} | {rule.guidance.en}"
    return {"怎么办 what to do": guidance, **_listed(group)}


def _listed(group: FindingGroup) -> dict[str, Any]:
    """How many findings there are, and the first of them as a table."""
    head = "| 规则 rule | 指标 indicator | 地区 region | 时期 period | 说明 | what was found |"
    lines = [head, "|---|---|---|---|---|---|"]
    for line in group.first:
        cells = (text.replace("|", "\\|").replace("\n", " ") for text in line)
        lines.append(f"| {' | '.join(cells)} |")
    if group.count > len(group.first):
        rest = group.count - len(group.first)
        lines.append(f"\n其余 {rest} 条见 quality.finding | {rest} more in quality.finding")
    return {"findings": group.count, "发现 first findings": dg.MetadataValue.md("\n".join(lines))}


FINDINGS_CHECK = "findings"


def _findings_spec(asset: dg.AssetKey, description: str) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(name=FINDINGS_CHECK, asset=asset, description=description)


def _findings_result(asset: dg.AssetKey, group: FindingGroup | None) -> dg.AssetCheckResult:
    """A check that never blocks: it shows on an asset what was found about it."""
    is_hard = group is not None and group.is_hard
    return dg.AssetCheckResult(
        check_name=FINDINGS_CHECK,
        asset_key=asset,
        passed=group is None,
        description=_first(group),
        severity=dg.AssetCheckSeverity.ERROR if is_hard else dg.AssetCheckSeverity.WARN,
        metadata=_listed(group) if group else {"findings": 0},
    )


def _delivery_gate(reader: Run, current: Current) -> dg.AssetsDefinition:
    rules = reader.catalogue.by_gate("delivery")

    @dg.asset(
        key=ADMITTED,
        group_name="judge",
        description="交付关：拒收的交付留在门外，其余继续 | Delivery gate: it routes, never blocks",
        kinds={"duckdb", "greatexpectations"},
        owners=["team:qutong"],
        deps=[DECLARED],
        check_specs=_specs(rules, lambda rule: ADMITTED, block=False),
    )
    def observation(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        run = current.of(context)
        with run.step("delivery_gate", "交付关 / delivery gate"):
            outcomes = pipeline.delivery_gate(run)
            groups = pipeline.finding_groups(run, "delivery")
        report = run.report
        return dg.MaterializeResult(
            metadata={
                "deliveries": report.deliveries,
                "admitted": report.admitted,
                "refused": report.deliveries - report.admitted,
                "observations": report.observations,
            },
            check_results=_results(outcomes, rules, lambda rule: ADMITTED, groups),
        )

    return observation


def _dbt_models(
    reader: Run, current: Current, *, name: str, line: str, select: str, exclude: str
) -> dg.AssetsDefinition:
    """The models of one dbt invocation as assets, their tests as checks that block."""
    translator = Translator(reader.dbt.catalog())

    @dbt_assets(
        manifest=reader.dbt.ensure_manifest(),
        select=select,
        exclude=exclude,
        name=name,
        dagster_dbt_translator=translator,
    )
    def models(context: dg.AssetExecutionContext) -> Iterator[Any]:
        run = current.of(context)
        with run.step(name, line):
            for event in _dbt_events(run, translator, select.split(), exclude.split()):
                # Who asks for one table gets its step: the others are built with it, unsaid.
                if _is_selected(event, context):
                    yield event

    return models


def _marts(reader: Run, current: Current) -> dg.AssetsDefinition:
    line = "加工 / process (dbt)"
    return _dbt_models(reader, current, name="marts", line=line, select="fqn:*", exclude=QUALITY)


def _quality(reader: Run, current: Current) -> dg.AssetsDefinition:
    line = "质量表 / quality tables (dbt)"
    return _dbt_models(reader, current, name="quality", line=line, select=QUALITY, exclude="")


def _is_selected(
    event: dg.MaterializeResult | dg.AssetCheckResult, context: dg.AssetExecutionContext
) -> bool:
    if isinstance(event, dg.MaterializeResult):
        return event.asset_key in context.selected_asset_keys
    assert event.asset_key is not None and event.check_name is not None
    key = dg.AssetCheckKey(event.asset_key, event.check_name)
    return key in context.selected_asset_check_keys


def _dbt_events(
    run: Run, translator: Translator, select: Sequence[str], exclude: Sequence[str]
) -> Iterator[Any]:
    """Build in this process and tell Dagster of every model and test.

    Raises:
        dagster.Failure: a contract, a key or another test of severity error failed.
    """
    manifest = run.dbt.manifest()
    results = run.dbt.build(select, exclude)
    run.dbt_results += results
    rows = pipeline.table_rows(run)
    for result in results:
        if result.kind == "model" and not result.is_bad:
            props = manifest["nodes"][result.unique_id]
            told: dict[str, Any] = {"seconds": result.seconds}
            count = rows.get((props["schema"], props["name"]))
            if count is not None:
                told["dagster/row_count"] = count
            yield dg.MaterializeResult(asset_key=translator.get_asset_key(props), metadata=told)
    for result in results:
        if result.kind != "test":
            continue
        key = get_asset_check_key_for_test(manifest, translator, result.unique_id, None)
        if key is not None:
            yield dg.AssetCheckResult(
                passed=not result.is_bad,
                asset_key=key.asset_key,
                check_name=key.name,
                metadata={"status": result.status, "failures": result.failures},
            )
    bad = [result for result in results if result.is_bad]
    if bad:
        rules = pipeline.blocked_by_dbt(run)
        run.report.error = "\n".join(pipeline.explain_node(run, r) for r in bad[:20])
        raise dg.Failure(f"{', '.join(rules)}: {', '.join(r.name for r in bad[:20])}")


def _marts_gate(reader: Run, current: Current) -> dg.AssetsDefinition:
    """The gate as an asset; its rules are checks of the tables they read, and block from there.

    Every published table and every data set has a check besides that shows what was found about
    it, whichever rule found it.
    """
    rules = reader.catalogue.by_gate("marts")
    models = [
        node
        for node in reader.dbt.manifest()["nodes"].values()
        if node["resource_type"] == "model" and not {"quality", "meta"} & set(node["tags"])
    ]
    marts = [dg.AssetKey([node["schema"], node["name"]]) for node in models]
    naming = {
        table.qualified
        for table in reader.dbt.catalog().tables
        if any(column.names_observations for column in table.columns)
    }
    shown = {
        f"{node['schema']}.{node['name']}": dg.AssetKey([node["schema"], node["name"]])
        for node in models
        if f"{node['schema']}.{node['name']}" in naming
    }
    sets = {declared.id: delivery_key(declared.id) for declared in reader.declarations}

    def asset_of(rule: Rule) -> dg.AssetKey:
        # What a rule reads before dbt runs cannot wait for the gate: dbt would wait for it too.
        table = dg.AssetKey((rule.batch or "").split("."))
        return table if table in marts else MARTS_GATE

    @dg.multi_asset(
        name="marts_gate",
        specs=[
            dg.AssetSpec(
                MARTS_GATE,
                group_name="judge",
                description="集市关：硬性规则不过不发布 | Marts gate: a failed hard rule blocks",
                kinds={"duckdb", "greatexpectations"},
                owners=["team:qutong"],
                deps=marts,
            )
        ],
        check_specs=[
            *_specs(rules, asset_of, block=True),
            *(
                _findings_spec(
                    key, "对本表中数字的发现 | What was found about figures of this table"
                )
                for key in shown.values()
            ),
            *(
                _findings_spec(key, "对本数据集的发现 | What was found about this data set")
                for key in sets.values()
            ),
        ],
        # A run for some data sets leaves the checks of the others out.
        can_subset=True,
        # As dagster-dbt does it: the step checks tables that another step made.
        allow_arbitrary_check_specs=True,
    )
    def marts_gate(
        context: dg.AssetExecutionContext,
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        run = current.of(context)
        with run.step("marts_gate", "集市关 / marts gate"):
            outcomes = pipeline.marts_gate(run)
            groups = pipeline.finding_groups(run, "marts")
        findings = sum(run.report.findings.values())
        results: list[dg.MaterializeResult | dg.AssetCheckResult] = [
            dg.MaterializeResult(asset_key=MARTS_GATE, metadata={"findings": findings}),
            *_results(outcomes, rules, asset_of, groups),
            *(_findings_result(key, groups.get(("table", name))) for name, key in shown.items()),
            *(_findings_result(key, groups.get(("data_set", name))) for name, key in sets.items()),
        ]
        yield from (result for result in results if _is_selected(result, context))

    return marts_gate


def _candidate(current: Current) -> dg.AssetsDefinition:
    @dg.asset(
        key=CANDIDATE,
        group_name="publish",
        description="候选版本：另处构建并封存 | Release candidate, built aside and sealed",
        kinds={"duckdb", "parquet"},
        owners=["team:qutong"],
        deps=[
            MARTS_GATE,
            *(
                dg.AssetKey([schema, table])
                for schema, table in (("quality", "finding"), ("quality", "conservation"))
            ),
            dg.AssetKey(["meta", "release"]),
            dg.AssetKey(["meta", "column_dictionary"]),
        ],
    )
    def candidate(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        run = current.of(context)
        with run.step("candidate", "候选版本 / release candidate"):
            path = pipeline.candidate(run)
        files = [file for file in path.rglob("*") if file.is_file()]
        return dg.MaterializeResult(
            metadata={"files": len(files), "bytes": sum(file.stat().st_size for file in files)}
        )

    return candidate


def _release_gate(reader: Run, current: Current) -> dg.AssetsDefinition:
    rules = reader.catalogue.by_gate("release")

    @dg.asset(
        key=RELEASE_GATE,
        group_name="judge",
        description="发布关：重新打开并核对 | Release gate: opened again and compared",
        kinds={"duckdb"},
        owners=["team:qutong"],
        deps=[CANDIDATE],
        check_specs=_specs(rules, lambda rule: RELEASE_GATE, block=True),
    )
    def gate(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        run = current.of(context)
        with run.step("release_gate", "发布关 / release gate"):
            outcomes = pipeline.release_gate(run)
        results = _results(outcomes, rules, lambda rule: RELEASE_GATE)
        return dg.MaterializeResult(check_results=results)

    return gate


def _publish(current: Current) -> dg.AssetsDefinition:
    @dg.asset(
        key=CURRENT,
        group_name="publish",
        description="当前版本：读者所见 | The current release: what readers see",
        owners=["team:qutong"],
        deps=[RELEASE_GATE],
    )
    def published(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        run = current.of(context)
        with run.step("publish", "发布 / publish"):
            release_id = pipeline.publish(run)
        run.report.write(pipeline.last_run_file(run.settings))
        return dg.MaterializeResult(metadata={"release": release_id})

    return published


# --- running it ------------------------------------------------------------------------------

INSTANCE = {
    "telemetry": {"enabled": False},
    "nux": {"enabled": False},
    "run_coordinator": {
        "module": "dagster.core.run_coordinator",
        "class": "QueuedRunCoordinator",
        "config": {"max_concurrent_runs": 1},
    },
}


def dagster_home(settings: Settings) -> Path:
    """The instance directory under ``var``, with its configuration written."""
    home = settings.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    file = home / "dagster.yaml"
    content = json.dumps(INSTANCE, indent=1)
    if not file.is_file() or file.read_text(encoding="utf-8") != content:
        file.write_text(content, encoding="utf-8")
    os.environ["DAGSTER_HOME"] = str(home)
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "yes"
    return home


_UNFINISHED = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)


def execute_job(run: Run, data_sets: Sequence[str]) -> None:
    """Carry out the job in this process, with the instance that the UI shows.

    The lock is held: a run that Dagster believes to be at work was killed, and is closed here.
    """
    with run.step("dagster", "Dagster"):
        defs = build_defs(run=run)
        job = defs.resolve_job_def(JOB_NAME)
        instance = dg.DagsterInstance.from_config(str(dagster_home(run.settings)))
    with instance:
        stale = instance.get_runs(dg.RunsFilter(statuses=list(_UNFINISHED)))
        for leftover in stale:
            instance.report_run_failed(leftover, "the process that carried it out was killed")
        chosen = {delivery_key(name) for name in data_sets}
        collect = {delivery_key(declared.id) for declared in run.declarations}
        keys = set(defs.resolve_all_asset_keys()) - (collect - chosen)
        job.execute_in_process(
            instance=instance,
            asset_selection=sorted(keys),
            raise_on_error=False,
            tags={
                "qutong/release": run.release_id,
                "qutong/started": run.now.astimezone(UTC).isoformat(timespec="seconds"),
            },
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )


@dg.definitions
def defs() -> dg.Definitions:
    """What ``dagster dev`` loads."""
    return build_defs()
