"""The command ``qutong``: what a person types, and the words they get back.

Belongs here: arguments, exit codes, the summary. Does not belong here: doing the work. Heavy
libraries are imported inside the commands that need them: the quick ones answer at once.
"""

from __future__ import annotations

import sys
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, cast

import click

from orchestration import __version__
from orchestration.errors import DeclarationError, DeclarationErrors, QutongError, RunLockedError
from orchestration.memory import uncollected
from orchestration.text import counted, shown, shown_moment, shown_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestration.collect.acts import Choice, Kind
    from orchestration.collect.archive import Delivery
    from orchestration.collect.decisions import Kind as DecisionKind
    from orchestration.declarations import Declarations, Declared
    from orchestration.serve.answer import Form
    from orchestration.serve.query import Format
    from orchestration.settings import Settings
    from orchestration.standards import Catalogue
    from orchestration.steps.report import RunReport
    from orchestration.steps.workplace import Workplace
    from orchestration.timetable import Timetable

EXIT_FAILED, EXIT_USAGE, EXIT_REFUSED = 1, 2, 3


def _echo(text: object = "", *, err: bool = False, nl: bool = True) -> None:
    """Print for a person: names and texts from outside drive no terminal."""
    click.echo(shown(str(text)), err=err, nl=nl)


class _Terminal:
    """Standard output where a person looks at it: what is written is escaped."""

    def write(self, content: bytes) -> int:
        _echo(content.decode(), nl=False)
        return len(content)


def _output() -> BinaryIO:
    """Standard output for bytes; other programs get them as they are."""
    return cast("BinaryIO", _Terminal()) if sys.stdout.isatty() else sys.stdout.buffer


