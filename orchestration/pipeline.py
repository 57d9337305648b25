"""One run, step by step: what each Dagster asset does, and what is said about it at the end.

Belongs here: the order of collect, process, judge and publish, and the report of a run. Does not
belong here: how Dagster schedules the steps (``definitions``) and how a person starts them
(``cli``). Every step stands on files, so that it can run in a process of its own.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from orchestration import __version__
from orchestration.collect.archive import Archive, hash_file, printable
from orchestration.collect.connectors import Connector, FolderConnector, Offer, matches
from orchestration.collect.parse import ParseStore, codelists_digest
from orchestration.declarations import Declarations, Declared, load_declarations
from orchestration.errors import DeclarationError, QutongError, RunLockedError, VerdictError
from orchestration.judge.catalogue import Catalogue, Gate, RuleOutcome, load_catalogue
from orchestration.publish.layout import Releases
from orchestration.serve import quarantine
from orchestration.settings import CODE_ROOT, Settings

if TYPE_CHECKING:
    from orchestration.judge.gates import FindingGroup, Subject
    from orchestration.judge.gx import Keep
    from orchestration.process.dbt import DbtProject, NodeResult
    from orchestration.process.landing import Landed

Outcome = Literal["published", "kept", "unchanged", "blocked", "failed"]
Say = Callable[[str], None]

EXIT_OK, EXIT_BLOCKED, EXIT_USAGE, EXIT_REFUSED = 0, 1, 2, 3
LITTLE_SPACE = 1 << 20


@dataclass
class RefusedDelivery:
    """A delivery that stayed out, as the person who sent it is told."""

    delivery_id: str
    data_set_id: str
    file_name: str
    rule_id: str
    place: str
    detail_zh: str
    detail_en: str
    guidance_zh: str
    guidance_en: str
    is_open: bool
    settled_by: str = ""


@dataclass
class RunReport:
    """What a run did; kept as ``last_run.json`` in the state directory.

    Attributes:
        fingerprint: Hash of everything the release follows from.
        unclaimed: Files that lie where no data set looks.
        unreadable: Files on offer that could not be archived, with the reason.
        quarantined: Cells in quarantine of deliveries that came in this run, by rule and place.
        findings: Open findings by severity.
        seconds: Wall time by step.
    """

    started_at: str
    outcome: Outcome = "failed"
    exit_code: int = EXIT_BLOCKED
    policy: str = ""
    release_id: str = ""
    release_path: str = ""
    fingerprint: str = ""
    offered: int = 0
    received_new: int = 0
    unclaimed: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    deliveries: int = 0
    admitted: int = 0
    observations: int = 0
    refused: list[RefusedDelivery] = field(default_factory=list)
    quarantined: list[dict[str, Any]] = field(default_factory=list)
    findings: dict[str, int] = field(default_factory=dict)
    undecided: int = 0
    blocking: list[str] = field(default_factory=list)
    error: str = ""
    message_zh: str = ""
    message_en: str = ""
    seconds: dict[str, float] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Keep the report for ``qutong status``."""
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(path.name + ".part")
        aside.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1), encoding="utf-8")
        aside.replace(path)


def last_run_file(settings: Settings) -> Path:
    """Where the report of the last run lies."""
    return settings.work / "last_run.json"


def published_file(settings: Settings) -> Path:
    """Where it is noted which inputs the last published release followed from."""
    return settings.work / "published.json"


# --- one run at a time -----------------------------------------------------------------------

_lock_handle: Any = None


@contextlib.contextmanager
def run_lock(settings: Settings) -> Iterator[None]:
    """Hold the lock of the state directory; the kernel lets go of it when the process dies.

    Raises:
        RunLockedError: another process is at work here.
    """
    fresh = acquire_lock(settings)
    try:
        yield
    finally:
        if fresh:
            release_lock()


def acquire_lock(settings: Settings) -> bool:
    """Take the lock for this process; False when this process holds it already."""
    global _lock_handle  # noqa: PLW0603 - a lock is one per process
    if _lock_handle is not None:
        return False
    import fcntl

    try:
        settings.lock_file.parent.mkdir(parents=True, exist_ok=True)
        handle = settings.lock_file.open("a+", encoding="utf-8")
    except OSError as error:
        raise DeclarationError(
            f"the state directory cannot be written: {error.strerror}",
            file=settings.home,
            remedy="mend its rights, or name another one in QUTONG_HOME",
        ) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.seek(0)
        holder = handle.read().strip()
        handle.close()
        raise RunLockedError(
            f"another run is at work here ({holder or 'unknown process'})",
            file=settings.lock_file,
            remedy="wait until it has finished, then run again",
        ) from None
    with contextlib.suppress(OSError):  # a courtesy: a full disk does not keep the lock away
        os.ftruncate(handle.fileno(), 0)
        note = f"pid {os.getpid()}, since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
        os.write(handle.fileno(), note.encode())
    _lock_handle = handle
    return True


