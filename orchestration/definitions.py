"""The only place where Dagster definitions are assembled; ``build_defs`` takes overrides for tests.

Belongs here: assets, checks, job, schedule, sensor and how they hang together. Does not belong
here: what a step does (``steps``), how a run enters and leaves (``steps.door``), and when runs
start by themselves (``automation``).
"""

import contextlib
import json
import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import PrivateAttr

from orchestration import deadlines
from orchestration.automation import (
    JOB_NAME,
    PERIOD_TAG,
    build_schedules,
    build_sensors,
    delivery_key,
    on_time,
    on_time_result,
    on_time_spec,
)
from orchestration.dagster_dbt_assets import Translator
from orchestration.dagster_storage import REMOTE, file_system_of, put_aside_damaged
from orchestration.declarations import Declared
from orchestration.errors import DeclarationError
from orchestration.judge import worker
from orchestration.judge.catalogue import Rule, RuleOutcome
from orchestration.judge.contracts import AFTER_THE_GATE, read_contracts
from orchestration.judge.gates import FindingGroup, Subject
from orchestration.memory import uncollected
from orchestration.settings import Settings, load_settings
from orchestration.steps import collect as collecting
from orchestration.steps import deadline_watch, door, release, state
from orchestration.steps import delivery_gate as delivery_judging
from orchestration.steps import land as landing
from orchestration.steps import marts as steps
from orchestration.steps import marts_gate as marts_judging
from orchestration.steps.report import compose
from orchestration.steps.state import StepName
from orchestration.steps.workplace import Workplace

LANDED = dg.AssetKey(["work", "landed"])
DELIVERY_GATE = dg.AssetKey(["judge", "delivery_gate"])
MARTS_GATE = dg.AssetKey(["judge", "marts_gate"])
CANDIDATE = dg.AssetKey(["release", "candidate"])
RELEASE_GATE = dg.AssetKey(["judge", "release_gate"])
CURRENT = dg.AssetKey(["release", "current"])

_STEPS: dict[dg.AssetKey, StepName] = {
    LANDED: "land",
    DELIVERY_GATE: "delivery_gate",
    MARTS_GATE: "marts_gate",
    CANDIDATE: "candidate",
    RELEASE_GATE: "release_gate",
    CURRENT: "publish",
}
_STEP_KEYS: dict[str, StepName] = {
    "collect": "collect",
    "land": "land",
    "delivery_gate": "delivery_gate",
    "marts": "marts",
    "marts_gate": "marts_gate",
    "quality": "quality",
    "release__candidate": "candidate",
    "judge__release_gate": "release_gate",
    "release__current": "publish",
}
REFUSED_TAG = "qutong/refused"
"""On a run after which refused deliveries wait for somebody: how many. Such a run succeeds."""
STUCK_TAG = "qutong/stuck"
"""On a run that could not take files on offer, or found deliveries damaged: how many."""
RETRY = dg.RetryPolicy(max_retries=2, delay=1, backoff=dg.Backoff.EXPONENTIAL)


class Door(dg.ConfigurableResource):
    """The one door (``steps.door``) as a resource: every run enters before its first step.

    Attributes:
        project: Directory that holds ``raw/``.
        home: Directory of the run state.
    """

    project: str
    home: str
    _work: Workplace = PrivateAttr()

    @property
    def work(self) -> Workplace:
        """What the steps work with."""
        return self._work

    @contextlib.contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["Door"]:
        """Enter with the steps that the run selects; leave when its last step is done."""
        settings = Settings(Path(self.project), Path(self.home))
        outer = door.inside(settings)
        work = outer.work if outer else Workplace(settings)
        run = context.run
        if outer is None and run and run.tags.get(PERIOD_TAG):
            work.periods = tuple(run.tags[PERIOD_TAG].split(","))
        with (
            door.entered(
                work,
                steps=(
                    steps_of(run.asset_selection, run.step_keys_to_execute) if run else state.STEPS
                ),
                run_id=run.run_id if run else None,
                patience=PATIENCE,
            ) as here,
            contextlib.ExitStack() as stack,
        ):
            self._work = here.work
            if outer is None and here.steps & set(state.GATE_STEPS.values()):
                here.work.judge = stack.enter_context(worker.start())
            yield self
            if context.instance and run:
                _tag(context.instance, run.run_id, settings)


