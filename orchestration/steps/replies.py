"""What is said about deliveries outside a run: the reply to a sender, and a rehearsal of the gate.

Belongs here: acts of ``qutong quarantine`` that need archive, parser and gate together. Does not
belong here: the state they read (``serve.quarantine``) and the workbook itself (``collect.reply``).
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from orchestration.collect.archive import Archive
from orchestration.declarations import Declarations
from orchestration.errors import QutongError
from orchestration.serve import quarantine
from orchestration.steps import state
from orchestration.steps.delivery_gate import judge_deliveries
from orchestration.steps.land import land_deliveries, landed_deliveries
from orchestration.steps.workplace import Workplace


def rehearse(work: Workplace, data_sets: Sequence[str]) -> quarantine.State:
    """What the delivery gate would say of everything received for data sets, by what is declared.

    Archived deliveries are read anew in a directory that is removed again: nothing is changed.
    """
    with tempfile.TemporaryDirectory(prefix="qutong-") as folder:
        settings = replace(work.settings, home=Path(folder))
        trial = Workplace(settings, now=work.now)
        trial.declarations, trial.archive = work.declarations, work.archive
        begun = work.now.astimezone(UTC).replace(tzinfo=None, microsecond=0)
        policy = settings.district.policy
        state.write_identity(
            settings, state.Identity("rehearsal", begun, "rehearsal", begun, policy)
        )
        land_deliveries(trial, landed_deliveries(trial, data_sets))
        judge_deliveries(trial)
        return quarantine.read_state(settings.work)


def reply_to_sender(declarations: Declarations, named: str) -> bytes:
    """The workbook that sends a delivery back, made from the archived bytes and the last run.

    Raises:
        QutongError: there is no such delivery, or nothing is wrong with it.
    """
    from orchestration.collect.apart import LimitError, Limits, within
    from orchestration.collect.grid import RefusedError
    from orchestration.collect.layouts import wants_format
    from orchestration.collect.readers import read_grids
    from orchestration.collect.reply import Fault, Sender, reply

    settings = declarations.settings
    state = quarantine.read_state(settings.work)
    entry = quarantine.find(state, named)
    problems = quarantine.problems_of(state, entry, settings.work)
    if not problems:
        raise QutongError(f"nothing is wrong with {entry.delivery_id} / 该批送达没有问题")
    archive = Archive(settings.archive, datetime.now(UTC))
    declared = declarations.get(entry.data_set_id)
    delivery = archive.find(entry.data_set_id, entry.delivery_id)
    if delivery is None:
        raise QutongError(
            "the archive does not know this delivery",
            place=entry.delivery_id,
            remedy="restore var/archive from its backup",
        )
    layout = declared.data_set.layout
    try:
        content = archive.read(delivery.sha256)
        limits = Limits.of(settings)
        grids = within(limits, read_grids, content, layout, wants_format=wants_format(layout))
    except (RefusedError, LimitError):
        grids = []
    except QutongError:
        raise
    except Exception:  # whatever a library stumbles over: the reply then says so without a table
        grids = []
    receipts = (r for r in archive.receipts() if r.sha256 == entry.sha256)
    first = next((r for r in receipts if r.data_set_id == entry.data_set_id), None)
    district = settings.district.name
    sender = Sender(
        f"{district.zh} | {district.en}",
        quarantine.outcome(entry),
        first.receipt_id if first else "",
        first.received_at[:19].replace("T", " ") + " UTC" if first else "",
    )
    nothing = quarantine.Rule("", "", "", "")
    faults = [
        Fault(
            problem.rule_id,
            problem.place,
            problem.zh,
            problem.en,
            rule.guidance_zh,
            rule.guidance_en,
            problem.raw_text,
            problem.raw_name,
            problem.proposal,
        )
        for problem in problems
        for rule in [state.rules.get(problem.rule_id, nothing)]
    ]
    return reply(delivery, declared, grids, faults, sender)