class Group(click.Group):
    """Errors of ours are told in one line with a remedy, never as a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (DeclarationError, RunLockedError) as error:
            _echo(error.render(), err=True)
            ctx.exit(EXIT_USAGE)
        except QutongError as error:
            _echo(error.render(), err=True)
            ctx.exit(EXIT_FAILED)
        except BrokenPipeError:
            sys.stderr.close()
            ctx.exit(0)


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="qutong")
@click.option(
    "--project",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Directory that holds raw/ (default: the nearest one at or above here).",
)
@click.pass_context
def main(ctx: click.Context, project: Path | None) -> None:
    """区统 Qutong: from the raw statistics of a district to a gated release."""
    ctx.obj = project


def _settings(ctx: click.Context) -> Settings:
    with uncollected():
        from orchestration.settings import load_settings

        return load_settings(ctx.find_root().obj)


def _declarations(ctx: click.Context) -> Declarations:
    settings = _settings(ctx)
    with uncollected():
        from orchestration.declarations import load_declarations

        return load_declarations(settings)


def _sound_for(ctx: click.Context, data_set_id: str = "") -> Declarations:
    """All declarations that are sound; one with a mistake is told of when it is asked for."""
    settings = _settings(ctx)
    with uncollected():
        from orchestration.declarations import load_sound
        from orchestration.process.dbt import DbtProject

        declarations = load_sound(settings, DbtProject.of(settings).slots())
    wrong = [entry.error for entry in declarations.aside if entry.data_set_id == data_set_id]
    if wrong:
        raise DeclarationErrors(wrong)
    return declarations


# --- run -------------------------------------------------------------------------------------


@main.command()
@click.option("--data-set", "data_sets", multiple=True, metavar="ID", help="Collect only these.")
@click.option(
    "--period",
    "periods",
    multiple=True,
    metavar="PERIOD",
    help="Backfill: pull these awaited periods of the one data set that is named.",
)
@click.option("--release-id", hidden=True)
@click.option("--release-time", hidden=True, help="ISO 8601; for reproducible builds.")
@click.option("--quiet", is_flag=True, help="No progress, only the summary.")
@click.pass_context
def run(
    ctx: click.Context,
    data_sets: tuple[str, ...],
    periods: tuple[str, ...],
    release_id: str | None,
    release_time: str | None,
    quiet: bool,
) -> None:
    """Collect, process, judge and publish.

    Exit status: 0 published, or nothing had changed; 3 the same, but a delivery was refused or a
    new data set's declaration set aside; 1 a gate refused or the run failed, and readers keep
    what they had; 2 wrong use.
    """
    import time

    begin = time.perf_counter()
    with uncollected():
        from orchestration.steps.door import execute
        from orchestration.steps.workplace import Workplace

    def say(line: str) -> None:
        if not quiet:
            _echo(f"{time.perf_counter() - begin:6.1f} s  {line}", err=True)

    moment = None
    if release_time:
        try:
            moment = datetime.fromisoformat(release_time)
        except ValueError:
            raise click.BadParameter("not an ISO 8601 time", param_hint="--release-time") from None
    if release_id:
        from orchestration.publish.layout import checked_release_id

        try:
            checked_release_id(release_id)
        except QutongError as error:
            raise click.BadParameter(error.what, param_hint="--release-id") from None
    work = Workplace(_settings(ctx), say=say)
    work.periods = _awaited_periods(ctx, data_sets, periods)
    report = execute(
        work,
        _carry_out,
        data_sets,
        release_id=release_id,
        release_time=moment,
    )
    _echo(summary(report, time.perf_counter() - begin))
    ctx.exit(report.exit_code)


def _awaited_periods(
    ctx: click.Context, data_sets: tuple[str, ...], periods: tuple[str, ...]
) -> tuple[str, ...]:
    """The periods of a backfill, each awaited of its data set."""
    from orchestration.steps.ledger import demand_awaited

    if periods and len(data_sets) != 1:
        raise click.UsageError("--period is about one data set: name it with --data-set")
    for period in periods:
        demand_awaited(_timetable(ctx), data_sets[0], period)
    return periods


@main.command()
@click.pass_context
def rebuild(ctx: click.Context) -> None:
    """Make everything anew from archive and declarations, then run.

    A run does so by itself where they are of no use. Exit status as of `qutong run`.
    """
    import time

    from orchestration.steps import door
    from orchestration.steps.workplace import Workplace

    begin = time.perf_counter()
    say = partial(_echo, err=True)
    report = door.rebuild(Workplace(_settings(ctx), say=say), _carry_out)
    _echo(summary(report, time.perf_counter() - begin))
    ctx.exit(report.exit_code)


def _carry_out(work: Workplace, data_sets: Sequence[str]) -> None:
    work.say("准备 / starting")
    with uncollected():
        from orchestration.definitions import execute_job

    execute_job(work, data_sets)


def summary(report: RunReport, seconds: float) -> str:
    """What a person wants to know at the end of a run."""
    lines = [""]
    head = {
        "published": f"已发布 Published: release {report.release_id}",
        "kept": f"已保留, 未生效 Kept, not in force: release {report.release_id}",
        "unchanged": f"无变化 Nothing changed: release {report.release_id} stays in force",
        "partial": "部分步骤 Steps carried out; publishing was not asked for",
        "blocked": "未发布 Not published: a gate refused; readers keep what they had",
        "failed": "未发布 Not published: the run failed; readers keep what they had",
    }[report.outcome]
    lines.append(f"{head}  ({seconds:.1f} s)")
    facts = [
        (
            "收集 Collected",
            f"{counted(report.offered, 'file')} on offer, {report.received_new} new",
        ),
    ]
    if report.outcome != "unchanged":
        facts += [
            (
                "接收 Accepted",
                f"{report.admitted} of {report.deliveries} deliveries, "
                f"{counted(report.observations, 'observation')}",
            ),
            (
                "拒收 Refused",
                f"{counted(len(report.refused), 'delivery', 'deliveries')} "
                f"({sum(r.is_open for r in report.refused)} open)",
            ),
            ("发现 Found", _findings(report)),
        ]
    if report.release_path:
        facts.append(("位置 Place", report.release_path))
    if report.candidate_path:
        facts.append(
            ("候选 Candidate", f"{report.candidate_path}/quality/report.html: not published")
        )
    if report.outcome == "published" and any(report.findings.values()):
        said = {
            "demo": "published with open findings, and every product says so",
            "bureau": "somebody decided on every finding that needs it",
        }[report.policy]
        facts.append(("策略 Policy", f"{report.policy}: {said}"))
    lines += [f"  {name:<14}{value}" for name, value in facts]
    for refused in report.refused:
        if refused.is_open:
            lines += [
                f"  ✗ {refused.data_set_id}: {shown_name(refused.file_name)}"
                + (f", {shown_name(refused.place)}" if refused.place else ""),
                f"      {refused.rule_id}: {refused.detail_zh} | {refused.detail_en}",
                f"      → {refused.guidance_zh} | {refused.guidance_en}",
            ]
            for entry in report.quarantined:
                if entry["delivery_id"] == refused.delivery_id:
                    lines += [
                        f"      {entry['rule_id']}: {entry['count']} × {entry['places']}",
                        f"      → {entry['guidance_zh']} | {entry['guidance_en']}",
                    ]
    for path in report.unclaimed:
        lines.append(
            f"  ? {shown_name(path)}: no data set is declared for it; it stays where it is"
        )
    for text in [*report.invalid, *report.unreadable]:
        lines += [f"  ✗ {line}" for line in text.splitlines()]
    if report.blocking:
        lines.append(f"  ✗ 阻断 Blocked by: {', '.join(report.blocking)}")
    if report.error:
        lines += [f"  {line}" for line in report.error.splitlines()]
    if report.message_zh and report.outcome == "kept":
        lines.append(f"  {report.message_zh} {report.message_en}")
    lines.append(f"  下一步 Next   {_next(report)}")
    return "\n".join(lines)


def _findings(report: RunReport) -> str:
    total = sum(report.findings.values())
    parts = ", ".join(f"{count} {name}" for name, count in sorted(report.findings.items()))
    lacking = counted(report.undecided, "comparison")
    undecided = f"; {lacking} lacked data" if report.undecided else ""
    found = f"{counted(total, 'finding')} ({parts})" if total else "no findings"
    return found + undecided


def _next(report: RunReport) -> str:
    if report.blocking == ["release.open-findings-need-decision"]:
        return "qutong finding list --waiting; qutong finding accept ID --reason WHY; qutong run"
    if report.outcome in ("blocked", "failed"):
        return "mend what is named above, then `qutong run`"
    if any(refused.is_open for refused in report.refused):
        return (
            "qutong quarantine return DELIVERY --to FILE.xlsx marks the bad cells for the sender; "
            "drop the mended files in var/inbox/"
        )
    return 'open quality/report.html there, or ask: qutong sql "from core.data_set"'


# --- reading releases ------------------------------------------------------------------------


@main.command()
@click.option("--english", is_flag=True, help="In English.")
@click.pass_context
def status(ctx: click.Context, english: bool) -> None:
    """What is in force, what was found, what was refused."""
    from orchestration.serve.status import read_status, render_text

    settings = _settings(ctx)
    state = read_status(settings.releases, settings.work / "last_run.json")
    _echo(render_text(state, "en" if english else "zh"), nl=False)


_FORMAT = click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json", "parquet"]),
    default="table",
    show_default=True,
)
_SECONDS = click.option(
    "--seconds",
    type=click.IntRange(min=1),
    default=120,
    show_default=True,
    help="A question that takes longer is stopped.",
)


@main.command()
@click.argument("query", required=False)
@_FORMAT
@_SECONDS
@click.pass_context
def sql(ctx: click.Context, query: str | None, form: Format, seconds: int) -> None:
    """Ask the current release, read-only; on a terminal without a query, one after the other.

    qutong sql "from core.observation limit 5"
    """
    from orchestration.serve.query import run_sql

    settings = _settings(ctx)
    if query is not None:
        output = sys.stdout.buffer if form == "parquet" else _output()
        run_sql(settings.releases, query, form, output, seconds=seconds)
    elif sys.stdin.isatty() and sys.stdout.isatty():
        from orchestration.serve.prompt import converse

        converse(settings.releases, settings.home / "sql_history", seconds=seconds)
    else:
        raise click.UsageError("give a query; a prompt needs a terminal / 请给出查询语句")


@main.command()
@click.argument("number", type=click.IntRange(min=1), required=False)
@_FORMAT
@_SECONDS
@click.pass_context
def ask(ctx: click.Context, number: int | None, form: Format, seconds: int) -> None:
    """Answer one of the leaders' questions by its number; without one, list them.

    qutong ask 3 --format csv
    """
    from orchestration.serve import ask as asking

    releases = _settings(ctx).releases
    if number is None:
        _echo(asking.listed(releases), nl=False)
        return
    output = sys.stdout.buffer if form == "parquet" else _output()
    asking.ask(releases, number, form, output, seconds=seconds)


@main.command()
@click.argument("indicator")
@click.option("--region", "regions", multiple=True, help="Code or name; all; the district if none.")
@click.option(
    "--by",
    multiple=True,
    type=click.Choice(["period", "year", "quarter", "month", "region", "breakdown", "scope"]),
    help="What figures are told apart by; what is not named is added up, where it may be.",
)
@click.option("--from", "first", default="", metavar="PERIOD", help="2020, 2024-03 or 2024-Q1.")
@click.option("--to", "last", default="", metavar="PERIOD")
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="What was known at the end of that day.",
    callback=lambda _, __, moment: moment and moment.date(),
)
@click.option("--per-head", is_flag=True, help="Beside the population of the same date.")
@click.option("--change", is_flag=True, help="Beside the figure of a year before.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "chart", "csv", "json", "parquet", "xlsx"]),
    help="table where nothing is said, or what the name of --output ends with.",
)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write it there.")
@click.pass_context
def get(
    ctx: click.Context, /, indicator: str, form: Form | None, output: Path | None, **asked: Any
) -> None:
    """Figures of an indicator, by code or name, without SQL.

    qutong get 地区生产总值 --from 2020 --change

    What may not be added is refused with the reason: growth, ranks, stocks over time, classes that
    may overlap, regions that hold each other.
    """
    from orchestration.serve import answer as written
    from orchestration.serve.get import Question, answer

    chosen: Form = form or (written.form_of(output) if output else "table")
    if output is None and chosen in written.BINARY and sys.stdout.isatty():
        raise click.UsageError(f"{chosen} is nothing to look at: give --output FILE")
    told = answer(_settings(ctx).releases, Question(indicator, **asked))
    if output is None:
        written.write(told, chosen, sys.stdout.buffer if chosen in written.BINARY else _output())
        return
    with output.open("wb") as file:
        written.write(told, chosen, file)
    _echo(f"✓ {output}: {counted(len(told.figures), 'figure')} / {len(told.figures)} 个数字")


@main.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The annotated copy, an HTML file; FILE.checked.html where nothing is said.",
)
@click.option("--json", "as_json", is_flag=True, help="All of it as JSON, and no copy.")
@click.pass_context
def check(ctx: click.Context, file: Path, output: Path | None, as_json: bool) -> None:
    """Hold the numbers of a text against the release: .docx, .html, .md or .txt.

    Every number is exact, rounded, derived (with its formula), of an old vintage, contradicts a
    published figure, or is not ours. Ends with 1 where one contradicts.
    """
    from orchestration.factcheck import annotated
    from orchestration.factcheck.run import check_file

    report = check_file(_settings(ctx), file)
    if as_json:
        _output().write(annotated.as_json(report).encode())
    else:
        copy = output or file.with_name(f"{file.name}.checked.html")
        try:
            copy.write_text(annotated.as_html(report), encoding="utf-8")
        except OSError as error:
            raise QutongError(
                f"cannot be written: {error.strerror} / 无法写入", file=copy,
                remedy="name another with --output",
            ) from error  # fmt: skip
        for line in annotated.summary(report):
            _echo(line)
        _echo(f"  标注稿 Annotated copy: {copy}")
    if report.counts["contradicts"]:
        ctx.exit(1)


@main.command()
@click.argument("what", required=False, metavar="[OBSERVATION_ID | SCHEMA.TABLE.COLUMN]")
@click.argument("where", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--indicator", help="Indicator code.")
@click.option("--period", help="Period code, such as 2022.")
@click.option("--region", help="Region code or name.")
@click.option("--english", is_flag=True, help="In English.")
@click.pass_context
def trace(
    ctx: click.Context,
    what: str | None,
    where: tuple[str, ...],
    indicator: str | None,
    period: str | None,
    region: str | None,
    english: bool,
) -> None:
    """From a figure, or a table's cell, back to the delivered cell.

    Give an observation id (or how it begins), or --indicator with --period and --region, or a
    cell: its table and column, and what tells its row apart:

    qutong trace investment.fixed_asset_investment.share_printed item=industry
    """
    settings = _settings(ctx)
    language: Literal["zh", "en"] = "en" if english else "zh"
    if what and "." in what:
        from orchestration.serve import cell

        if indicator:
            raise click.UsageError("a cell is named by its table and key, not by --indicator")
        for pair in where:
            if not pair.partition("=")[1]:
                raise click.UsageError(f"{pair!r} is not KEY=VALUE, such as item=industry")
        pairs = [
            (key.strip(), value.strip()) for key, _, value in (p.partition("=") for p in where)
        ]
        pairs += [(k, v) for k, v in (("period", period), ("region", region)) if v]
        selected = cell.CellSelector(what, tuple(pairs))
        answer = cell.trace_cell(settings.releases, settings.archive, selected)
        _echo(cell.render_text(answer, language), nl=False)
        return
    from orchestration.serve import trace as tracing

    if where:
        raise click.UsageError(f"{where[0]!r}: keys belong to a cell, SCHEMA.TABLE.COLUMN")
    if not what and not indicator:
        raise click.UsageError("give an observation id, a cell, or --indicator")
    selector = tracing.Selector(
        observation_id=what, indicator=indicator, period=period, region=region
    )
    found = tracing.trace(settings.releases, settings.archive, selector)
    _echo(tracing.render_text(found, language), nl=False)


@main.group()
def release() -> None:
    """Releases: list, show, verify, write as one file, roll back, unpin."""


@release.command("list")
@click.pass_context
def release_list(ctx: click.Context) -> None:
    """Every release kept here; the current one is marked."""
    from orchestration.publish.pointer import list_releases

    for info in list_releases(_settings(ctx).releases):
        mark = "*" if info.is_current else " "
        pin = "  pinned" if info.is_pinned else ""
        simulated = "  模拟 simulated" if info.is_simulated else ""
        noun = "finding " if info.findings_total == 1 else "findings"
        _echo(
            f"{mark} {info.release_id:<16} {info.moment}  {info.policy:<7}"
            f"{info.findings_total:>4} {noun}{simulated}{pin}"
        )


def _release_path(ctx: click.Context, release_id: str | None) -> Path:
    from orchestration.publish.layout import Releases
    from orchestration.publish.pointer import current

    settings = _settings(ctx)
    name = release_id or current(settings.releases)
    if name is None:
        raise QutongError("nothing is published yet", remedy="qutong run")
    path = Releases(settings.releases).release(name)
    if not path.is_dir():
        raise QutongError(f"there is no release {name}", remedy="see `qutong release list`")
    return path


@release.command("show")
@click.argument("release_id", required=False)
@click.pass_context
def release_show(ctx: click.Context, release_id: str | None) -> None:
    """What a release holds: identity, tables, files."""
    import json

    path = _release_path(ctx, release_id)
    manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
    shown_facts = {**manifest, "release_time": shown_moment(manifest)}
    for key in ("release_id", "release_time", "policy", "findings_total", "is_simulated"):
        _echo(f"{key:<16}{shown_facts[key]}")
    _echo(f"{'place':<16}{path}")
    _echo(f"{'inputs':<16}{counted(len(manifest['inputs']), 'delivery', 'deliveries')}")
    for table in manifest["tables"]:
        name = f"{table['schema']}.{table['table']}" if "schema" in table else table["name"]
        _echo(f"  {name:<40}{table['row_count']:>9} rows")


@release.command("verify")
@click.argument("release_id", required=False)
@click.pass_context
def release_verify(ctx: click.Context, release_id: str | None) -> None:
    """Open a release again and compare everything with its manifest."""
    from orchestration.publish import ledger
    from orchestration.publish.layout import Releases
    from orchestration.publish.verify import verify_release

    path = _release_path(ctx, release_id)
    problems = verify_release(path)
    for problem in problems:
        _echo(f"✗ {problem.rule_id}  {problem.file}: {problem.detail_zh} | {problem.detail_en}")
    if problems:
        _echo("→ publish anew: qutong rebuild; or choose another: qutong release rollback ID")
        ctx.exit(EXIT_FAILED)
    is_recorded = path.name in ledger.published(Releases(path.parent))
    said = "as it was published" if is_recorded else "as its manifest says; no digest was recorded"
    _echo(f"✓ {path.name}: every file, table and hash is {said}")


@release.command("onefile")
@click.argument("release_id", required=False)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="The file to write; else ID.html here.",
)
@click.pass_context
def release_onefile(ctx: click.Context, release_id: str | None, output: Path | None) -> None:
    """Write the pages of a release as one HTML file, to mail or to carry."""
    from orchestration.publish import onefile

    path = _release_path(ctx, release_id)
    target = output or Path(f"{path.resolve().name}.html")
    size = onefile.write(path, target)
    _echo(f"✓ {target}: {size / 1e6:.1f} MB")
    if size > onefile.MOST_BYTES:
        most = onefile.MOST_BYTES // 1_000_000
        _echo(f"! 超过 {most} MB，邮箱可能拒收 | over {most} MB: mail servers may refuse it")


@release.command("rollback")
@click.argument("release_id", required=False)
@click.pass_context
def release_rollback(ctx: click.Context, release_id: str | None) -> None:
    """Point readers at an earlier release and pin it.

    Without an id that is the one before.
    """
    from orchestration.locking import run_lock
    from orchestration.publish.pointer import rollback

    settings = _settings(ctx)
    with run_lock(settings):
        name = rollback(settings.releases, release_id)
    _echo(f"readers see {name}; it is pinned until `qutong release unpin`")


@release.command("unpin")
@click.pass_context
def release_unpin(ctx: click.Context) -> None:
    """End a rollback: readers see the newest release again."""
    from orchestration.locking import run_lock
    from orchestration.publish.pointer import unpin

    settings = _settings(ctx)
    with run_lock(settings):
        name = unpin(settings.releases, advance=True)
    _echo("nothing was pinned" if name is None else f"unpinned; readers see {name}")


# --- what the operator looks at --------------------------------------------------------------


@main.group()
def docs() -> None:
    """Data Docs of Great Expectations, for the operator."""


@docs.command("build")
@click.pass_context
def docs_build(ctx: click.Context) -> None:
    """Write what the rules said in the last run as pages that open offline."""
    from orchestration.judge.data_docs import build_docs

    settings = _settings(ctx)
    settings.make_private()
    _echo(build_docs(settings.validations, settings.data_docs))


@main.group("judge")
def judge_group() -> None:
    """The gates themselves, held against errors that really happen."""


@judge_group.command("score")
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Only errors of these kinds.")
@click.option("--json", "as_json", is_flag=True, help="The whole score as JSON.")
@click.option("--markdown", is_flag=True, help="The table of expectations/README.md.")
@click.option("--shipped/--no-shipped", default=True, help="Judge the shipped deliveries too.")
@click.option(
    "--clean",
    "clean",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A project directory of figures that are right, judged for false alarms.",
)
@click.option("--quiet", is_flag=True, help="No progress, only the score.")
def judge_score(
    kinds: tuple[str, ...],
    as_json: bool,
    markdown: bool,
    shipped: bool,
    clean: tuple[Path, ...],
    quiet: bool,
) -> None:
    """What the gates make of errors that really happened, and of figures that are right.

    Needs the repository's tests/errors. Nothing of this project is read or written: the errors
    happen in an invented district, in a directory that is removed afterwards.
    """
    import json

    from orchestration.settings import CODE_ROOT

    with uncollected():
        from orchestration.scoring import score as scoring
        from orchestration.scoring import told

    folder = scoring.benchmark_folder()
    result = scoring.score(
        scoring.load_kinds(folder, kinds),
        scoring.load_base(folder),
        clean=(*((CODE_ROOT,) if shipped and not kinds else ()), *clean),
        explained=scoring.load_explained(folder),
        say=(lambda line: None) if quiet else partial(_echo, err=True),
    )
    if as_json:
        _echo(json.dumps(told.as_json(result), ensure_ascii=False, indent=1))
    else:
        _echo(told.as_markdown(result) if markdown else told.as_text(result))


@judge_group.command("kinds")
def judge_kinds() -> None:
    """The kinds of errors of the benchmark, with how many there are of each."""
    from orchestration.scoring import score as scoring

    for kind in scoring.load_kinds(scoring.benchmark_folder()):
        _echo(f"{kind.kind}  {kind.title.zh} / {kind.title.en}  ({len(kind.errors)})")


# --- deliveries and the archive --------------------------------------------------------------


@main.group()
def delivery() -> None:
    """Deliveries: list, hold, release, redate."""


@delivery.command("list")
@click.argument("data_set_id", required=False, default="")
@click.pass_context
def delivery_list(ctx: click.Context, data_set_id: str) -> None:
    """Every delivery with its id and what was decided about it."""
    from orchestration.collect.acts import KINDS
    from orchestration.steps.custody import shown
    from orchestration.steps.workplace import Workplace

    work = Workplace(_settings(ctx))
    for entry in shown(work.declarations, work.archive, data_set_id):
        own = entry.delivery
        mark = "  ⏸ 暂停 held" if entry.is_held else ""
        _echo(f"{own.delivered_on}  {own.delivery_id}  {own.file_name}{mark}")
        for act in entry.acts:
            day = f" {act.day}" if act.day else ""
            _echo(f"    {act.at}  {act.person}  {KINDS[act.kind]}{day}: {act.reason}")


def _decide(ctx: click.Context, named: str, kind: Kind, reason: str, day: date | None) -> None:
    from orchestration.collect.acts import KINDS
    from orchestration.steps.custody import decide
    from orchestration.steps.workplace import Workplace

    act = decide(Workplace(_settings(ctx)), named, kind, reason=reason, day=day)
    _echo(f"✓ {act.delivery_id}: {KINDS[kind]}{' ' + act.day if act.day else ''}")
    _echo("  下一步 Next   qutong run")


REASON = click.option("--reason", required=True, help="Why; kept in the log for good.")


@delivery.command("hold")
@click.argument("delivery_id")
@REASON
@click.pass_context
def delivery_hold(ctx: click.Context, delivery_id: str, reason: str) -> None:
    """Take a delivery out of play: nothing reads it until it is released."""
    _decide(ctx, delivery_id, "hold", reason, None)


@delivery.command("release")
@click.argument("delivery_id")
@REASON
@click.pass_context
def delivery_release(ctx: click.Context, delivery_id: str, reason: str) -> None:
    """Bring a held delivery back into play."""
    _decide(ctx, delivery_id, "release", reason, None)


@delivery.command("redate")
@click.argument("delivery_id")
@click.option("--day", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Of the delivery.")
@REASON
@click.pass_context
def delivery_redate(ctx: click.Context, delivery_id: str, day: datetime, reason: str) -> None:
    """File a delivery under the day it came, where it was filed under a wrong one."""
    _decide(ctx, delivery_id, "redate", reason, day.date())


# --- findings ----------------------------------------------------------------------------------


@main.group()
def finding() -> None:
    """What rules found in the last run: list, show, accept, query, withdraw."""


@finding.command("list")
@click.option("--rule", "rule_id", default="", help="Of one rule alone.")
@click.option("--waiting", is_flag=True, help="Only those that wait for a decision.")
@click.option("--each", is_flag=True, help="Every one, and not one for all of one cause.")
@click.pass_context
def finding_list(ctx: click.Context, rule_id: str, waiting: bool, each: bool) -> None:
    """The findings of the last run, published or refused: those that wait, and move most, first.

    What one rule finds in one delivery has one cause: the first is shown, the others are counted.
    """
    from orchestration.collect.decisions import KINDS
    from orchestration.steps import desk
    from orchestration.steps.workplace import Workplace

    found = desk.findings(Workplace(_settings(ctx)), rule_id)
    shown = [entry for entry in found if entry.is_waiting or not waiting]
    for entry, *others in ([one] for one in shown) if each else desk.by_cause(shown):
        mark = "?" if entry.is_waiting else " "
        decided = f"  [{KINDS[entry.decision.kind]}]" if entry.decision else ""
        effect = "" if entry.effect_pct is None else f"  影响 effect {entry.effect_pct:.4g} %"
        _echo(f"{mark} {entry.finding_id}  {entry.severity:<11} {entry.rule_id}{effect}{decided}")
        _echo(f"    {entry.about}")
        _echo(f"    {entry.message_zh} / {entry.message_en}")
        if others:
            _echo(f"    另 {len(others)} 条同因 / {len(others)} more of one cause: --each")
    count = sum(entry.is_waiting for entry in found)
    _echo(f"{len(found)} 条发现 findings, {count} 条待决定 waiting for a decision")
    reports = _settings(ctx).reports
    if found and reports.is_dir():
        _echo(f"按责任人的工作簿 Workbooks by owner  {reports}")


@finding.command("show")
@click.argument("finding_id")
@click.pass_context
def finding_show(ctx: click.Context, finding_id: str) -> None:
    """One finding with its arithmetic, the cells behind it, and every decision about it."""
    from orchestration.collect.decisions import KINDS
    from orchestration.steps import desk
    from orchestration.steps.workplace import Workplace

    work = Workplace(_settings(ctx))
    entry = desk.named(desk.findings(work), finding_id)
    rule = work.catalogue.get(entry.rule_id)
    _echo(f"{entry.finding_id}  {entry.severity}  {entry.rule_id}")
    _echo(f"  {entry.about}")
    _echo(f"  {entry.message_zh}\n  {entry.message_en}")
    if entry.arithmetic:
        _echo(f"  算式 Arithmetic  {entry.arithmetic}")
    for figure in entry.figures:
        _echo(f"  数字 Figure      {figure.said}\n                   {figure.place}")
    _echo(f"  怎么办 What to do  {rule.guidance.zh}\n                   {rule.guidance.en}")
    for told in entry.told:
        until = f" 至 until {told.expires}" if told.expires else ""
        _echo(f"  {told.at}  {told.person}  {KINDS[told.kind]}{until}: {told.reason}")
    if entry.told and entry.decision is None:
        _echo("  → 决定已失效，须重新决定 it holds no more: decide again")


def _decide_findings(
    ctx: click.Context,
    ids: tuple[str, ...],
    kind: DecisionKind,
    reason: str,
    until: datetime | None = None,
) -> None:
    from orchestration.collect.decisions import KINDS
    from orchestration.steps import desk
    from orchestration.steps.workplace import Workplace

    day = until.date() if until else None
    for made in desk.decide(Workplace(_settings(ctx)), ids, kind, reason=reason, until=day):
        _echo(f"✓ {KINDS[kind]}: {made.rule_id}  {made.about}")
    _echo("  下一步 Next   qutong run")


PUBLISHED_REASON = click.option(
    "--reason", required=True, help="Why; kept for good, and published beside the finding."
)


@finding.command("accept")
@click.argument("finding_ids", nargs=-1, required=True)
@PUBLISHED_REASON
@click.option(
    "--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day on which it is accepted."
)
@click.pass_context
def finding_accept(
    ctx: click.Context, finding_ids: tuple[str, ...], reason: str, until: datetime | None
) -> None:
    """Accept findings as they are, as long as the same values are found."""
    _decide_findings(ctx, finding_ids, "accepted", reason, until)


@finding.command("query")
@click.argument("finding_ids", nargs=-1, required=True)
@PUBLISHED_REASON
@click.pass_context
def finding_query(ctx: click.Context, finding_ids: tuple[str, ...], reason: str) -> None:
    """Note that the source was asked; the findings go on waiting, and say so."""
    _decide_findings(ctx, finding_ids, "queried", reason)


@finding.command("withdraw")
@click.argument("finding_ids", nargs=-1, required=True)
@click.option("--reason", required=True, help="Why; kept in the log for good.")
@click.pass_context
def finding_withdraw(ctx: click.Context, finding_ids: tuple[str, ...], reason: str) -> None:
    """Take a decision back: the findings are open again."""
    _decide_findings(ctx, finding_ids, "withdrawn", reason)


@main.group()
def declaration() -> None:
    """What holds of published figures after a declaration was edited: decide."""


@declaration.command("decide")
@click.argument("data_set_id")
@click.argument("choice", type=click.Choice(["kept", "corrected", "forward"]))
@REASON
@click.pass_context
def declaration_decide(ctx: click.Context, data_set_id: str, choice: Choice, reason: str) -> None:
    """Say what holds where published figures are read otherwise now.

    kept: as published. corrected: what is read now is known from today on. forward: earlier
    deliveries stay as they were read, the declaration is for those that come from now on.
    """
    from orchestration.collect.acts import KINDS
    from orchestration.steps.custody import choose
    from orchestration.steps.workplace import Workplace

    for act in choose(Workplace(_settings(ctx)), data_set_id, choice, reason=reason):
        click.echo(f"✓ {act.delivery_id}: {KINDS[choice]}{' ' + act.day if act.day else ''}")
    click.echo("  下一步 Next   qutong run")


@main.group("archive")
def archive_group() -> None:
    """The archive of everything ever received: verify."""


@archive_group.command("verify")
@click.pass_context
def archive_verify(ctx: click.Context) -> None:
    """Read every archived byte again, and hold objects, receipts and registry against each other.

    Exit status: 0 whole; 1 something is damaged or missing: each with file and remedy.
    """
    from orchestration.steps.custody import verify_archive
    from orchestration.steps.workplace import Workplace

    verified = verify_archive(Workplace(_settings(ctx)).archive)
    for problem in verified.problems:
        _echo(problem.render(), err=True)
    _echo(
        f"{'✗' if verified.problems else '✓'} {counted(verified.receipts, 'receipt')}, "
        f"{counted(verified.deliveries, 'delivery', 'deliveries')}, "
        f"{counted(verified.objects, 'object')} read, "
        f"{counted(len(verified.problems), 'problem')} / 回执、交付、原件逐一核对"
    )
    if verified.problems:
        ctx.exit(EXIT_FAILED)


# --- data sets -------------------------------------------------------------------------------


@main.group()
def source() -> None:
    """Sources that are pulled: list, test, log, schema."""


@source.command("list")
@click.pass_context
def source_list(ctx: click.Context) -> None:
    """Every declared source, and what came of asking it last."""
    from datetime import UTC

    from orchestration.authoring.sources import attempt_line, source_of
    from orchestration.declarations import section_of

    declarations = _declarations(ctx)
    pulled = [declared for declared in declarations if section_of(declared) is not None]
    if not pulled:
        _echo("没有申报来源，文件由人放入 | no source is declared: files are laid in by hand")
    for declared in pulled:
        connector = source_of(declared, declarations, datetime.now(UTC))
        _echo(f"{declared.id:<36}{connector.name:<12}{connector.origin()}")
        last = connector.attempts.last(declared.id)
        _echo(f"    {attempt_line(last)}" if last else "    尚未拉取 | never asked")


@source.command("test")
@click.argument("data_set_id")
@click.pass_context
def source_test(ctx: click.Context, data_set_id: str) -> None:
    """Ask a source now, and say what it gave and how a run would read it; nothing is kept."""
    from datetime import UTC

    from orchestration.authoring.sources import try_source

    declarations = _declarations(ctx)
    declared = declarations.get(data_set_id)
    for line in try_source(declared, declarations, datetime.now(UTC)):
        _echo(line)


@source.command("log")
@click.argument("data_set_id")
@click.option("--limit", default=20, show_default=True, help="How many of the last attempts.")
@click.pass_context
def source_log(ctx: click.Context, data_set_id: str, limit: int) -> None:
    """The receipts of asking a source, the failed ones too."""
    from orchestration.authoring.sources import attempt_line
    from orchestration.collect.connectors.attempts import Attempts

    declared = _declarations(ctx).get(data_set_id)
    told = Attempts(_settings(ctx).archive).of(declared.id)
    for attempt in told[-limit:]:
        _echo(attempt_line(attempt))
    if not told:
        _echo("尚未拉取 | never asked")


@source.command("schema")
@click.argument("connector", required=False)
def source_schema(connector: str | None) -> None:
    """What a connector needs to know, as JSON schema; without a name, the connectors there are."""
    import json

    from orchestration import plugins

    known = plugins.names(plugins.CONNECTORS)
    if connector is None:
        for name in known:
            about = (plugins.load(plugins.CONNECTORS, name).__doc__ or "").strip().splitlines()
            _echo(f"{name:<14}{about[0] if about else ''}")
        return
    if connector not in known:
        raise click.BadParameter(f"there are: {', '.join(known)}", param_hint="CONNECTOR")
    model = getattr(plugins.load(plugins.CONNECTORS, connector), "Section", None)
    schema = model.model_json_schema() if model else {}
    _echo(json.dumps(schema, ensure_ascii=False, indent=2))


@main.group("catalogue")
def catalogue() -> None:
    """Standard indicators that declarations refer to by code: list, show, match, schema."""


def _catalogue(ctx: click.Context) -> Catalogue:
    from orchestration.declarations import catalogue_of

    return catalogue_of(_settings(ctx))


@catalogue.command("list")
@click.argument("text", required=False)
@click.option(
    "--all", "with_growth", is_flag=True, help="With the growth that follows from levels."
)
@click.pass_context
def catalogue_list(ctx: click.Context, text: str | None, with_growth: bool) -> None:
    """Entries whose code, name or synonym has TEXT in it, Chinese or English; all without TEXT."""
    found = _catalogue(ctx)
    for standard in found.search(text) if text else found:
        if text or with_growth or not found.entries[standard.code].is_derived:
            name = standard.name
            _echo(f"{standard.code:<40}{standard.base_unit:<8}{name.zh} | {name.en}")


@catalogue.command("show")
@click.argument("code")
@click.pass_context
def catalogue_show(ctx: click.Context, code: str) -> None:
    """What the indicator of a CODE, name or synonym is: scope, source, plausible range, breaks."""
    from orchestration.standards import told

    _echo(told(_catalogue(ctx), code))


@catalogue.command("match")
@click.argument("labels", nargs=-1, required=True)
@click.pass_context
def catalogue_match(ctx: click.Context, labels: tuple[str, ...]) -> None:
    """Which indicator each printed LABEL means, or the nearest ones with how near they are."""
    found = _catalogue(ctx)
    for label in labels:
        match = found.match(label)
        scored = zip(match.near, match.scores, strict=True)
        near = ", ".join(f"{code} ({score:.2f})" for code, score in scored)
        _echo(f"{label}\t{match.exact or '?'}\t{near}")


@catalogue.command("schema")
@click.option("--ranges", is_flag=True, help="Of ranges.yml, the classes of plausible ranges.")
def catalogue_schema(ranges: bool) -> None:
    """The JSON schema of a file of the catalogue, for editors."""
    import json

    from orchestration.spec import Ranges, Standards

    schema = (Ranges if ranges else Standards).model_json_schema()
    _echo(json.dumps(schema, ensure_ascii=False, indent=2))


@main.group("data-set")
def data_set() -> None:
    """Data sets: list, show, draft, preview, extend, validate, schema."""


@data_set.command("list")
@click.pass_context
def data_set_list(ctx: click.Context) -> None:
    """Every declared data set."""
    for declared in _declarations(ctx):
        entry = declared.data_set
        _echo(f"{entry.id:<36}{entry.theme:<18}{entry.title.zh} | {entry.title.en}")


@data_set.command("show")
@click.argument("data_set_id")
@click.pass_context
def data_set_show(ctx: click.Context, data_set_id: str) -> None:
    """What is declared for a data set, and what was received for it."""
    from datetime import UTC

    from orchestration.collect.archive import Archive
    from orchestration.collect.parse import ParseStore
    from orchestration.deadlines import Rule, said

    declarations = _declarations(ctx)
    declared = declarations.get(data_set_id)
    entry, settings = declared.data_set, declarations.settings
    _echo(f"{entry.title.zh} | {entry.title.en}")
    for name, value in (
        ("declaration", declared.path.relative_to(settings.project)),
        ("theme", entry.theme),
        ("owner", entry.owner),
        ("documents", "; ".join(document.title for document in entry.origin.documents)),
        ("files", " | ".join(entry.delivery.pattern)),
        ("due", " | ".join(said(entry.delivery.cadence, Rule.of(entry.delivery)))),
        ("indicators", len(entry.indicators)),
    ):
        _echo(f"  {name:<14}{value}")
    store = ParseStore.of(settings)
    archive = Archive(settings.archive, datetime.now(UTC))
    for delivery in archive.deliveries(entry.id):
        parsed = store.load(delivery, declared)
        _echo(
            f"  {delivery.delivered_on}  {shown_name(delivery.file_name)}  {delivery.sha256[:12]}"
        )
        if parsed is None:
            _echo("      not read yet under this declaration")
        elif parsed.refusal:
            refusal = parsed.refusal
            _echo(f"      ✗ {refusal.rule_id} at {refusal.place}: {refusal.detail_en}")
        else:
            _echo(
                f"      read {parsed.read} {parsed.counted_unit}s = accepted {parsed.accepted} "
                f"+ quarantined {parsed.quarantined} + no data {parsed.non_data}"
            )
    _show_corrections(declared, archive.deliveries(entry.id))


def _show_corrections(declared: Declared, deliveries: Sequence[Delivery]) -> None:
    """Corrections with what they are for; one that is for nothing that ever came is a problem."""
    from orchestration.collect.corrections import applies

    for correction in declared.corrections:
        count = sum(applies(correction, delivery) for delivery in deliveries)
        _echo(
            f"  correction {correction.id}: {correction.target}: "
            f"{correction.expect} → {correction.becomes}  ({correction.kind})"
        )
        _echo(f"      {correction.reason.zh} | {correction.reason.en}")
        if count:
            _echo(f"      for {count} of {len(deliveries)} deliveries ({correction.files})")
        else:
            _echo(
                f"      ! {correction.files} fits no delivery that ever came: mend `files`, "
                "or remove the correction"
            )


@data_set.command("validate")
@click.argument("file", required=False, type=click.Path(path_type=Path, exists=True))
@click.pass_context
def data_set_validate(ctx: click.Context, file: Path | None) -> None:
    """Check one declaration file, or all of them."""
    from orchestration.process.dbt import DbtProject

    settings = _settings(ctx)
    slots = DbtProject.of(settings).slots()
    if file is None:
        from orchestration.declarations import load_sound

        declarations = load_sound(settings, slots)
        sound = (
            f"{len(declarations.data_sets)} data sets, {len(declarations.definitions)} indicators"
        )
        if declarations.aside:
            raise DeclarationErrors(
                [entry.error for entry in declarations.aside if not entry.is_consequence]
            )
        _echo(f"✓ {sound}")
        return
    from orchestration.declarations import validate_file

    entry = validate_file(file.resolve(), settings, slots)
    _echo(f"✓ {entry.id}: {len(entry.indicators)} indicators")


@data_set.command("draft")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--id", "data_set_id", metavar="ID", help="Id of the data set (default: from name).")
@click.option("--theme", help="Its theme (default: that of the indicators it shares).")
@click.option("--stdout", "to_stdout", is_flag=True, help="Print it instead of writing the file.")
@click.pass_context
def data_set_draft(
    ctx: click.Context, file: Path, data_set_id: str | None, theme: str | None, to_stdout: bool
) -> None:
    """Look at an unknown FILE and write a declaration that runs, with its doubts marked # ?."""
    from orchestration.authoring.draft import draft
    from orchestration.authoring.preview import render

    declarations = _sound_for(ctx)
    drafted = draft(file, declarations, data_set_id=data_set_id, theme=theme)
    if to_stdout:
        _echo(drafted.text, nl=False)
        return
    settings = declarations.settings
    target = settings.raw / "datasets" / drafted.theme / f"{drafted.data_set_id}.yml"
    if target.exists():
        raise DeclarationError(
            "the data set is declared already",
            file=target,
            remedy="give the draft another --id, or see `qutong data-set preview`",
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(drafted.text, encoding="utf-8")
    _echo(render(drafted.parsed, drafted.outcome, 20), nl=False)
    _echo(f"written: {target}  ({counted(drafted.doubts, 'line')} marked # ?)")
    _echo(f"next: mend it, then `qutong data-set preview {drafted.data_set_id} {file}`")


@data_set.command("preview")
@click.argument("data_set_id")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--limit", default=50, show_default=True, help="Rows shown.")
@click.option("--csv", "as_csv", is_flag=True, help="All accepted figures as CSV.")
@click.pass_context
def data_set_preview(
    ctx: click.Context, data_set_id: str, file: Path, limit: int, as_csv: bool
) -> None:
    """What the data set would accept and refuse of FILE, cell by cell; nothing is loaded.

    Every rule of the delivery gate is asked. Exit status: 0 when a run would admit it, 3 when it
    would refuse it.
    """
    from orchestration.authoring.preview import names_of, render, render_verdict
    from orchestration.steps.rehearsal import rehearse_file
    from orchestration.steps.workplace import Workplace

    declarations = _sound_for(ctx, data_set_id)
    declared = declarations.get(data_set_id)
    told = rehearse_file(Workplace(declarations.settings), declared, declarations, file)
    if as_csv and told.outcome is not None:
        _output().write(told.outcome.accepted.write_csv().encode())
    else:
        names = names_of(declared, declarations)
        _echo(render(told.parsed, told.outcome, limit, names), nl=False)
        _echo(render_verdict(told.entry, told.rules, is_known=told.is_known), nl=False)
    if told.is_refused:
        ctx.exit(EXIT_REFUSED)


@data_set.command("extend")
@click.argument("data_set_id")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--from",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day from which a changed layout holds (default: today).",
)
@click.option("--stdout", "to_stdout", is_flag=True, help="Print it instead of writing the file.")
@click.pass_context
def data_set_extend(
    ctx: click.Context, data_set_id: str, file: Path, day: datetime | None, to_stdout: bool
) -> None:
    """Add what FILE has and the declaration of a data set lacks: a row, a column, a layout.

    What stands there is kept; what is new is marked # ? where a person has to decide. Exit status:
    0 when the file is read whole with it, 3 when not.
    """
    import difflib

    from orchestration.authoring.extend import extend
    from orchestration.authoring.preview import render

    declarations = _sound_for(ctx, data_set_id)
    declared = declarations.get(data_set_id)
    made = extend(file, declared, declarations, day.date() if day else date.today())
    if to_stdout:
        _echo(made.text, nl=False)
    elif made.text == made.before:
        _echo("没有新内容 | nothing is new: the declaration stays as it is")
    else:
        changes = difflib.unified_diff(
            made.before.splitlines(), made.text.splitlines(), n=1, lineterm=""
        )
        _echo("\n".join(list(changes)[2:]))
        declared.path.write_text(made.text, encoding="utf-8")
        _echo(f"written: {declared.path}  ({counted(made.doubts, 'line')} marked # ?)")
    if not to_stdout:
        for line in made.said:
            _echo(f"  {line}")
        _echo(render(made.parsed, made.outcome, 20), nl=False)
    if made.outcome is None or made.parsed.quarantined:
        ctx.exit(EXIT_REFUSED)