def steps_of(
    assets: Collection[dg.AssetKey] | None, step_keys: Collection[str] | None = None
) -> list[StepName]:
    """The steps that a run carries out: all of them where nothing is selected.

    Args:
        assets: What "materialize selected" selects.
        step_keys: What a re-execution carries out of the run before it.
    """
    if step_keys:
        found = {_STEP_KEYS[key] for key in step_keys}
    elif assets:
        found = {_step_of(key) for key in assets}
    else:
        return list(state.STEPS)
    return [name for name in state.STEPS if name in found]


def _step_of(key: dg.AssetKey) -> StepName:
    if key.path[0] == "deliveries":
        return "collect"
    if key in _STEPS:
        return _STEPS[key]
    return "quality" if key.path[0] in AFTER_THE_GATE else "marts"


def _tag(instance: dg.DagsterInstance, run_id: str, settings: Settings) -> None:
    """What came of a run, where the list of runs shows it."""
    report = compose(settings)
    waiting = [refused for refused in report.refused if refused.is_open]
    tags = {"qutong/outcome": report.outcome, "qutong/release": report.release_id or "-"}
    if waiting:
        tags |= {REFUSED_TAG: str(len(waiting))}
    if report.unreadable:
        tags |= {STUCK_TAG: str(len(report.unreadable))}
    instance.add_run_tags(run_id, tags)


def build_defs(
    settings: Settings | None = None, *, reader: Workplace | None = None, **overrides: Any
) -> dg.Definitions:
    """Assemble everything.

    Args:
        settings: Of the project directory; found from the working directory when absent.
        reader: Of these settings, where somebody has read the declarations already.
        overrides: Passed on to ``dagster.Definitions``.
    """
    settings = settings or load_settings()
    reader = reader or Workplace(settings)
    known = frozenset(declared.id for declared in reader.declarations)
    job = dg.define_asset_job(
        JOB_NAME,
        selection=dg.AssetSelection.all(),
        description="收集、加工、评判、发布 | Collect, process, judge, publish",
        executor_def=dg.in_process_executor,
        tags={"qutong/kind": "run"},
    )
    defaults: dict[str, Any] = {
        "assets": [
            _collect(reader),
            _landing(reader),
            _delivery_gate(reader),
            _dbt_models(reader, "marts", DELIVERY_GATE),
            _marts_gate(reader),
            _dbt_models(reader, "quality", MARTS_GATE),
            _candidate(),
            _release_gate(reader),
            _publish(),
        ],
        "resources": {"door": Door(project=str(settings.project), home=str(settings.home))},
        "jobs": [job],
        "sensors": build_sensors(job, settings, known),
        "executor": dg.in_process_executor,
    }
    others = _others(defaults["assets"])
    defaults["schedules"] = build_schedules(job, settings, known, others)
    return dg.Definitions(**defaults | overrides)


def _others(assets: Sequence[dg.AssetsDefinition]) -> list[dg.AssetKey]:
    """The assets that every pull carries out, whichever data set it is for."""
    keys = {key for made in assets for key in made.keys}
    return sorted(key for key in keys if key.path[0] != "deliveries")


def _team(owner: str) -> list[str]:
    """Dagster's owners are slugs: the English part of ``中文 / English``."""
    slug = re.sub(r"[^a-z0-9]+", "-", owner.rpartition("/")[2].strip().lower()).strip("-")
    return [f"team:{slug}"] if slug else []


def _collect(reader: Workplace) -> dg.AssetsDefinition:
    """One asset a data set, in one step: what a source brings is news for its own asset alone."""

    @dg.multi_asset(
        name="collect",
        specs=[_delivery_spec(declared) for declared in reader.declarations],
        can_subset=True,
        retry_policy=RETRY,
    )
    def collect(context: dg.AssetExecutionContext, door: Door) -> Iterator[dg.MaterializeResult]:
        chosen = [
            declared.id
            for declared in door.work.declarations
            if delivery_key(declared.id) in context.selected_asset_keys
        ]
        for name, collected in collecting.collect(door.work, chosen).items():
            yield dg.MaterializeResult(
                asset_key=delivery_key(name), metadata=dict(collected.counts())
            )

    return collect


