"""The step ``land``: the work database gets what is declared and everything ever received.

Belongs here: bringing declarations and parsed deliveries together, and whether there is anything
to do at all. Does not belong here: the tables of ``landing`` (``process.landing``).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from orchestration import __version__
from orchestration.steps import state
from orchestration.steps.workplace import Workplace, inputs_digest

if TYPE_CHECKING:
    from orchestration.process.landing import Landed


def land(work: Workplace) -> dict[str, int] | None:
    """Make the work database anew and fill what the delivery gate reads.

    Returns:
        What was landed; None where the newest release follows from these very inputs, and nothing
        is to be done: what earlier steps left then stays as it is.
    """
    inputs = inputs_digest(work)
    if follows_from(work, inputs):
        with state.opened(work.settings) as con:
            con.execute(f"update {state.SCHEMA}.run set is_unchanged = true")
        return None
    with state.carried(work, "land", "入库 / land", inputs=inputs) as step:
        step.detail = _land_everything(work)
    return dict(step.detail)


def follows_from(work: Workplace, inputs: str) -> bool:
    """Whether the newest release follows from these inputs and is what readers see.

    Under a pin they see an earlier one, and that is as it should be.
    """
    try:
        note = json.loads(work.published_file.read_text(encoding="utf-8"))
        known, published = note["fingerprint"], str(note["release_id"])
    except (OSError, ValueError, TypeError, KeyError):
        return False
    releases = work.releases
    if not (releases.root / published / "manifest.json").is_file():
        return False
    in_force = releases.current.readlink().name if releases.current.is_symlink() else None
    return bool(known == inputs) and (releases.pin.exists() or in_force == published)


def _land_everything(work: Workplace) -> dict[str, int]:
    from orchestration.process import landing
    from orchestration.process.dbt import dictionaries, questions

    landed = landed_deliveries(work)
    manifest = work.dbt.manifest()
    tables, columns = dictionaries(manifest)
    land_deliveries(work, landed)
    with state.opened(work.settings) as con:
        landing.insert_rows(con, "table_dictionary", tables)
        landing.insert_rows(con, "column_dictionary", columns)
        landing.insert_rows(con, "example_query", questions(manifest))
    return {
        "deliveries": len(landed),
        "candidates": sum(entry.counts[1] for entry in landed),
    }


def land_deliveries(work: Workplace, landed: Sequence[Landed]) -> None:
    """Fill ``landing`` with declarations and deliveries, over whatever was there."""
    from orchestration.judge import gates
    from orchestration.process import landing

    settings = work.settings
    reasons = {rule.id: (rule.title.zh, rule.title.en) for rule in work.catalogue}
    identity = state.identity_of(settings)
    control = landing.ReleaseControl(
        identity.release_id, identity.release_time, identity.policy, __version__
    )
    with state.opened(settings) as con:
        landing.create_tables(con, keep=state.SCHEMA)
        gates.prepare(con, work.catalogue, settings.expectations, "delivery")
        landing.land_declarations(con, work.declarations, control)
        landing.land_deliveries(con, landed, reasons)


def landed_deliveries(work: Workplace, only: Sequence[str] = ()) -> list[Landed]:
    """Every delivery ever received for a declared data set, with its parsed files."""
    from orchestration.process.landing import Landed

    landed = []
    for declared in work.declarations:
        if only and declared.id not in only:
            continue
        for delivery in work.archive.deliveries(declared.id):
            parsed, _ = work.store.parse(
                delivery, declared, work.archive, work.declarations.codelists
            )
            refusal = parsed.refusal
            landed.append(
                Landed(
                    delivery_id=parsed.delivery_id,
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
                    stem=work.store.stem(delivery, declared),
                )
            )
    return landed