@data_set.command("schema")
def data_set_schema() -> None:
    """The JSON schema of a declaration, for editors."""
    import json

    from orchestration.spec import DataSet

    _echo(json.dumps(DataSet.model_json_schema(), ensure_ascii=False, indent=2))


# --- what did not come in --------------------------------------------------------------------


@main.group("quarantine")
def quarantine_group() -> None:
    """What did not come in: list, show, replay, return, settle."""


@quarantine_group.command("list")
@click.option("--data-set", metavar="ID", help="Of this data set only.")
@click.option("--all", "settled", is_flag=True, help="What is settled too.")
@click.pass_context
def quarantine_list(ctx: click.Context, data_set: str | None, settled: bool) -> None:
    """Refused deliveries and quarantined cells that are still open."""
    from orchestration.serve import quarantine

    state = quarantine.read_state(_settings(ctx).work)
    _echo(quarantine.render_list(state, data_set, settled=settled), nl=False)


@quarantine_group.command("show")
@click.argument("delivery")
@click.pass_context
def quarantine_show(ctx: click.Context, delivery: str) -> None:
    """Every cell of DELIVERY that was not understood: place, rule, text, and what to do.

    DELIVERY is an id as `quarantine list` prints it, a file name, or how its SHA-256 begins.
    """
    from orchestration.serve import quarantine

    work = _settings(ctx).work
    state = quarantine.read_state(work)
    entry = quarantine.find(state, delivery)
    problems = quarantine.problems_of(state, entry, work)
    _echo(quarantine.render_entry(state, entry, problems), nl=False)