def release_lock() -> None:
    """Let go of the lock."""
    global _lock_handle  # noqa: PLW0603 - a lock is one per process
    if _lock_handle is not None:
        _lock_handle.close()
        _lock_handle = None


# --- the run ---------------------------------------------------------------------------------


class Run:
    """Everything one run needs, loaded when it is first asked for.

    Args:
        settings: Of the project directory.
        release_id: Fixed by tests; otherwise the day in the district's time zone and a number.
        release_time: Fixed by tests; otherwise now.
        say: Told one line per step.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        release_id: str | None = None,
        release_time: datetime | None = None,
        say: Say | None = None,
    ) -> None:
        self.settings = settings
        self.now = datetime.now(UTC)
        moment = (release_time or self.now).astimezone(UTC)
        self.release_time = moment.replace(tzinfo=None, microsecond=0)
        self._release_id = release_id
        self.say: Say = say or (lambda line: None)
        self.report = RunReport(
            started_at=self.now.isoformat(timespec="seconds"), policy=settings.district.policy
        )
        self.dbt_results: list[NodeResult] = []
        self.marts_gate_outcome = "pending"

    @cached_property
    def declarations(self) -> Declarations:
        return load_declarations(self.settings)

    @cached_property
    def catalogue(self) -> Catalogue:
        return load_catalogue(self.settings.expectations)

    @cached_property
    def archive(self) -> Archive:
        return Archive(self.settings.archive, self.now)

    @cached_property
    def store(self) -> ParseStore:
        lists = self.settings.raw / "codelists"
        return ParseStore(self.settings.parsed, codelists_digest(lists))

    @cached_property
    def dbt(self) -> DbtProject:
        return dbt_project(self.settings)

    @cached_property
    def release_id(self) -> str:
        if self._release_id:
            return self._release_id
        day = self.now.astimezone(ZoneInfo(self.settings.district.time_zone)).date().isoformat()
        taken = {path.name for path in self.settings.releases.glob(f"{day}.*")}
        number = 1
        while f"{day}.{number}" in taken:
            number += 1
        return f"{day}.{number}"

    @cached_property
    def connectors(self) -> tuple[FolderConnector, FolderConnector]:
        return (
            FolderConnector(self.settings.deliveries, "folder", consume=False),
            FolderConnector(self.settings.inbox, "inbox", consume=True),
        )

    @contextlib.contextmanager
    def step(self, name: str, line: str) -> Iterator[None]:
        """Time a step, say it, and keep what goes wrong in it for the person."""
        import time

        self.say(line)
        begin = time.perf_counter()
        try:
            yield
        except QutongError as error:
            self.report.error = self.report.error or error.render()
            raise
        except Exception as error:
            self.report.error = self.report.error or _explain(error, name, self.settings)
            raise
        finally:
            self.report.seconds[name] = round(
                self.report.seconds.get(name, 0) + time.perf_counter() - begin, 3
            )


def _explain(error: Exception, step: str, settings: Settings) -> str:
    text = str(error).strip().splitlines()
    head = f"{type(error).__name__} in step {step}: {text[0] if text else ''}"
    if _is_disk_full(error, settings):
        return QutongError(
            "the disk is full", place=f"step {step}", remedy="free space, then run again"
        ).render()
    return f"{head}\n  → nothing was published; run again, and report it if it stays"


def _is_disk_full(error: Exception, settings: Settings) -> bool:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    text = str(error)
    if any(words in text for words in ("No space left", "disk is full", "quota exceeded")):
        return True
    # Dagster keeps its history in SQLite, which does not say why it could not write.
    return "disk I/O error" in text and shutil.disk_usage(settings.home).free < LITTLE_SPACE


def dbt_project(settings: Settings) -> DbtProject:
    """The dbt project over this project's work database."""
    from orchestration.process.dbt import DbtProject

    return DbtProject(settings.dbt_project, settings.database, settings.dbt_target)


# --- collect ---------------------------------------------------------------------------------


def offers_of(run: Run, declared: Declared) -> list[tuple[Connector, Offer]]:
    """What lies in the folder and in the inbox for a data set."""
    return [
        (connector, offer)
        for connector in run.connectors
        for offer in connector.offers(declared.data_set)
    ]


def collect(run: Run, declared: Declared) -> dict[str, int]:
    """Archive what is on offer for a data set, and parse what was not parsed before."""
    new = 0
    found = offers_of(run, declared)
    for connector, offer in found:
        try:
            _, receipt = run.archive.store(
                offer.path,
                declared.id,
                connector=offer.connector,
                delivered_on=offer.delivered_on,
                is_well_named=lambda name: matches(name, declared.data_set),
            )
        except QutongError as error:
            run.report.unreadable.append(error.render())
            continue
        try:
            connector.taken(offer)
        except OSError as error:
            stuck = QutongError(
                f"received, but it cannot be removed from the inbox: {error.strerror}",
                file=printable(str(offer.path)),
                remedy="remove it by hand, or mend the rights of the folder",
            )
            run.report.unreadable.append(stuck.render())
        new += receipt.outcome == "new"
    parsed = [
        run.store.parse(delivery, declared, run.archive, run.declarations.codelists)
        for delivery in run.archive.deliveries(declared.id)
    ]
    run.report.offered += len(found)
    run.report.received_new += new
    return {
        "offered": len(found),
        "received_new": new,
        "deliveries": len(parsed),
        "parsed_now": sum(work for _, work in parsed),
        "observations": sum(result.accepted for result, _ in parsed),
        "quarantined": sum(result.quarantined for result, _ in parsed),
        "unreadable": sum(result.refusal is not None for result, _ in parsed),
    }


