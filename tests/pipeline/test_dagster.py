"""What Dagster shows: the graph, its checks, its triggers, and the history of runs."""

from __future__ import annotations

from graphlib import TopologicalSorter
from pathlib import Path

import dagster as dg
import pytest

from orchestration.automation import JOB_NAME, inbox_state
from orchestration.definitions import (
    FINDINGS_CHECK,
    MARTS_GATE,
    RELEASE_GATE,
    UNCHANGED,
    build_defs,
    dagster_home,
)
from orchestration.judge.catalogue import load_catalogue
from orchestration.settings import CODE_ROOT, Settings
from tests.pipeline.released import Released, copy_of, qutong
from tests.support import CONTRADICTION, deliver, drop, investment

FOR_DBT_ALONE = ("staging", "intermediate", "landing")
CATALOGUE = load_catalogue(CODE_ROOT / "expectations")


def check_name(rule_id: str) -> str:
    return rule_id.replace(".", "_").replace("-", "_")


@pytest.fixture(scope="module")
def defs(first: Released) -> dg.Definitions:
    return build_defs(first.settings)


def test_every_published_table_is_an_asset_with_group_description_and_owner(
    defs: dg.Definitions, first: Released
) -> None:
    graph = defs.resolve_asset_graph()
    tables = first.rows("select schema_name, table_name, title_zh from meta.schema_dictionary")
    exported = {(f.parent.name, f.stem) for f in (first.path / "parquet").rglob("*.parquet")}
    assert {(schema, table) for schema, table, _ in tables} == exported
    for schema, table, _ in tables:
        node = graph.get(dg.AssetKey([schema, table]))
        # signals are told of what themes hold, and stand behind them
        is_across = table in ("signal", "signal_rule")
        assert node.group_name == ("across" if is_across else schema)
        assert " | " in (node.description or "")
        assert list(node.owners) == ["team:qutong"]
        assert "duckdb" in node.kinds