@quarantine_group.command("replay")
@click.argument("delivery", required=False)
@click.option("--data-set", metavar="ID", help="Everything of this data set.")
@click.option("--dry-run", is_flag=True, help="Say what would come of it; change nothing.")
@click.pass_context
def quarantine_replay(
    ctx: click.Context, delivery: str | None, data_set: str | None, dry_run: bool
) -> None:
    """Read archived deliveries again, once a declaration, synonym or correction was mended.

    Without DELIVERY and --data-set: all that is open. Exit status as of `qutong run`; of a dry run
    0 when nothing would be refused, 3 when something would.
    """
    import time

    from orchestration.serve import quarantine
    from orchestration.steps.door import execute
    from orchestration.steps.rehearsal import rehearse
    from orchestration.steps.workplace import Workplace

    begin = time.perf_counter()
    settings = _settings(ctx)
    before = quarantine.read_state(settings.work)
    if delivery is not None:
        chosen = [quarantine.find(before, delivery)]
    elif data_set is not None:
        chosen = [entry for entry in before.entries if entry.data_set_id == data_set]
    else:
        chosen = [entry for entry in before.entries if entry.is_open]
    ids = [entry.delivery_id for entry in chosen]
    data_sets = sorted(
        {entry.data_set_id for entry in chosen} | ({data_set} if data_set else set())
    )
    work = Workplace(settings)
    for name in data_sets:
        work.declarations.get(name)  # a name that is not declared is wrong use
    if not ids:
        _echo("nothing is open / 没有未了结的送达")
        return
    if dry_run:
        after = rehearse(work, data_sets)
        _echo(quarantine.render_replay(before, after, ids), nl=False)
        refused = {entry.delivery_id for entry in after.entries if entry.verdict == "refused"}
        ctx.exit(EXIT_REFUSED if refused & set(ids) else 0)
    report = execute(work, _carry_out, data_sets)
    after = quarantine.read_state(settings.work)
    _echo(quarantine.render_replay(before, after, ids), nl=False)
    _echo(summary(report, time.perf_counter() - begin))
    ctx.exit(report.exit_code)


