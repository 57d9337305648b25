"""One district, run again and again; each run is interrupted at another step, the last is not.

Run as a program: imports everything once, then forks a child for each run, and prints one line
of JSON about what each left behind. The child types the same command as a person.
Belongs here: interrupting, and looking at what is left. Does not belong here: expected values.
"""

from __future__ import annotations

import errno
import fcntl
import functools
import importlib
import json
import os
import pkgutil
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from orchestration.settings import CODE_ROOT, Settings, load_settings
from orchestration.steps.door import execute
from orchestration.steps.state import StepName
from orchestration.steps.workplace import Workplace
from tests.pipeline.released import current, last_run
from tests.pipeline.steps import one_by_one
from tests.support import drop, few_products, judging_here, profile

RELEASE_TIME = "2026-03-02T09:00:00+00:00"
SCHOOLS = "学校数,云溪区,2025年,年度,43,,所,个数,三、教育,yunxi-bulletin,2026-01-30,,"
SPARE_BYTES = 1_500_000


def swap(owner: object, name: str, by: object) -> None:
    """Put another function in the place of one, in this process only."""
    setattr(owner, name, by)


@dataclass(frozen=True)
class Left:
    """What lies there after a run.

    Attributes:
        killed: Whether the run died of SIGKILL.
        exit_code: Of a run that ended by itself.
        current: The release that readers see.
        sound: Whether every file of the first release is as it was.
        unfinished: Names in the directory of releases that no reader looks at.
        inbox: Files that wait there.
        archived: Deliveries the archive knows.
        is_locked: Whether anybody still holds the lock.
        outcome, error: Of the last report that was written.
        said: What the command printed.
    """

    killed: bool
    exit_code: int | None
    current: str
    sound: bool
    unfinished: list[str]
    inbox: int
    archived: int
    is_locked: bool
    outcome: str
    error: str
    said: str


# --- interrupting -----------------------------------------------------------------------------


def die(*_: Any, **__: Any) -> Any:
    """Stands where the run is killed: no handler of ours runs after it."""
    os.kill(os.getpid(), signal.SIGKILL)