def _delivery_spec(declared: Declared) -> dg.AssetSpec:
    data_set = declared.data_set
    return dg.AssetSpec(
        delivery_key(declared.id),
        group_name=f"collect_{data_set.theme}",
        description=f"{data_set.title.zh} | {data_set.title.en}",
        kinds={"polars"},
        owners=_team(data_set.owner),
        tags={"theme": data_set.theme},
        metadata={
            "declaration": declared.path.name,
            "期限 due": " | ".join(
                deadlines.said(data_set.delivery.cadence, deadlines.Rule.of(data_set.delivery))
            ),
        },
    )


def _landing(reader: Workplace) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name="land",
        specs=[
            dg.AssetSpec(
                LANDED,
                group_name="process",
                description=(
                    "工作库：声明、代码表、候选数据 | Work database: declarations, candidates"
                ),
                kinds={"duckdb"},
                owners=["team:qutong"],
                deps=[delivery_key(declared.id) for declared in reader.declarations],
                # Where nothing has changed nothing is landed, and all that follows is skipped.
                skippable=True,
            )
        ],
    )
    def land(context: dg.AssetExecutionContext, door: Door) -> Iterator[dg.MaterializeResult]:
        counts = landing.land(door.work)
        if counts is None:
            context.log.info("nothing changed: the newest release follows from these inputs")
            return
        yield dg.MaterializeResult(asset_key=LANDED, metadata=dict(counts))

    return land


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


ACCEPTED_CHECK = "accepted"