@quarantine_group.command("return")
@click.argument("delivery")
@click.option(
    "--to",
    "target",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="The workbook to write.",
)
@click.pass_context
def quarantine_return(ctx: click.Context, delivery: str, target: Path) -> None:
    """Write the reply to the sender: the delivered table with every bad cell marked."""
    from orchestration.steps.replies import reply_to_sender

    if target.suffix.lower() != ".xlsx":
        raise click.BadParameter("the file is a workbook: name it *.xlsx", param_hint="--to")
    declarations = _declarations(ctx)
    content = reply_to_sender(declarations, delivery)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.touch(mode=0o600)  # it holds what the sender wrote: for the one who asked for it
    target.write_bytes(content)
    _echo(f"{target}: send it back; the mended delivery goes to var/inbox/")


@quarantine_group.command("settle")
@click.argument("delivery")
@click.option("--reason", required=True, help="Why nothing more is awaited.")
@click.pass_context
def quarantine_settle(ctx: click.Context, delivery: str, reason: str) -> None:
    """Note that nothing more is awaited for DELIVERY (misdirected, sent under another name …)."""
    import getpass

    from orchestration.serve import quarantine

    settings = _settings(ctx)
    state = quarantine.read_state(settings.work)
    entry = quarantine.find(state, delivery)
    quarantine.decide(settings.archive, entry, reason, getpass.getuser())
    state.settle(entry, quarantine.BY_DECISION).write(settings.work)
    _echo(f"{entry.delivery_id}: nothing more is awaited")