def has_news(run: Run, selected: Sequence[Declared]) -> bool:
    """Whether anything on offer was never received before; nothing is stored."""
    for declared in selected:
        for _, offer in offers_of(run, declared):
            try:
                sha256, _ = hash_file(offer.path)
            except OSError:
                return True
            if run.archive.delivery(declared.id, sha256) is None:
                return True
    return False


def fingerprint(run: Run) -> str:
    """Hash of all that a release follows from: deliveries, declarations, models, rules, code."""
    from importlib.metadata import version

    from orchestration.process.fingerprint import tree_digest

    digest = hashlib.sha256()
    for declared in run.declarations:
        for delivery in run.archive.deliveries(declared.id):
            digest.update(f"{declared.id} {delivery.sha256} {delivery.order}\n".encode())
    for settled in sorted(quarantine.decided(run.settings.archive)):
        digest.update(f"settled {settled}\n".encode())
    digest.update(tree_digest(run.settings.raw, ("*.yml", "*.csv"), skip=("deliveries",)))
    digest.update(tree_digest(run.settings.dbt_project, ("*.sql", "*.yml", "*.md")))
    digest.update(tree_digest(run.settings.expectations, ("*.sql", "*.yml")))
    digest.update(tree_digest(CODE_ROOT / "orchestration", ("*.py", "*.csv", "*.html", "*.j2")))
    for library in ("duckdb", "polars", "dbt-core", "dbt-duckdb", "great-expectations"):
        digest.update(f"{library} {version(library)}\n".encode())
    return digest.hexdigest()


# --- process and judge -----------------------------------------------------------------------


def landed_deliveries(run: Run, only: Sequence[str] = ()) -> list[Landed]:
    """Every delivery ever received for a declared data set, with its parsed files."""
    from orchestration.process.landing import Landed

    landed = []
    for declared in run.declarations:
        if only and declared.id not in only:
            continue
        for delivery in run.archive.deliveries(declared.id):
            parsed, _ = run.store.parse(delivery, declared, run.archive, run.declarations.codelists)
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
                    stem=run.store.stem(delivery, declared),
                )
            )
    return landed


def land(run: Run) -> dict[str, int]:
    """Make the work database anew and fill what the delivery gate reads."""
    import duckdb

    from orchestration.process import landing
    from orchestration.process.dbt import dictionaries, questions

    landed = landed_deliveries(run)
    manifest = run.dbt.manifest()
    tables, columns = dictionaries(manifest)
    _land(run, landed)
    with duckdb.connect(str(run.settings.database)) as connection:
        landing.insert_rows(connection, "table_dictionary", tables)
        landing.insert_rows(connection, "column_dictionary", columns)
        landing.insert_rows(connection, "example_query", questions(manifest))
    return {
        "deliveries": len(landed),
        "candidates": sum(entry.counts[1] for entry in landed),
    }


def _land(run: Run, landed: Sequence[Landed]) -> None:
    """Make the work database anew with declarations and deliveries."""
    import duckdb

    from orchestration.judge import gates
    from orchestration.process import landing

    landing.create_database(run.settings.database)
    reasons = {rule.id: (rule.title.zh, rule.title.en) for rule in run.catalogue}
    control = landing.ReleaseControl(
        run.release_id, run.release_time, run.report.policy, __version__
    )
    with duckdb.connect(str(run.settings.database)) as connection:
        gates.prepare(connection, run.catalogue, run.settings.expectations, "delivery")
        landing.land_declarations(connection, run.declarations, control)
        landing.land_deliveries(connection, landed, reasons)


def rehearse(run: Run, data_sets: Sequence[str]) -> quarantine.State:
    """What the delivery gate would say of everything received for data sets, by what is declared.

    Archived deliveries are read anew in a directory that is removed again: nothing is changed.
    """
    with tempfile.TemporaryDirectory(prefix="qutong-") as folder:
        trial = Run(
            replace(run.settings, home=Path(folder)),
            release_id="rehearsal",
            release_time=run.release_time,
        )
        trial.declarations, trial.archive = run.declarations, run.archive
        _land(trial, landed_deliveries(trial, data_sets))
        delivery_gate(trial)
        return quarantine.read_state(trial.settings.work)