def disk_full(*_: Any, **__: Any) -> Any:
    """Stands where the disk is found to be full."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def in_collect() -> None:
    """The bytes and the receipt are stored, the delivery is not registered."""
    from orchestration.collect.archive import Archive

    setattr(Archive, "_register", die)  # noqa: B010 - a type checker forbids to assign it


def in_land() -> None:
    """The work database is made anew and half filled."""
    from orchestration.process import landing

    swap(landing, "_land_changed", die)


def in_delivery_gate() -> None:
    """Verdicts are written, nothing is admitted."""
    from orchestration.process import landing

    swap(landing, "admit", die)


def in_models(schema: str) -> None:
    """In the middle of the models: as soon as a first one of a schema is made."""
    from orchestration.process import models

    make = models._made

    def then_die(con: Any, node: models.Node) -> models.NodeResult:
        result = make(con, node)
        if node.schema == schema:
            die()
        return result

    swap(models, "_made", then_die)


def in_marts_gate() -> None:
    """The rules have spoken, their outcomes are not written."""
    from orchestration.steps import marts_gate

    swap(marts_gate, "dbt_outcomes", die)


def in_candidate(stop: Callable[..., Any] = die) -> None:
    """The database and the tables of the release are written, the report is not."""
    from orchestration.publish.products import report

    swap(report, "render_html", stop)


def in_release_gate() -> None:
    """The candidate is whole, no verdict is recorded."""
    from orchestration.publish.verdict import VerdictStore

    swap(VerdictStore, "record", die)


def before_pointer() -> None:
    """The release has its name, readers do not see it."""
    from orchestration.publish import pointer

    swap(pointer, "_point_at", die)


def after_pointer() -> None:
    """Readers see the release, nobody has entered that in the ledger."""
    from orchestration.publish import pointer

    move = pointer._point_at

    def then_die(*arguments: Any, **named: Any) -> None:
        move(*arguments, **named)
        die()

    swap(pointer, "_point_at", then_die)


def nowhere() -> None:
    """Nothing goes wrong."""


# --- running ----------------------------------------------------------------------------------


def whole_run(project: Path, release_id: str) -> int:
    """`qutong run`, as a person types it."""
    from orchestration.cli import main

    fixed = ["--release-id", release_id, "--release-time", RELEASE_TIME]
    done = main(["--project", str(project), "run", *fixed], standalone_mode=False)
    return int(done or 0)


def without_dagster(project: Path, release_id: str, *, begin: StepName = "collect") -> int:
    """The same steps in the same order, called one after the other, with few products.

    From a later step on, they stand on what the run before it left.
    """
    from orchestration.cli import summary

    moment = datetime.fromisoformat(RELEASE_TIME)
    with few_products():
        report = execute(
            Workplace(load_settings(project)),
            functools.partial(one_by_one, begin=begin),
            release_id=release_id,
            release_time=moment,
        )
    print(summary(report, 0))
    return report.exit_code


def beginning(step: StepName) -> Callable[[Path, str], int]:
    """From that step on."""
    return functools.partial(without_dagster, begin=step)


@dataclass(frozen=True)
class Link:
    """One run of the chain: where it is interrupted, how it is started, under which release id."""

    interrupt: Callable[[], None]
    start: Callable[[Path, str], int]
    release_id: str = "2026-03-02.1"


NO_SPACE = "no space"
CHAIN: dict[str, Link] = {
    "collect": Link(in_collect, whole_run),
    "land": Link(in_land, without_dagster),
    "delivery gate": Link(in_delivery_gate, without_dagster),
    "marts": Link(functools.partial(in_models, "core"), whole_run),
    "marts gate": Link(in_marts_gate, beginning("marts")),
    "quality": Link(functools.partial(in_models, "quality"), beginning("marts_gate")),
    "candidate": Link(in_candidate, beginning("quality")),
    "release gate": Link(in_release_gate, beginning("candidate")),
    "disk full": Link(functools.partial(in_candidate, disk_full), beginning("candidate")),
    "before the pointer": Link(before_pointer, beginning("candidate")),
    "after the pointer": Link(after_pointer, beginning("candidate")),
    "nothing new": Link(nowhere, whole_run, "2026-03-03.1"),
    NO_SPACE: Link(nowhere, whole_run, "2026-03-03.1"),
    "none": Link(nowhere, whole_run, "2026-03-03.1"),
}


def begun(printed: Path, work: Callable[[], int]) -> int:
    """Begin something in a child that has everything imported; its process id.

    Args:
        printed: Where what it prints is written.
        work: What it does; gives its exit status.
    """
    child = os.fork()
    if child == 0:
        code = 70
        try:
            with printed.open("w", encoding="utf-8") as file:
                os.dup2(file.fileno(), 1)
                os.dup2(file.fileno(), 2)
            with judging_here():
                code = work()
        except SystemExit as ended:
            code = int(ended.code or 0)
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    return child


def fork(project: Path, link: Link) -> tuple[int, str]:
    """Do it in a child; its wait status and what it printed."""

    def interrupted() -> int:
        link.interrupt()
        return link.start(project, link.release_id)

    printed = project / "printed.txt"
    _, status = os.waitpid(begun(printed, interrupted), 0)
    return status, printed.read_text(encoding="utf-8")


def look(settings: Settings, status: int, said: str, first: dict[str, bytes]) -> Left:
    """What is left."""
    names = [path.name for path in settings.releases.iterdir()]
    report = last_run(settings)
    return Left(
        killed=os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL,
        exit_code=os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
        current=current(settings).name,
        sound=contents(settings.releases / "2026-03-01.1") == first,
        unfinished=sorted(name for name in names if name.startswith(".")),
        inbox=sum(path.is_file() for path in settings.inbox.rglob("*")),
        archived=sum(1 for _ in (settings.archive / "deliveries").rglob("*.json")),
        is_locked=is_locked(settings),
        outcome=report["outcome"],
        error=report["error"],
        said=said,
    )


def contents(release: Path) -> dict[str, bytes]:
    """Every file of a release."""
    return {
        path.relative_to(release).as_posix(): path.read_bytes()
        for path in release.rglob("*")
        if path.is_file()
    }


def is_locked(settings: Settings) -> bool:
    """Whether a process holds the lock."""
    with settings.lock_file.open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def import_everything() -> None:
    """What a run needs, so that no child imports it again; nothing here starts a thread."""
    for package in ("collect", "judge", "process", "publish", "steps"):
        for module in pkgutil.iter_modules([str(CODE_ROOT / "orchestration" / package)]):
            importlib.import_module(f"orchestration.{package}.{module.name}")
    for name in (
        "openpyxl",
        "orchestration.cli",
        "orchestration.definitions",
        "polars",
    ):
        importlib.import_module(name)


# --- a disk that is full in earnest -----------------------------------------------------------


def small_disk(home: Path) -> bool:
    """Move the state to a disk of its own with little room; False where that is not allowed."""
    aside = home.with_name("aside")
    shutil.copytree(home, aside, symlinks=True)
    if subprocess.run(["mount", "-t", "tmpfs", "none", home], check=False).returncode:
        return False
    shutil.copytree(aside, home, symlinks=True, dirs_exist_ok=True)
    used = shutil.disk_usage(home).used
    subprocess.run(["mount", "-o", f"remount,size={used + SPARE_BYTES}", home], check=True)
    return True


def more_space(home: Path) -> None:
    """What a person does next."""
    subprocess.run(["mount", "-o", "remount,size=512m", home], check=True)


def back_from_small_disk(home: Path) -> None:
    """Only this process sees that disk: bring its content to where the tests look."""
    aside = home.with_name("aside")
    shutil.rmtree(aside)
    shutil.copytree(home, aside, symlinks=True)
    subprocess.run(["umount", home], check=True)
    shutil.rmtree(home)
    aside.rename(home)


def main(project: Path, *, may_mount: bool) -> None:
    """The chain; with a small disk only where mounts are this process's own."""
    import_everything()
    settings = load_settings(project)
    first = contents(settings.releases / "2026-03-01.1")
    has_small_disk = False
    for name, link in CHAIN.items():
        if name == NO_SPACE:
            drop(settings, "yunxi-profile", "公报2025学校.csv", profile(SCHOOLS))
            has_small_disk = may_mount and small_disk(settings.home)
            if not has_small_disk:
                continue
        left = look(settings, *fork(project, link), first)
        print(json.dumps({"link": name} | asdict(left), ensure_ascii=False), flush=True)
        if name == NO_SPACE:
            more_space(settings.home)
    if has_small_disk:
        back_from_small_disk(settings.home)


if __name__ == "__main__":
    main(Path(sys.argv[1]), may_mount=sys.argv[2:] == ["may-mount"])