# --- what is due -----------------------------------------------------------------------------


@main.group(invoke_without_command=True)
@click.option("--data-set", "data_sets", multiple=True, metavar="ID", help="Of these alone.")
@click.option("--year", type=click.IntRange(1950, 2100), help="What is due in that year.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option("--as-of", "moment", hidden=True, help="ISO 8601; now by default.")
@click.pass_context
def due(
    ctx: click.Context,
    data_sets: tuple[str, ...],
    year: int | None,
    as_json: bool,
    moment: str | None,
) -> None:
    """What is awaited, what came and what is overdue, as of now.

    Without --year: what is due this year, and what of earlier years is not settled.
    Exit status: 0 nothing is overdue, 3 something is, 2 wrong use.
    """
    from orchestration.serve import due as told
    from orchestration.steps import ledger

    if ctx.invoked_subcommand is not None:
        return
    now = _moment(moment)
    timetable = _timetable(ctx)
    only = frozenset(timetable.get(name).data_set_id for name in data_sets)
    lines = ledger.calendar(_settings(ctx), timetable, now, year, only)
    if as_json:
        _output().write(told.render_json(lines, now.astimezone(timetable.zone)).encode())
    else:
        nothing = [
            (entry.data_set_id, " | ".join(entry.said))
            for entry in timetable
            if entry.rule is None and (not only or entry.data_set_id in only)
        ]
        _echo(told.render_table(lines, nothing), nl=False)
        for wrong in timetable.wrong.values():
            _echo(wrong, err=True)
    if any(line.is_overdue for line in lines):
        ctx.exit(EXIT_REFUSED)


def _timetable(ctx: click.Context) -> Timetable:
    from orchestration.timetable import read_timetable

    with uncollected():
        return read_timetable(_settings(ctx))


def _moment(text: str | None) -> datetime:
    from datetime import UTC

    if text is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter("not an ISO 8601 time", param_hint="--as-of") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@due.command("remind")
@click.option("--owner", help="This owner alone, by name or how it begins.")
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write a file for each owner there instead of printing them.",
)
@click.option("--as-of", "moment", hidden=True, help="ISO 8601; now by default.")
@click.pass_context
def due_remind(
    ctx: click.Context, owner: str | None, folder: Path | None, moment: str | None
) -> None:
    """Write the reminders (催报): a text in Chinese for each owner who is behind."""
    from orchestration.serve import due as told
    from orchestration.steps import ledger

    now, timetable = _moment(moment), _timetable(ctx)
    settings = _settings(ctx)
    lines = ledger.calendar(settings, timetable, now)
    bureau = settings.district.name.zh
    texts = told.reminders(lines, bureau, now.astimezone(timetable.zone).date())
    chosen = {name: text for name, text in texts.items() if name.startswith(owner or "")}
    if not chosen:
        _echo("没有逾期 nobody is behind")
        return
    for name, text in chosen.items():
        if folder is None:
            _echo(text)
            continue
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"催报_{told.file_name(name)}.txt"
        file.write_text(text, encoding="utf-8")
        _echo(file)