def delivery_gate(run: Run) -> list[RuleOutcome]:
    """Judge every delivery; refused ones stay out, the others become observations.

    Raises:
        QutongError: a hard rule could not be run, so nobody knows what it would have refused.
    """
    import duckdb

    from orchestration.judge import gates, gx
    from orchestration.process import landing

    catalogue, database = run.catalogue, run.settings.database
    outcomes = gx.run_rules(database, catalogue.by_gate("delivery"), _keep(run, "delivery"))
    _refuse_broken(outcomes)
    with duckdb.connect(str(database)) as connection:
        outcomes = _reader_outcomes(run, connection) + outcomes
        failed = [catalogue.get(o.rule_id) for o in outcomes if o.outcome == "failed"]
        gates.collect_findings(connection, [rule for rule in failed if rule.executor == "gx"])
        gates.apply_routing(connection, gates.route_deliveries(connection))
        gates.write_validation(connection, outcomes, catalogue)
        landing.admit(connection)
        _report_deliveries(run, connection)
    return outcomes


def _keep(run: Run, gate: Gate) -> Keep:
    """Where ``qutong docs build`` finds what Great Expectations said."""
    from orchestration.judge.gx import Keep

    return Keep(run.settings.validations / f"{gate}.json", run.release_id, run.release_time)


def _refuse_broken(outcomes: Sequence[RuleOutcome]) -> None:
    for outcome in outcomes:
        if outcome.error:
            raise QutongError(
                f"the rule could not be run: {outcome.error}",
                place=outcome.rule_id,
                remedy="mend the rule in expectations/rules; nothing was published",
            )


def _reader_outcomes(run: Run, connection: Any) -> list[RuleOutcome]:
    """Outcomes of the rules that the readers carry out, from what they counted."""
    counts = dict(
        connection.execute(
            "select rule_id, count(*) from ("
            "select rule_id from landing.quarantine union all "
            "select refused_by from landing.delivery where verdict = 'refused') group by 1"
        ).fetchall()
    )
    checked = connection.execute(
        "select coalesce(sum(cells_read), 0)::bigint from landing.delivery"
    ).fetchone()[0]
    return [
        RuleOutcome.of(rule.id, unexpected=counts.get(rule.id, 0), checked=checked)
        for rule in run.catalogue.by_gate("delivery", "reader")
    ]


def _report_deliveries(run: Run, connection: Any) -> None:
    report = run.report
    report.deliveries, report.admitted = connection.execute(
        "select count(*), count(*) filter (verdict = 'admitted') from landing.delivery"
    ).fetchone()
    report.observations = connection.execute("select count(*) from landing.observation").fetchone()[
        0
    ]
    report.quarantined = [
        {
            "delivery_id": d,
            "data_set_id": s,
            "rule_id": r,
            "count": n,
            "places": p,
            "guidance_zh": run.catalogue.get(r).guidance.zh,
            "guidance_en": run.catalogue.get(r).guidance.en,
        }
        for d, s, r, n, p in connection.execute(
            "select delivery_id, data_set_id, rule_id, count(*), "
            "array_to_string(list(delivery_place order by delivery_place)[:5], ', ') "
            "from landing.quarantine group by all order by all"
        ).fetchall()
    ]
    refused = connection.execute(
        "with broken as (select delivery_id, "
        "array_to_string(list(distinct place_a order by place_a)[:5], ', ') as places "
        "from landing.finding where gate = 'delivery' and severity = 'hard' group by 1) "
        "select delivery_id, data_set_id, file_name, refused_by, reason_zh, reason_en, "
        "coalesce(places, '') from landing.delivery left join broken using (delivery_id) "
        "where verdict = 'refused' order by data_set_id, delivery_seq"
    ).fetchall()
    settled = _settle(run, connection)
    report.refused = [_refused(run, row, settled) for row in refused]
    _quarantine_state(run, connection, settled).write(run.settings.work)


def _refused(run: Run, row: tuple[str, ...], settled: Mapping[str, str]) -> RefusedDelivery:
    delivery_id, data_set_id, file_name, refused_by, reason_zh, reason_en, places = row
    declared = run.declarations.get(data_set_id)
    deliveries = run.archive.deliveries(data_set_id)
    own = next(d for d in deliveries if d.delivery_id == delivery_id)
    parsed = run.store.load(own, declared)
    refusal = parsed.refusal if parsed else None
    rule = run.catalogue.get(refused_by.split(",")[0])
    return RefusedDelivery(
        delivery_id=delivery_id,
        data_set_id=data_set_id,
        file_name=file_name,
        rule_id=refused_by,
        place=refusal.place if refusal else places,
        detail_zh=refusal.detail_zh if refusal else reason_zh,
        detail_en=refusal.detail_en if refusal else reason_en,
        guidance_zh=rule.guidance.zh,
        guidance_en=rule.guidance.en,
        is_open=not settled.get(delivery_id),
        settled_by=settled.get(delivery_id, ""),
    )


_FIGURE = (
    "indicator_code, scope, region_code, period, period_kind, measure, basis, price_basis, "
    "breakdown"
)
"""What a figure is about, wherever it is printed."""