def test_the_graph_runs_from_deliveries_to_the_release(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    delivery = graph.get(dg.AssetKey(["deliveries", "yunxi_investment"]))
    assert (delivery.group_name, list(delivery.owners)) == (
        "collect_investment",
        ["team:investment-section"],
    )
    behind = dg.AssetSelection.assets(dg.AssetKey(["release", "current"])).upstream().resolve(graph)
    assert {delivery.key, MARTS_GATE, RELEASE_GATE} <= behind
    assert dg.AssetKey(["investment", "fixed_asset_investment"]) in behind


def test_the_groups_follow_each_other_and_never_lead_back(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    before: dict[str, set[str]] = {}
    for key in graph.executable_asset_keys:
        node = graph.get(key)
        groups = {graph.get(parent).group_name for parent in node.parent_keys}
        before.setdefault(node.group_name, set()).update(groups - {node.group_name})
    order = list(TopologicalSorter(before).static_order())  # raises where they lead back
    way = ["process", "judge_delivery", "core", "judge_marts", "quality", "publish"]
    assert [name for name in order if name in way] == way
    assert order[-1] == "publish"


def test_hard_rules_of_marts_and_release_block_and_those_of_deliveries_route(
    defs: dg.Definitions,
) -> None:
    graph = defs.resolve_asset_graph()
    specs = {key: graph.get_check_spec(key) for key in graph.asset_check_keys}
    blocking = {key.name for key, spec in specs.items() if spec.blocking}
    for rule in CATALOGUE:
        name = check_name(rule.id)
        assert name in {key.name for key in specs}, rule.id
        wanted = rule.severity == "hard" and rule.gate != "delivery"
        assert (name in blocking) is wanted, rule.id
    assert {"observation_intervals_are_ordered", "finding_key"} <= blocking
    # asked once: of the tables at the gate by suites, of those built after it by dbt
    assert "observation_key" not in {key.name for key in specs}


def test_rules_are_checks_of_the_table_they_read(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    names = {check_name(rule.id) for rule in CATALOGUE.by_gate("marts")}
    marts = {
        key.name: key.asset_key.to_user_string()
        for key in graph.asset_check_keys
        if key.name in names
    }
    tables = {rule.batch for rule in CATALOGUE.by_gate("marts", "sql")}
    assert "core.observation" in tables
    for rule in CATALOGUE.by_gate("marts", "sql"):
        name = check_name(rule.id)
        # What is read before dbt runs cannot wait for the gate, for dbt would wait for it too.
        before = (rule.batch or "").startswith("landing.")
        wanted = "judge/marts_gate" if before else (rule.batch or "").replace(".", "/")
        assert marts[name] == wanted, rule.id
    for executor in ("gx", "dbt"):
        rules = CATALOGUE.by_gate("marts", executor)
        assert {marts[check_name(rule.id)] for rule in rules} == {"judge/marts_gate"}


def test_every_mart_and_data_set_shows_what_was_found_about_it(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    keys = {key for key in graph.asset_check_keys if key.name == FINDINGS_CHECK}
    shown = {key.asset_key.to_user_string() for key in keys}
    assert {
        "core/observation",
        "core/district_profile",
        "investment/fixed_asset_investment",
        "deliveries/yunxi_investment",
    } <= shown
    assert not any(graph.get_check_spec(key).blocking for key in keys)


def test_a_table_is_shown_with_its_columns_units_and_what_it_is_made_of(
    defs: dg.Definitions,
) -> None:
    node = defs.resolve_asset_graph().get(dg.AssetKey(["investment", "fixed_asset_investment"]))
    schema = node.metadata["dagster/column_schema"]
    assert isinstance(schema, dg.TableSchema)
    columns = {column.name: column for column in schema.columns}
    assert columns["region_code"].constraints.nullable is False
    share = columns["share_printed"]
    assert (share.type, share.constraints.nullable) == ("decimal(12,4)", True)
    assert share.description == "公布的占合计比重 | Share of the total as printed [%]"
    assert " | " in str(node.metadata["每行 row"])
    assert {key.to_user_string() for key in node.parent_keys} == {
        "core/observation",
        "judge/delivery_gate",
    }


def test_what_lies_between_landing_and_marts_is_no_asset(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    assert not [key for key in graph.get_all_asset_keys() if key.path[0] in FOR_DBT_ALONE]
    assert graph.get(dg.AssetKey(["core", "observation"])).parent_keys >= {
        dg.AssetKey(["judge", "delivery_gate"])
    }


def test_one_job_a_schedule_for_what_is_due_and_two_sensors(defs: dg.Definitions) -> None:
    repository = defs.get_repository_def()
    assert JOB_NAME in repository.job_names
    (schedule,) = repository.schedule_defs
    assert (schedule.name, schedule.execution_timezone) == ("due_yunxi_investment", "Asia/Shanghai")
    assert {sensor.name for sensor in repository.sensor_defs} == {"inbox", "deadlines"}
    job = defs.resolve_job_def(JOB_NAME)
    assert job.executor_def is dg.in_process_executor


def test_the_sensor_asks_once_for_the_same_content(project: Settings) -> None:
    sensor = build_defs(project).get_repository_def().get_sensor_def("inbox")
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(instance=instance)
        assert sensor.evaluate_tick(context).run_requests == []
        drop(project, "yunxi-profile", "公报.csv", b"x")
        first, second = (sensor.evaluate_tick(context).run_requests for _ in range(2))
        assert first is not None and second is not None
        assert [r.run_key for r in first] == [r.run_key for r in second] == [inbox_state(project)]
        before = inbox_state(project)
        drop(project, "yunxi-profile", "公报二.csv", b"y")
        assert inbox_state(project) != before


def materialized(instance: dg.DagsterInstance, key: str) -> dg.AssetMaterialization:
    event = instance.get_latest_materialization_event(dg.AssetKey(key.split("/")))
    assert event is not None and event.asset_materialization is not None
    return event.asset_materialization


def test_a_table_that_stands_is_shown_with_the_version_that_it_had(
    first: Released, tmp_path: Path
) -> None:
    settings = copy_of(first, tmp_path / "district")
    content = investment(CONTRADICTION, title="云溪区固定资产投资（2025年1—9月）")
    deliver(settings, "yunxi-investment", "2025-10-15", "投资2025前三季度.xlsx", content)
    done = qutong(settings, "run", keep_history=True, all_products=False)
    assert done.exit_code == 0
    with dg.DagsterInstance.from_config(str(dagster_home(settings))) as instance:
        tables = ("investment/fixed_asset_investment", "consumption/tourism", "core/correction")
        made = {key: materialized(instance, key) for key in tables}
    assert {key: bool(event.metadata[UNCHANGED].value) for key, event in made.items()} == {
        "investment/fixed_asset_investment": False,
        "consumption/tourism": True,
        "core/correction": True,
    }
    assert all("dagster/data_version" in (event.tags or {}) for event in made.values())


def test_findings_are_shown_where_they_belong(contradicted: Released) -> None:
    with dg.DagsterInstance.from_config(str(dagster_home(contradicted.settings))) as instance:
        records = {
            (key, name): instance.event_log_storage.get_latest_asset_check_execution_by_key(
                [dg.AssetCheckKey(dg.AssetKey(key.split("/")), name)]
            )
            for key, name in (
                ("core/observation", "relation_share_differs_from_computed"),
                ("investment/fixed_asset_investment", FINDINGS_CHECK),
                ("investment/capital_attraction", FINDINGS_CHECK),
                ("deliveries/yunxi_investment", FINDINGS_CHECK),
                ("deliveries/yunxi_profile", FINDINGS_CHECK),
            )
        }
    told = {}
    for (key, name), found in records.items():
        (record,) = found.values()
        assert record.event is not None and record.event.dagster_event is not None
        told[key, name] = record.event.dagster_event.asset_check_evaluation_data
    passed = {key: data.passed for (key, _), data in told.items()}
    assert passed == {
        "core/observation": False,
        "investment/fixed_asset_investment": False,
        "investment/capital_attraction": True,
        "deliveries/yunxi_investment": False,
        "deliveries/yunxi_profile": True,
    }
    table = told["investment/fixed_asset_investment", FINDINGS_CHECK]
    assert table.severity is dg.AssetCheckSeverity.WARN
    assert table.metadata["findings"].value == 1
    lines = str(table.metadata["发现 first findings"].value).splitlines()
    assert lines[2].startswith("| relation.share-differs-from-computed | ")
    assert "工业投资" in lines[2] and "2025-01/2025-09" in lines[2] and "35" in lines[2]
    assert "what to do" in " ".join(
        told["core/observation", "relation_share_differs_from_computed"].metadata
    )


def test_the_history_of_the_command_is_what_the_interface_shows(first: Released) -> None:
    with dg.DagsterInstance.from_config(str(dagster_home(first.settings))) as instance:
        assert instance.telemetry_enabled is False
        (run,) = instance.get_runs()
        assert (run.job_name, run.status) == (JOB_NAME, dg.DagsterRunStatus.SUCCESS)
        assert run.tags["qutong/release"] == "2026-03-01.1"
        event = materialized(instance, "deliveries/yunxi_investment")
        shown = {k: v.value for k, v in event.metadata.items()}
        assert {k: shown[k] for k in ("received_new", "observations", "quarantined")} == {
            "received_new": 1,
            "observations": 6,
            "quarantined": 0,
        }
        event = materialized(instance, "core/observation")
        assert event.metadata["dagster/row_count"].value == 13