@due.command("alert")
@click.option("--as-of", "moment", hidden=True, help="ISO 8601; now by default.")
@click.pass_context
def due_alert(ctx: click.Context, moment: str | None) -> None:
    """Tell the channels of district.yml what is newly overdue, and what is over.

    Each is told once, and once more when it is over. Exit status: 0 told, or no news; 1 a channel
    could not be told and is tried again the next time.
    """
    from orchestration.steps import deadline_watch

    sent = deadline_watch.alert(_settings(ctx), _moment(moment))
    for entry in sent:
        if entry.error:
            _echo(f"✗ {entry.error}", err=True)
        else:
            _echo(f"✓ {entry.channel}: 逾期 raised {entry.raised}, 了结 over {entry.over}")
    if not sent:
        _echo("没有告警渠道 no channel is declared: `alerts` in raw/district.yml")
    if any(entry.error for entry in sent):
        ctx.exit(EXIT_FAILED)


def _record_mark(ctx: click.Context, data_set_id: str, period: str, kind: Any, reason: str) -> None:
    from orchestration.collect.feedback import KINDS
    from orchestration.steps import ledger

    made = ledger.mark(_settings(ctx), _timetable(ctx), data_set_id, period, kind, reason)
    _echo(f"✓ {made.data_set_id} {made.period}: {KINDS[made.kind]}")


