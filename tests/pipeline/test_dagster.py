"""What Dagster shows: the graph, its checks, its triggers, and the history of runs."""

from __future__ import annotations

import dagster as dg
import pytest

from orchestration.automation import JOB_NAME, inbox_state
from orchestration.definitions import MARTS_GATE, RELEASE_GATE, build_defs, dagster_home
from orchestration.judge.catalogue import load_catalogue
from orchestration.settings import CODE_ROOT, Settings
from tests.pipeline.released import Released
from tests.support import drop


@pytest.fixture(scope="module")
def defs(first: Released) -> dg.Definitions:
    return build_defs(first.settings)


def test_every_published_table_is_an_asset_with_group_description_and_owner(
    defs: dg.Definitions, first: Released
) -> None:
    graph = defs.resolve_asset_graph()
    tables = first.rows("select schema_name, table_name, title_zh from meta.schema_dictionary")
    assert len(tables) == 19
    for schema, table, _ in tables:
        node = graph.get(dg.AssetKey([schema, table]))
        assert node.group_name == schema
        assert " | " in (node.description or "")
        assert list(node.owners) == ["team:qutong"]
        assert "duckdb" in node.kinds


def test_the_graph_runs_from_deliveries_to_the_release(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    delivery = graph.get(dg.AssetKey(["deliveries", "yunxi_investment"]))
    assert (delivery.group_name, list(delivery.owners)) == ("collect", ["team:investment-section"])
    behind = dg.AssetSelection.assets(dg.AssetKey(["release", "current"])).upstream().resolve(graph)
    assert {delivery.key, MARTS_GATE, RELEASE_GATE} <= behind
    assert dg.AssetKey(["investment", "fixed_asset_investment"]) in behind


def test_hard_rules_of_marts_and_release_block_and_those_of_deliveries_route(
    defs: dg.Definitions,
) -> None:
    graph = defs.resolve_asset_graph()
    specs = {key: graph.get_check_spec(key) for key in graph.asset_check_keys}
    blocking = {key.name for key, spec in specs.items() if spec.blocking}
    for rule in load_catalogue(CODE_ROOT / "expectations"):
        name = rule.id.replace(".", "_").replace("-", "_")
        assert name in {key.name for key in specs}, rule.id
        wanted = rule.severity == "hard" and rule.gate != "delivery"
        assert (name in blocking) is wanted, rule.id
    assert {"observation_key", "fixed_asset_investment_key"} <= blocking


def test_one_job_a_monthly_schedule_and_a_sensor(defs: dg.Definitions) -> None:
    repository = defs.get_repository_def()
    assert JOB_NAME in repository.job_names
    (schedule,) = repository.schedule_defs
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 6 16 * *", "Asia/Shanghai")
    assert [sensor.name for sensor in repository.sensor_defs] == ["inbox"]
    job = defs.resolve_job_def(JOB_NAME)
    assert job.executor_def is dg.in_process_executor


def test_the_sensor_asks_once_for_the_same_content(project: Settings) -> None:
    (sensor,) = build_defs(project).get_repository_def().sensor_defs
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


def test_the_history_of_the_command_is_what_the_interface_shows(first: Released) -> None:
    with dg.DagsterInstance.from_config(str(dagster_home(first.settings))) as instance:
        assert instance.telemetry_enabled is False
        (run,) = instance.get_runs()
        assert (run.job_name, run.status) == (JOB_NAME, dg.DagsterRunStatus.SUCCESS)
        assert run.tags["qutong/release"] == "2026-03-01.1"
        event = instance.get_latest_materialization_event(
            dg.AssetKey(["deliveries", "yunxi_investment"])
        )
        assert event is not None and event.asset_materialization is not None
        shown = {k: v.value for k, v in event.asset_materialization.metadata.items()}
        assert {k: shown[k] for k in ("received_new", "observations", "quarantined")} == {
            "received_new": 1,
            "observations": 6,
            "quarantined": 0,
        }
        event = instance.get_latest_materialization_event(dg.AssetKey(["core", "observation"]))
        assert event is not None and event.asset_materialization is not None
        assert event.asset_materialization.metadata["dagster/row_count"].value == 13
