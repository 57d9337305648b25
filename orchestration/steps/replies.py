"""What is said about deliveries outside a run: the reply to a sender.

Belongs here: acts of ``qutong quarantine`` that need archive, parser and gate together. Does not
belong here: the state they read (``serve.quarantine``) and the workbook itself (``collect.reply``).
"""

from __future__ import annotations

from datetime import UTC, datetime

from orchestration.collect.archive import Archive
from orchestration.declarations import Declarations
from orchestration.errors import QutongError
from orchestration.serve import quarantine


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
    layout = declared.data_set.on(delivery.delivered_on).layout
    try:
        content = archive.read(delivery.sha256)
        limits = Limits.of(settings).for_file(len(content), layout.format)
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