def _delivery_gate(reader: Workplace) -> dg.AssetsDefinition:
    rules = reader.catalogue.by_gate("delivery")

    @dg.multi_asset(
        name="delivery_gate",
        specs=[
            dg.AssetSpec(
                DELIVERY_GATE,
                group_name="judge_delivery",
                description=(
                    "交付关：拒收的交付留在门外，其余继续 | Delivery gate: it routes, never blocks"
                ),
                kinds={"duckdb", "greatexpectations"},
                owners=["team:qutong"],
                deps=[LANDED],
            )
        ],
        check_specs=[
            *_specs(rules, lambda rule: DELIVERY_GATE, block=False),
            *(
                dg.AssetCheckSpec(
                    name=ACCEPTED_CHECK,
                    asset=delivery_key(declared.id),
                    description="没有待了结的拒收 | No delivery is refused and unsettled",
                )
                for declared in reader.declarations
            ),
            *(
                on_time_spec(declared.id)
                for declared in reader.declarations
                if declared.data_set.delivery.due is not None
            ),
        ],
        # A run for some data sets leaves the checks of the others out.
        can_subset=True,
        allow_arbitrary_check_specs=True,
    )
    def delivery_gate(
        context: dg.AssetExecutionContext, door: Door
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        if DELIVERY_GATE not in context.selected_asset_keys:
            return  # who selects a data set selects its check, and has not asked for the gate
        outcomes, told = delivery_judging.delivery_gate(door.work)
        groups = marts_judging.finding_groups(door.work, "delivery")
        results: list[dg.MaterializeResult | dg.AssetCheckResult] = [
            dg.MaterializeResult(
                asset_key=DELIVERY_GATE,
                metadata={
                    "deliveries": told.deliveries,
                    "admitted": told.admitted,
                    "refused": told.deliveries - told.admitted,
                    "observations": told.observations,
                },
            ),
            *_results(outcomes, rules, lambda rule: DELIVERY_GATE, groups),
        ]
        for declared in door.work.declarations:
            refused = [r for r in told.refused if r.is_open and r.data_set_id == declared.id]
            results.append(_accepted_result(declared.id, refused))
            for delivery in refused:
                context.log.warning(_in_words(delivery))
        lines = on_time(deadline_watch.lines(door.work.settings, door.work.now))
        results += [on_time_result(name, overdue) for name, overdue in lines.items()]
        yield from (result for result in results if _is_selected(result, context))

    return delivery_gate


def _accepted_result(
    data_set_id: str, refused: Sequence[delivery_judging.RefusedDelivery]
) -> dg.AssetCheckResult:
    """A check that never blocks: it shows on a data set which of its deliveries stay out."""
    lines = [f"- {_in_words(r)} → {r.guidance_zh} | {r.guidance_en}" for r in refused]
    listed = {"拒收 refused deliveries": dg.MetadataValue.md("\n".join(lines))} if refused else {}
    return dg.AssetCheckResult(
        check_name=ACCEPTED_CHECK,
        asset_key=delivery_key(data_set_id),
        passed=not refused,
        severity=dg.AssetCheckSeverity.ERROR,
        description=_in_words(refused[0]) if refused else None,
        metadata={"refused": len(refused), **listed},
    )


def _in_words(refused: delivery_judging.RefusedDelivery) -> str:
    """What was refused, and why, for a person who looks at a run."""
    told = f"{refused.data_set_id} {refused.file_name} [{refused.rule_id}] {refused.place}"
    return f"拒收 refused: {told}: {refused.detail_zh} | {refused.detail_en}"


def _dbt_models(reader: Workplace, step: steps.DbtStep, gate: dg.AssetKey) -> dg.AssetsDefinition:
    """The marts of a step as assets, their tests as checks that block.

    What lies between landing and marts is built with them and is no asset.
    """
    translator = Translator(reader.dbt.catalog(), gate)
    specs, checks = translator.specs(reader.dbt.manifest(), steps.nodes_of(reader, step))

    @dg.multi_asset(name=step, specs=specs, check_specs=checks, can_subset=True)
    def models(context: dg.AssetExecutionContext, door: Door) -> Iterator[Any]:
        for event in _dbt_events(door.work, step, translator):
            # Who asks for one table gets its step: the others are built with it, unsaid.
            if _is_selected(event, context):
                yield event

    return models


def _is_selected(
    event: dg.MaterializeResult | dg.AssetCheckResult, context: dg.AssetExecutionContext
) -> bool:
    if isinstance(event, dg.MaterializeResult):
        return event.asset_key in context.selected_asset_keys
    assert event.asset_key is not None and event.check_name is not None
    key = dg.AssetCheckKey(event.asset_key, event.check_name)
    return key in context.selected_asset_check_keys


UNCHANGED = "沿用 unchanged"
"""Whether a table is as an earlier run made it, because all that it follows from is the same."""


def _dbt_events(work: Workplace, step: steps.DbtStep, translator: Translator) -> Iterator[Any]:
    """Build in this process and tell Dagster of every model and test.

    Raises:
        dagster.Failure: a contract, a key or another test of severity error failed.
    """
    manifest = work.dbt.manifest()
    broken: steps.ModelsBrokenError | None = None
    try:
        results = steps.build(work, step)
    except steps.ModelsBrokenError as error:
        broken, results = error, error.results
    rows, run = steps.table_rows(work), state.identity_of(work.settings)
    known = steps.standing_models(work)
    # Built now or standing, tables are told of in the order in which they stand on each other.
    order = {
        name: n for n, name in enumerate(TopologicalSorter(manifest["parent_map"]).static_order())
    }
    for result in sorted(results, key=lambda result: order[result.unique_id]):
        if result.kind == "model" and not result.is_bad:
            props = manifest["nodes"][result.unique_id]
            told: dict[str, Any] = {"seconds": result.seconds}
            count = rows.get((props["schema"], props["name"]))
            if count is not None:
                told["dagster/row_count"] = count
            entry = known.get(result.unique_id)
            if entry is not None:
                told[UNCHANGED] = entry.run_id != run.run_id
            yield dg.MaterializeResult(
                asset_key=translator.get_asset_key(props),
                metadata=told,
                # Whoever stands on a table sees that it holds what it held before.
                data_version=dg.DataVersion(entry.holds) if entry is not None else None,
            )
    for result in results:
        if result.kind != "test":
            continue
        key = translator.check_key(manifest, result.unique_id)
        if key is not None:
            yield dg.AssetCheckResult(
                passed=not result.is_bad,
                asset_key=key.asset_key,
                check_name=key.name,
                metadata={"status": result.status, "failures": result.failures},
            )
    if broken is not None:
        raise dg.Failure(broken.what)


def _marts_gate(reader: Workplace) -> dg.AssetsDefinition:
    """The gate as an asset; its rules are checks of the tables they read, and block from there.

    Every published table and every data set has a check besides that shows what was found about
    it, whichever rule found it.
    """
    rules, catalog = reader.catalogue.by_gate("marts"), reader.dbt.catalog()
    there = {
        f"{contract.schema}.{contract.table}": dg.AssetKey([contract.schema, contract.table])
        for contract in read_contracts(reader.dbt.manifest(), catalog)
    }
    marts = list(there.values())
    shown = {
        table.qualified: there[table.qualified]
        for table in catalog.tables
        if table.qualified in there and any(column.names_observations for column in table.columns)
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
                group_name="judge_marts",
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
        context: dg.AssetExecutionContext, door: Door
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        outcomes, told = marts_judging.marts_gate(door.work)
        groups = marts_judging.finding_groups(door.work, "marts")
        findings = sum(told["findings"].values())
        results: list[dg.MaterializeResult | dg.AssetCheckResult] = [
            dg.MaterializeResult(asset_key=MARTS_GATE, metadata={"findings": findings}),
            *_results(outcomes, rules, asset_of, groups),
            *(_findings_result(key, groups.get(("table", name))) for name, key in shown.items()),
            *(_findings_result(key, groups.get(("data_set", name))) for name, key in sets.items()),
        ]
        yield from (result for result in results if _is_selected(result, context))

    return marts_gate


def _candidate() -> dg.AssetsDefinition:
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
    def candidate(context: dg.AssetExecutionContext, door: Door) -> dg.MaterializeResult:
        path = release.candidate(door.work)
        files = [file for file in path.rglob("*") if file.is_file()]
        return dg.MaterializeResult(
            metadata={"files": len(files), "bytes": sum(file.stat().st_size for file in files)}
        )

    return candidate


def _release_gate(reader: Workplace) -> dg.AssetsDefinition:
    rules = reader.catalogue.by_gate("release")

    @dg.asset(
        key=RELEASE_GATE,
        group_name="publish",
        description="发布关：重新打开并核对 | Release gate: opened again and compared",
        kinds={"duckdb"},
        owners=["team:qutong"],
        deps=[CANDIDATE],
        check_specs=_specs(rules, lambda rule: RELEASE_GATE, block=True),
    )
    def release_gate(context: dg.AssetExecutionContext, door: Door) -> dg.MaterializeResult:
        outcomes = release.release_gate(door.work)
        results = _results(outcomes, rules, lambda rule: RELEASE_GATE)
        return dg.MaterializeResult(check_results=results)

    return release_gate


def _publish() -> dg.AssetsDefinition:
    @dg.asset(
        key=CURRENT,
        group_name="publish",
        description="当前版本：读者所见 | The current release: what readers see",
        owners=["team:qutong"],
        deps=[RELEASE_GATE],
    )
    def published(context: dg.AssetExecutionContext, door: Door) -> dg.MaterializeResult:
        done = release.publish(door.work)
        return dg.MaterializeResult(
            metadata={"release": done.release_id, "is_in_force": done.moved}
        )

    return published


# --- running it ------------------------------------------------------------------------------


PATIENCE = 12 * 3600.0
"""So many seconds a run that nobody watches waits for one that is at work: it would be lost."""
MOST_EVENTS = 1000
"""Of one kind at one moment, planned assets and checks say, that are written together."""


def _instance(home: Path) -> dict[str, Any]:
    """Configuration of the instance; its files lie where Dagster itself would keep them."""

    def stored(name: str, folder: Path) -> dict[str, Any]:
        module = "orchestration.dagster_storage"
        return {"module": module, "class": name, "config": {"base_dir": str(folder)}}

    return {
        "telemetry": {"enabled": False},
        "nux": {"enabled": False},
        "run_coordinator": {
            "module": "dagster.core.run_coordinator",
            "class": "QueuedRunCoordinator",
            "config": {"max_concurrent_runs": 1},
        },
        "run_storage": stored("PooledRunStorage", home / "history"),
        "schedule_storage": stored("PooledScheduleStorage", home / "schedules"),
        "event_log_storage": stored("PooledEventLogStorage", home / "history" / "runs"),
    }


def dagster_home(settings: Settings) -> Path:
    """The instance directory under ``var``, with its configuration written.

    Raises:
        DeclarationError: it lies on a file system on which SQLite cannot lock.
    """
    home = settings.dagster_home
    settings.make_private()
    kind = file_system_of(home)
    if kind in REMOTE:
        raise DeclarationError(
            f"Dagster's history cannot be kept on {kind}: it needs a local disk",
            file=home,
            remedy="move the run state to a local disk with QUTONG_HOME",
        )
    file = home / "dagster.yaml"
    content = json.dumps(_instance(home), indent=1)
    if not file.is_file() or file.read_text(encoding="utf-8") != content:
        file.write_text(content, encoding="utf-8")
    os.environ["DAGSTER_HOME"] = str(home)
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "yes"
    os.environ["DAGSTER_EVENT_BATCH_SIZE"] = str(MOST_EVENTS)
    return home


_UNFINISHED = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)


def execute_job(work: Workplace, data_sets: Sequence[str]) -> None:
    """Carry out the job in this process, with the instance that the UI shows.

    The run has entered and holds the lock: a run that Dagster believes to be at work was killed,
    and is closed here.
    """
    with uncollected():
        defs = build_defs(work.settings, reader=work)
        job = defs.resolve_job_def(JOB_NAME)
    home = dagster_home(work.settings)
    for aside in put_aside_damaged(home):
        work.say(
            f"Dagster 历史已损坏, 另存并重建 / damaged history put aside, a new one begun: {aside}"
        )
    with dg.DagsterInstance.from_config(str(home)) as instance, _printing(instance):
        stale = instance.get_runs(dg.RunsFilter(statuses=list(_UNFINISHED)))
        for leftover in stale:
            instance.report_run_failed(leftover, "the process that carried it out was killed")
        chosen = {delivery_key(name) for name in data_sets}
        collected = {delivery_key(declared.id) for declared in work.declarations}
        keys = defs.resolve_asset_graph().executable_asset_keys - (collected - chosen)
        done = job.execute_in_process(
            instance=instance,
            asset_selection=sorted(keys),
            raise_on_error=False,
            tags={
                "qutong/started": work.now.astimezone(UTC).isoformat(timespec="seconds"),
                **({PERIOD_TAG: ",".join(work.periods)} if work.periods else {}),
            },
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
        here = door.inside(work.settings)
        if here is not None and not done.success:
            here.untold, is_own = _first_failure(done.get_run_failure_event())
            here.error = here.untold if is_own else ""


@contextlib.contextmanager
def _printing(instance: dg.DagsterInstance) -> Iterator[None]:
    """What is printed stands on the terminal of who started the run, and is not caught for Dagster.

    To show it there as well Dagster would start four processes, two of them in Python.
    """
    from dagster._core.storage.noop_compute_log_manager import NoOpComputeLogManager

    caught = instance._compute_log_manager
    instance._compute_log_manager = NoOpComputeLogManager()
    try:
        yield
    finally:
        instance._compute_log_manager = caught


def _first_failure(failed: dg.DagsterEvent) -> tuple[str, bool]:
    """What the first step that failed stumbled over, and whether that was Dagster itself."""
    first = failed.job_failure_data.first_step_failure_event
    data = first.step_failure_data if first is not None else None
    if first is None or data is None or data.error is None:
        return "", False
    is_own = data.error_source.name == "FRAMEWORK_ERROR"
    # What our code raised; Dagster's words around it say no more.
    error = data.error if is_own or data.error.cause is None else data.error.cause
    text = error.message.strip().splitlines()
    return (
        f"Dagster, step {first.step_key}: {text[0] if text else error.cls_name}\n"
        "  → nothing was published; run again, and report it if it stays"
    ), is_own


@dg.definitions
def defs() -> dg.Definitions:
    """What ``dagster dev`` loads."""
    return build_defs()