def _settle(run: Run, connection: Any) -> dict[str, str]:
    """Deliveries of which something did not come in, with what settled that; noted in landing."""
    bad = connection.execute(
        "select delivery_id, data_set_id from landing.delivery "
        "where verdict = 'refused' or cells_quarantined > 0"
    ).fetchall()
    if not bad:
        return {}
    covered: dict[str, set[str]] = {}
    for own, other in connection.execute(
        "with bad as (select delivery_id, data_set_id, cells_accepted + "
        "(select count(*) from landing.quarantine as q where q.delivery_id = d.delivery_id "
        "and q.rule_id <> 'cell.unexpected') as figures from landing.delivery as d "
        "where verdict = 'refused' or cells_quarantined > 0), "
        f"wanted as (select distinct data_set_id, delivery_id, {_FIGURE} from landing.candidate "
        "where delivery_id in (select delivery_id from bad)), "
        f"has as (select distinct data_set_id, delivery_id, {_FIGURE} from landing.observation "
        "where data_set_id in (select data_set_id from bad)), "
        "needed as (select delivery_id, count(*) as n from wanted group by 1) "
        "select w.delivery_id, h.delivery_id from wanted as w "
        f"join has as h using (data_set_id, {_FIGURE}) "
        "join needed as k on k.delivery_id = w.delivery_id "
        "join bad as b on b.delivery_id = w.delivery_id "
        "join landing.delivery as d on d.delivery_id = h.delivery_id "
        "where w.delivery_id <> h.delivery_id "
        "group by all having count(*) = any_value(k.n) "
        "and any_value(d.cells_accepted) >= any_value(b.figures)"
    ).fetchall():
        covered.setdefault(own, set()).add(other)
    in_force = {
        row[0]
        for row in connection.execute(
            "select delivery_id from landing.delivery where verdict = 'admitted'"
        ).fetchall()
    }
    decided = quarantine.decided(run.archive.root)
    settled = {}
    for delivery_id, data_set_id in bad:
        cadence = run.declarations.get(data_set_id).data_set.delivery.cadence
        arrived = {
            d.delivery_id: quarantine.Arrived(d.delivery_id, d.file_name, d.order, d.received_at)
            for d in run.archive.deliveries(data_set_id)
        }
        admitted = [d for d in arrived.values() if d.delivery_id in in_force]
        settled[delivery_id] = quarantine.settled_by(
            arrived[delivery_id],
            admitted,
            cadence=cadence,
            covered_by=frozenset(covered.get(delivery_id, ())),
        ) or (quarantine.BY_DECISION if delivery_id in decided else "")
    connection.executemany(
        "update landing.delivery set settled_by = $by where delivery_id = $id",
        [{"by": by, "id": delivery_id} for delivery_id, by in settled.items()],
    )
    return settled


