"""The step ``land``: the work database gets what is declared and everything ever received.

Belongs here: bringing declarations and parsed deliveries together, and whether there is anything
to do at all. Does not belong here: the tables of ``landing`` (``process.landing``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from orchestration import __version__
from orchestration.collect import decisions, feedback
from orchestration.duck import share_out
from orchestration.judge.sound import demand_sound
from orchestration.publish import ledger
from orchestration.steps import state
from orchestration.steps.reading import read_what_was_not, readings_now
from orchestration.steps.workplace import Workplace, gone, inputs_digest

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from orchestration.process.landing import Landed, Touched


def land(work: Workplace) -> dict[str, int] | None:
    """Bring the work database up to date with what the delivery gate reads.

    Returns:
        What was landed; None where the newest release follows from these very inputs, and nothing
        is to be done: what earlier steps left then stays as it is.
    """
    read_what_was_not(work)  # what cannot be read is part of the inputs
    inputs = inputs_digest(work)
    if follows_from(work, inputs):
        with state.opened(work.settings) as con:
            con.execute(f"update {state.SCHEMA}.run set is_unchanged = true")
        return None
    is_anew = not _was_sound(work)
    with state.carried(work, "land", "入库 / land", inputs=inputs) as step:
        step.detail = _land_everything(work, anew=is_anew)
    return dict(step.detail)


def follows_from(work: Workplace, inputs: str) -> bool:
    """Whether the newest release follows from these inputs and is what readers see.

    Under a pin they see an earlier one, and that is as it should be.
    """
    releases = work.releases
    newest = ledger.last(releases) if work.published_file.is_file() else None
    if newest is None or not (releases.release(newest.release_id) / "manifest.json").is_file():
        return False
    in_force = releases.current.readlink().name if releases.current.is_symlink() else None
    return newest.inputs == inputs and (releases.pin.exists() or in_force == newest.release_id)


def _was_sound(work: Workplace) -> bool:
    """Whether the marts gate passed what lies in the work database.

    What it refused, or never saw to its end, is no ground to build on: it is made anew.
    """
    from orchestration.judge import gates

    with state.opened(work.settings) as con:
        return state.has_verdicts(con) and (gates.verdict(con, "marts", work.catalogue) == "passed")


def _land_everything(work: Workplace, *, anew: bool) -> dict[str, int]:
    from orchestration.process.dbt import questions

    landed = landed_deliveries(work)
    tables, columns = work.dbt.catalog(work.declarations.codelists.lists).rows()
    texts = {
        "table_dictionary": tables,
        "column_dictionary": columns,
        "example_query": questions(work.dbt.manifest()),
        "promised_column": work.dbt.promised(work.declarations.codelists.lists),
    }
    touched = land_deliveries(work, landed, texts, anew=anew)
    return {
        "deliveries": len(landed),
        "candidates": sum(entry.counts[1] for entry in landed),
        "deliveries_touched": len(touched.deliveries),
    }


def land_deliveries(
    work: Workplace,
    landed: Sequence[Landed],
    texts: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    *,
    anew: bool = False,
) -> Touched:
    """Bring the work database to what is declared, what was delivered, and texts of dbt.

    Args:
        work: Where.
        landed: See ``landed_deliveries``.
        texts: Rows of tables that dbt's project fills, by table.
        anew: Whether nothing that lies there is to be built on.
    """
    import duckdb

    from orchestration.judge import gates
    from orchestration.process import declared, landing

    settings = work.settings
    identity = state.identity_of(settings)
    control = declared.ReleaseControl(
        identity.release_id, identity.release_time, identity.policy, __version__
    )
    rows = {
        **declared.declared_rows(work.declarations, control),
        **(texts or {}),
        "finding_decision": _decisions(work),
        "feedback": feedback.rows(work.archive.root, work.zone),
    }
    counts = [entry.counts for entry in landed]
    reasons = {rule.id: (rule.title.zh, rule.title.en) for rule in work.catalogue}

    def prepare(con: DuckDBPyConnection) -> None:
        # Other rules make the work database anew, so these are looked at once.
        if not con.execute("select 1 from landing.rule limit 1").fetchall():
            demand_sound(con, work.catalogue)
        gates.prepare(con, work.catalogue, settings.expectations, "delivery")

    def bring() -> Touched:
        with state.opened(settings) as con:
            # What is about to be read does not lie in the database yet.
            share_out(con, settings.database, sum(accepted for _, accepted, *_ in counts))
            return landing.bring_up_to_date(
                con, prepare, rows, landed, reasons, keep=state.SCHEMA, anew=anew
            )

    try:
        return bring()
    except duckdb.Error as error:
        if state.is_disk_full(error, settings):
            raise
        # What lies there opens and cannot be used: it follows from the archive, so it goes.
        state.discard(settings)
        state.write_identity(settings, identity)
        return bring()


def _decisions(work: Workplace) -> list[dict[str, Any]]:
    """What holds of findings on the day of the run; who decided stays in the archive."""
    told = decisions.decisions(work.archive.root)
    return [
        {
            "claim": claim,
            "decision": decision.kind,
            "reason": decision.reason,
            "decided_on": datetime.fromisoformat(decision.at).astimezone(work.zone).date(),
            "expires_on": date.fromisoformat(decision.expires) if decision.expires else None,
            "delivery_id": decision.delivery_id,
        }
        for claim, decision in decisions.in_force(told, work.archive.today).items()
    ]


def landed_deliveries(work: Workplace, only: Sequence[str] = ()) -> list[Landed]:
    """Every delivery ever received for a declared data set, with its parsed files."""
    from orchestration.process.landing import Landed

    landed = []
    for declared in work.declarations:
        if only and declared.id not in only:
            continue
        read = readings_now(work, declared)
        missing = gone(work.settings, declared.id, (reading.delivery for reading in read))
        corrected_on = sorted({day for reading in read for day in reading.corrected})
        for reading in read:
            delivery, parsed = reading.delivery, reading.parsed
            refusal = parsed.refusal
            landed.append(
                Landed(
                    delivery_id=delivery.delivery_id,
                    data_set_id=declared.id,
                    sha256=delivery.sha256,
                    file_name=delivery.file_name,
                    delivered_on=delivery.delivered_on,
                    size_bytes=delivery.size_bytes,
                    connector=delivery.connector,
                    is_simulated=parsed.is_simulated,
                    counted_unit=parsed.counted_unit,
                    counts=(parsed.read, parsed.accepted, parsed.quarantined, parsed.non_data),
                    refused_by=(refusal.rule_id, refusal.place) if refusal else None,
                    stem=reading.stem,
                    past=reading.past(corrected_on),
                    is_damaged=reading.is_damaged,
                    is_gone=delivery.delivery_id in missing,
                    received_at=delivery.received_in(work.zone),
                )
            )
    return landed