@due.command("pending")
@click.argument("data_set_id")
@click.argument("period")
@REASON
@click.pass_context
def due_pending(ctx: click.Context, data_set_id: str, period: str, reason: str) -> None:
    """Record that feedback from above is pending for a period (待反馈)."""
    _record_mark(ctx, data_set_id, period, "pending", reason)


@due.command("waive")
@click.argument("data_set_id")
@click.argument("period")
@REASON
@click.pass_context
def due_waive(ctx: click.Context, data_set_id: str, period: str, reason: str) -> None:
    """Record that nothing is to be delivered for a period (免报)."""
    _record_mark(ctx, data_set_id, period, "waived", reason)


@due.command("over")
@click.argument("data_set_id")
@click.argument("period")
@REASON
@click.pass_context
def due_over(ctx: click.Context, data_set_id: str, period: str, reason: str) -> None:
    """Record that what was recorded of a period is over."""
    _record_mark(ctx, data_set_id, period, "over", reason)


# --- schedules -------------------------------------------------------------------------------


@main.group()
def schedule() -> None:
    """Pulls on the day they are due, without cron: on, off, show, backfill."""


@schedule.command("show")
@click.pass_context
def schedule_show(ctx: click.Context) -> None:
    """Every schedule and sensor: whether it is on, and when it runs next."""
    from orchestration.schedules import show

    for line in show(_settings(ctx)):
        _echo(line)


@schedule.command("on")
@click.argument("names", nargs=-1, metavar="[DATA_SET_ID | inbox | deadlines]...")
@click.pass_context
def schedule_on(ctx: click.Context, names: tuple[str, ...]) -> None:
    """Switch schedules on; all of them, and both sensors, where none is named.

    They run while `qutong ui` does. What became due while it did not is caught up once.
    """
    from orchestration.schedules import switch

    for line in switch(_settings(ctx), names, is_on=True):
        _echo(line)


@schedule.command("off")
@click.argument("names", nargs=-1, metavar="[DATA_SET_ID | inbox | deadlines]...")
@click.pass_context
def schedule_off(ctx: click.Context, names: tuple[str, ...]) -> None:
    """Switch schedules off; all of them, and both sensors, where none is named."""
    from orchestration.schedules import switch

    for line in switch(_settings(ctx), names, is_on=False):
        _echo(line)


# --- setting up ------------------------------------------------------------------------------


@main.group("simulate")
def simulate_group() -> None:
    """Invented data that say so everywhere, to try things on."""


@simulate_group.command("months")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--from",
    "first",
    type=click.DateTime(["%Y-%m"]),
    default="2021-01",
    show_default=True,
    help="First month that is reported.",
)
@click.option("--months", type=click.IntRange(1, 120), default=60, show_default=True)
@click.option("--departments", type=click.IntRange(1, 12), default=12, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="Everything follows from it.")
def simulate_months(
    directory: Path, first: datetime, months: int, departments: int, seed: int
) -> None:
    """Lay out a simulated district: month tables of its departments, and the key of answers."""
    from datetime import UTC

    from orchestration.authoring.months.simulate import simulate

    done = simulate(
        directory,
        first=(first.year, first.month),
        months=months,
        departments=departments,
        seed=seed,
        today=datetime.now(UTC).date(),
    )
    _echo(
        f"模拟 Simulated: {counted(done.files, 'file')}, {counted(done.figures, 'figure')} with "
        f"their versions; {done.refused} must be refused"
    )
    _echo(f"答案 Answers: {done.directory / 'answers'}")
    _echo(f"下一步 Next: qutong --project {done.directory} run")


@main.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--code", required=True, help="Region code of the district (GB/T 2260).")
@click.option("--name-zh", required=True, help="Its Chinese name.")
@click.option("--name-en", required=True, help="Its English name.")
def init(directory: Path, code: str, name_zh: str, name_en: str) -> None:
    """Lay out a new, empty district that runs."""
    from orchestration.authoring.init import lay_out

    written = lay_out(directory, code=code, name_zh=name_zh, name_en=name_en)
    for path in written:
        _echo(f"  {path}")
    _echo(f"next: declare a data set in {directory}/raw/datasets, then")
    _echo(f"  qutong --project {directory} run")


@main.command()
@click.option("--port", default=3000, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option(
    "--allow-host",
    "allowed",
    multiple=True,
    metavar="NAME",
    help="A name under which browsers reach it; demanded where others can reach --host.",
)
@click.pass_context
def ui(ctx: click.Context, port: int, host: str, allowed: tuple[str, ...]) -> None:
    """Open Dagster's user interface on the same runs and assets.

    It has no login: who reaches it starts and ends runs. Pages of other origins are refused.
    """
    from orchestration.ui import serve

    serve(_settings(ctx), host, port, allowed, partial(_echo, err=True))


if __name__ == "__main__":
    main()