def _quarantine_state(run: Run, connection: Any, settled: Mapping[str, str]) -> quarantine.State:
    """Every delivery as the gate judged it, for ``qutong quarantine``."""
    problems: dict[str, list[quarantine.Problem]] = {}
    for refused in run.report.refused:
        if refused.rule_id and not _is_found(run, refused.rule_id):
            problems.setdefault(refused.delivery_id, []).append(
                quarantine.Problem(
                    refused.rule_id.split(",")[0],
                    refused.place,
                    refused.detail_zh,
                    refused.detail_en,
                    "hard",
                )
            )
    for delivery, rule, a, b, zh, en, severity in connection.execute(
        "select delivery_id, rule_id, coalesce(place_a, ''), coalesce(place_b, ''), message_zh, "
        "message_en, severity from landing.finding where gate = 'delivery' "
        "order by delivery_id, severity, rule_id, place_a, message_en"
    ).fetchall():
        for place in dict.fromkeys((a, b)) if b else (a,):
            problems.setdefault(delivery, []).append(
                quarantine.Problem(rule, place, zh, en, severity)
            )
    cells: dict[str, dict[str, tuple[int, str]]] = {}
    for delivery, rule, count, places in connection.execute(
        "select delivery_id, rule_id, count(*), array_to_string("
        f"list(delivery_place order by delivery_place)[:{quarantine.FIRST_PLACES}], ', ') "
        "from landing.quarantine group by all order by all"
    ).fetchall():
        cells.setdefault(delivery, {})[rule] = (count, places)
    stems = _stems(run, cells)
    cursor = connection.execute(
        "select delivery_id, data_set_id, file_name, delivered_on::varchar as delivered_on, "
        "receipt_sha256 as sha256, counted_unit, cells_read as read, cells_accepted as accepted, "
        "cells_quarantined as quarantined, verdict, refused_by "
        "from landing.delivery order by data_set_id, delivery_seq"
    )
    names = [column[0] for column in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    entries = tuple(
        quarantine.Entry(
            **row,
            settled_by=settled.get(row["delivery_id"], ""),
            cells=stems.get(row["delivery_id"], ""),
            by_rule=cells.get(row["delivery_id"], {}),
            problems=tuple(problems.get(row["delivery_id"], ())),
        )
        for row in rows
    )
    used = {p.rule_id for found in problems.values() for p in found}
    used |= {rule for found in cells.values() for rule in found}
    rules = {
        name: quarantine.Rule(r.title.zh, r.title.en, r.guidance.zh, r.guidance.en)
        for name in sorted(used)
        for r in [run.catalogue.get(name)]
    }
    return quarantine.State(run.report.started_at, entries, rules)


def _is_found(run: Run, rule_ids: str) -> bool:
    """Whether the rules that refused are told by findings, each at its place."""
    return run.catalogue.get(rule_ids.partition(",")[0]).executor == "gx"


def _stems(run: Run, wanted: Mapping[str, object]) -> dict[str, str]:
    """Files of quarantined cells, below the work directory."""
    return {
        delivery.delivery_id: run.store.stem(delivery, declared)
        .with_suffix(".quarantine.parquet")
        .relative_to(run.settings.work)
        .as_posix()
        for declared in run.declarations
        for delivery in run.archive.deliveries(declared.id)
        if delivery.delivery_id in wanted
    }


def reply_to_sender(declarations: Declarations, named: str) -> bytes:
    """The workbook that sends a delivery back, made from the archived bytes and the last run.

    Raises:
        QutongError: there is no such delivery, or nothing is wrong with it.
    """
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
    delivery = archive.delivery(entry.data_set_id, entry.sha256)
    if delivery is None:
        raise QutongError(
            "the archive does not know this delivery",
            place=entry.delivery_id,
            remedy="restore var/archive from its backup",
        )
    layout = declared.data_set.layout
    try:
        content = archive.read(delivery.sha256)
        grids = read_grids(content, layout, wants_format=wants_format(layout))
    except RefusedError:
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


def marts_gate(run: Run) -> list[RuleOutcome]:
    """Judge the marts by the rules of Great Expectations and by what dbt's tests said."""
    import duckdb

    from orchestration.judge import gates, gx

    catalogue, database = run.catalogue, run.settings.database
    with duckdb.connect(str(database)) as connection:
        gates.prepare(connection, catalogue, run.settings.expectations, "marts")
    outcomes = gx.run_rules(database, catalogue.by_gate("marts"), _keep(run, "marts"))
    outcomes += _dbt_outcomes(run)
    with duckdb.connect(str(database)) as connection:
        failed = [catalogue.get(o.rule_id) for o in outcomes if o.outcome == "failed"]
        gates.collect_findings(connection, [rule for rule in failed if rule.executor == "gx"])
        gates.write_validation(connection, outcomes, catalogue)
        run.report.findings = dict(
            connection.execute(
                # What a refused delivery was found to have wrong stayed out with it.
                "select f.severity, count(*) from landing.finding as f "
                "left join landing.delivery as d using (delivery_id) "
                "where f.gate <> 'delivery' or d.verdict is distinct from 'refused' "
                "group by 1 order by 1"
            ).fetchall()
        )
    run.report.undecided = sum(outcome.undecided_count for outcome in outcomes)
    run.report.blocking += gates.blocking(outcomes, catalogue)
    run.marts_gate_outcome = "failed" if run.report.blocking else "passed"
    for outcome in outcomes:
        if outcome.error:
            run.report.error = f"{outcome.rule_id}: {outcome.error}"
    return outcomes


def finding_groups(run: Run, gate: Gate) -> dict[tuple[Subject, str], FindingGroup]:
    """What was found so far, by rule, data set and table, for those who look at the assets."""
    import duckdb

    from orchestration.judge import gates

    with duckdb.connect(str(run.settings.database), read_only=True) as connection:
        return gates.finding_groups(connection, gate)


_DBT_TESTS = {
    "not_null": "marts.not-null",
    "unique": "marts.key-not-unique",
    "unique_combination": "marts.key-not-unique",
}


def _dbt_rule(result: NodeResult) -> str:
    """The rule that a model or test of dbt stands for; contracts hold NOT NULL constraints too."""
    if result.kind == "test":
        return _DBT_TESTS.get(result.test, "marts.test-failed")
    return "marts.not-null" if "NOT NULL constraint" in result.message else "marts.contract"


def _dbt_outcomes(run: Run) -> list[RuleOutcome]:
    unexpected: Counter[str] = Counter()
    checked: Counter[str] = Counter()
    for result in run.dbt_results:
        if result.status == "skipped":
            continue  # on account of another node, which has its own result
        rule = _dbt_rule(result)
        checked[rule] += 1
        if result.is_bad:
            unexpected[rule] += max(result.failures, 1)
    return [
        RuleOutcome.of(rule.id, unexpected=unexpected[rule.id], checked=checked[rule.id])
        for rule in run.catalogue.by_gate("marts", "dbt")
    ]


def table_rows(run: Run) -> dict[tuple[str, str], int]:
    """Rows of every table of the work database, by schema and name."""
    import duckdb

    with duckdb.connect(str(run.settings.database), read_only=True) as connection:
        rows = connection.execute(
            "select schema_name, table_name, estimated_size from duckdb_tables()"
        ).fetchall()
    return {(schema, table): size for schema, table, size in rows}


MOST_ROWS = 5


def explain_node(run: Run, result: NodeResult) -> str:
    """What a failed model or test says, with the first rows that a test found."""
    import duckdb

    lines = [f"{result.name}: {result.message or result.status}"]
    if result.status == "fail" and result.query:
        with duckdb.connect(str(run.settings.database), read_only=True) as connection:
            cursor = connection.execute(f"select * from ({result.query}) limit {MOST_ROWS}")
            names = [column[0] for column in cursor.description or ()]
            lines += [
                "  " + ", ".join(f"{n} {v}" for n, v in zip(names, row, strict=True))
                for row in cursor.fetchall()
            ]
    return "\n".join(lines)


def blocked_by_dbt(run: Run) -> list[str]:
    """The rules that failing models and tests stand for; they block the marts gate."""
    from orchestration.judge import gates

    rules = gates.blocking(_dbt_outcomes(run), run.catalogue)
    run.report.blocking += rules
    return rules


# --- publish ---------------------------------------------------------------------------------


def versions() -> dict[str, str]:
    """Code and libraries that a release was made with."""
    from importlib.metadata import version

    names = ("duckdb", "polars", "dbt-core", "dbt-duckdb", "dagster", "great-expectations")
    return {"qutong": __version__} | {name: version(name) for name in names}


def candidate(run: Run) -> Path:
    """Build the release aside."""
    import duckdb

    from orchestration.publish.build import ReleaseInput, build_candidate

    with duckdb.connect(str(run.settings.database), read_only=True) as connection:
        inputs = [
            ReleaseInput(*row)
            for row in connection.execute(
                "select data_set_id, file_name, receipt_sha256 from landing.delivery "
                "where verdict = 'admitted' order by all"
            ).fetchall()
        ]
    return build_candidate(
        run.settings.database,
        run.settings.releases,
        run.release_id,
        run.release_time,
        inputs,
        versions(),
        run.report.policy,
        verdicts={"delivery": "routed", "marts": run.marts_gate_outcome},
        licence=run.settings.district.licence,
        macros_dir=run.settings.dbt_project / "release",
        previous=_release_in_force(run.settings.releases),
    )


def _release_in_force(root: Path) -> Path | None:
    """What readers see while the next release is built; it says what it changes."""
    current = Releases(root).current
    return current.resolve() if current.is_symlink() and current.exists() else None


def candidate_path(run: Run) -> Path:
    """Where the candidate of this run lies."""
    return Releases(run.settings.releases).building(run.release_id)


def release_gate(run: Run) -> list[RuleOutcome]:
    """Open the package again, compare it with the marts, and record the verdict on it."""
    from orchestration.publish.verdict import VerdictStore
    from orchestration.publish.verify import verify_release

    path = candidate_path(run)
    problems = [
        (problem.rule_id, f"{problem.file}: {problem.detail_en}")
        for problem in verify_release(path, run.settings.database)
    ]
    problems += _raw_text_inside(run, path)
    open_findings = needing_decision(run.report.findings)
    if run.report.policy == "bureau" and open_findings:
        problems.append(
            ("release.open-findings-need-decision", f"{open_findings} findings are open")
        )
    found = Counter(rule for rule, _ in problems)
    blocking = sorted(rule for rule in found if run.catalogue.get(rule).severity == "hard")
    run.report.blocking += blocking
    if problems:
        run.report.error = run.report.error or "\n".join(f"{r}: {d}" for r, d in problems[:20])
    VerdictStore(run.settings.work / "verdicts").record(
        path,
        "failed" if run.report.blocking else "passed",
        gates={
            "delivery": "routed",
            "marts": run.marts_gate_outcome,
            "release": "failed" if blocking else "passed",
        },
        problems=[f"{rule}: {detail}" for rule, detail in problems],
    )
    return [
        RuleOutcome.of(rule.id, unexpected=found[rule.id], checked=1)
        for rule in run.catalogue.by_gate("release")
    ]


def needing_decision(findings: Mapping[str, int]) -> int:
    """How many findings somebody has to decide on: an informative one (a revision) needs none."""
    return sum(findings.get(severity, 0) for severity in ("hard", "soft"))


def _raw_text_inside(run: Run, path: Path) -> list[tuple[str, str]]:
    """Texts of quarantined cells must not stand in what is said about them."""
    import duckdb

    from orchestration.publish.layout import MART_FILE

    files = [
        str(entry.stem.with_suffix(".quarantine.parquet"))
        for entry in landed_deliveries(run)
        if entry.counts[2]
    ]
    if not files:
        return []
    with duckdb.connect(str(path / MART_FILE), read_only=True) as connection:
        # Short texts and plain numbers stand in places and counts by chance.
        rows = connection.execute(
            "with cells as (from read_parquet($files, union_by_name = true)), "
            "raw as (select distinct raw_text as text, false as is_name from cells union "
            "select raw_name, true from cells), "
            "private as (from raw where length(text) >= 4 "
            "and not regexp_matches(text, '^[0-9.,% +-]+$')), "
            # An unknown name may be that of its sheet: places are not searched for it.
            "said as (select 'quality.quarantine' as t, quarantine_id as id, "
            "delivery_place as place, concat_ws(' ', reason_zh, reason_en) as reason "
            "from quality.quarantine union all "
            "select 'quality.conservation', delivery_id, null, "
            "concat_ws(' ', reason_zh, reason_en) "
            "from quality.conservation) "
            "select t, id from said where exists (select 1 from private where "
            "contains(said.reason, private.text) "
            "or (not private.is_name and contains(said.place, private.text))) order by all",
            {"files": files},
        ).fetchall()
    return [("release.raw-text-inside", f"{table} {key}") for table, key in rows]


def publish(run: Run) -> str:
    """Move the pointer, if the recorded verdict on this very candidate allows it."""
    from orchestration.publish import pointer
    from orchestration.publish.verdict import VerdictStore

    report = run.report
    try:
        done = pointer.publish(
            run.settings.releases,
            candidate_path(run),
            VerdictStore(run.settings.work / "verdicts"),
        )
    except VerdictError:
        report.blocking.append("release.verdict-missing")
        raise
    report.outcome = "published" if done.moved else "kept"
    report.release_id, report.release_path = done.release_id, str(done.path)
    report.message_zh, report.message_en = done.message_zh, done.message_en
    report.fingerprint = fingerprint(run)
    note = {"fingerprint": report.fingerprint, "release_id": report.release_id}
    published_file(run.settings).write_text(json.dumps(note), encoding="utf-8")
    return done.release_id


CarryOut = Callable[[Run, Sequence[str]], None]


# --- a whole run -----------------------------------------------------------------------------


def execute(run: Run, carry_out: CarryOut, data_sets: Sequence[str] = ()) -> RunReport:
    """Collect, process, judge and publish; says what came of it and never raises for data.

    Args:
        run: Its settings and clock.
        carry_out: Executes the steps for the data sets to collect (``definitions.execute_job``);
            called only when there is work to do.
        data_sets: Collect for these only; everything received before counts all the same.

    Raises:
        RunLockedError: another run is at work.
        DeclarationError: something declared is wrong; names file, key and remedy.
    """
    from orchestration.publish.pointer import recover

    with run_lock(run.settings):
        selected = [run.declarations.get(name) for name in data_sets] or list(run.declarations)
        _ = run.catalogue  # a wrong rule is wrong use: found before any work
        recover(run.settings.releases)
        run.archive.clean()
        known = {declared.id for declared in run.declarations}
        run.report.unclaimed = [
            printable(str(path.relative_to(connector.root)))
            for connector in run.connectors
            for path in connector.unclaimed(known)
        ]
        try:
            if _is_unchanged(run, selected):
                _finish_unchanged(run, selected)
            else:
                _carry_out(run, carry_out, selected)
        except Exception as error:
            if not _is_disk_full(error, run.settings):
                raise
            run.report.error = run.report.error or _explain(error, "run", run.settings)
        finally:
            # Where not even the report finds room, the person is told all the same.
            with contextlib.suppress(OSError):
                run.report.write(last_run_file(run.settings))
    return run.report


def _in_force(releases: Releases) -> str | None:
    return releases.current.readlink().name if releases.current.is_symlink() else None


def _is_unchanged(run: Run, selected: Sequence[Declared]) -> bool:
    try:
        note = json.loads(published_file(run.settings).read_text(encoding="utf-8"))
        known, published = note["fingerprint"], str(note["release_id"])
    except (OSError, ValueError, TypeError, KeyError):
        return False
    releases = Releases(run.settings.releases)
    if not (releases.root / published / "manifest.json").is_file():
        return False
    if not releases.pin.exists() and _in_force(releases) != published:
        return False
    if has_news(run, selected):
        return False
    return bool(known == fingerprint(run))


def _finish_unchanged(run: Run, selected: Sequence[Declared]) -> None:
    for declared in selected:
        collect(run, declared)
    note = json.loads(published_file(run.settings).read_text(encoding="utf-8"))
    # Under a pin that is an earlier release than the one the inputs led to.
    in_force = _in_force(Releases(run.settings.releases)) or note["release_id"]
    run.report.outcome, run.report.exit_code = "unchanged", EXIT_OK
    run.report.release_id = in_force
    run.report.release_path = str(run.settings.releases / in_force)
    run.report.fingerprint = note["fingerprint"]


def _carry_out(run: Run, carry_out: CarryOut, selected: Sequence[Declared]) -> None:
    carry_out(run, [declared.id for declared in selected])
    report = run.report
    if report.outcome in ("published", "kept"):
        is_open = any(refused.is_open for refused in report.refused) or bool(report.unreadable)
        report.exit_code = EXIT_REFUSED if is_open else EXIT_OK
    else:
        report.outcome = "blocked" if report.blocking else "failed"
        report.exit_code = EXIT_BLOCKED
