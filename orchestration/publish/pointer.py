"""The one pointer readers follow: publication moves it, a rollback pins it, a crash leaves it.

Belongs here: everything that changes which release is current, and the recovery from a run that
was killed while it did. Does not belong here: building and judging a candidate.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.errors import ReleaseError, VerdictError
from orchestration.publish import ledger
from orchestration.publish.durable import (
    directory_digest,
    fsync_path,
    remove_tree,
    write_durably,
)
from orchestration.publish.layout import (
    BUILDING_PREFIX,
    MANIFEST_FILE,
    MART_FILE,
    POINTER_PREFIX,
    PUBLISHING_PREFIX,
    Releases,
    checked_release_id,
    may_name_release,
)
from orchestration.publish.verdict import PASSED, VerdictReader
from orchestration.text import shown_moment

Progress = Callable[[str], None]


@dataclass(frozen=True)
class ReleaseInfo:
    """A release as a list of releases shows it.

    Attributes:
        release_time: In UTC; releases are ordered by it.
        moment: The same for a person, where the district is.
    """

    release_id: str
    path: Path
    release_time: str
    moment: str
    policy: str
    findings_total: int
    is_simulated: bool
    is_current: bool
    is_pinned: bool


@dataclass(frozen=True)
class Publication:
    """What publishing did.

    Attributes:
        release_id: The release that was published.
        path: Its folder.
        moved: Whether readers now see it.
        previous: What they saw before, None for the first release.
        pinned_to: The release a rollback holds the pointer on, None when nothing does.
        message_zh: The same in a sentence.
        message_en: The same in a sentence.
    """

    release_id: str
    path: Path
    moved: bool
    previous: str | None
    pinned_to: str | None
    message_zh: str
    message_en: str


def publish(
    releases_dir: Path,
    candidate: Path,
    verdict_reader: VerdictReader,
    *,
    progress: Progress | None = None,
) -> Publication:
    """Give a candidate its name and let readers see it, if its recorded verdict allows it.

    The verdict is read again here and compared with the bytes that lie there now; what the
    caller believes does not count. While a rollback pins the pointer, the release is kept and
    the pointer stays.

    Raises:
        VerdictError: No verdict, not passed, another candidate's, or the bytes changed since.
        ReleaseError: It is no candidate, or a release of that id exists.
    """
    say = progress or (lambda step: None)
    releases = Releases(releases_dir)
    release_id = _candidate_id(releases, candidate)
    say("verdict")
    digest = _check_verdict(release_id, candidate, verdict_reader)
    target = releases.release(release_id)
    if target.exists():
        raise ReleaseError(
            f"release {release_id} exists already and is never rewritten / 该版本已存在",
            file=target,
            remedy="publish under another id",
        )
    known = ledger.published(releases).get(release_id)
    if known is not None and known.digest != digest:
        raise ReleaseError(
            f"release {release_id} was published before, with other content / 该版本号已用过",
            file=candidate,
            remedy="publish under another id: an id is given once, also where its release is gone",
        )
    previous = _link_target(releases)
    mark = releases.publishing(release_id)
    say("mark")
    mark.touch()
    fsync_path(releases.root)
    say("rename")
    candidate.rename(target)
    fsync_path(releases.root)
    pinned_to = pinned(releases_dir)
    if pinned_to is None:
        say("pointer")
        _point_at(releases, release_id, progress=say)
    say("ledger")
    ledger.enter(releases, release_id, digest)
    say("unmark")
    mark.unlink()
    fsync_path(releases.root)
    if pinned_to is None:
        zh, en = f"版本 {release_id} 已发布。", f"Release {release_id} is published."
    else:
        zh = f"版本 {release_id} 已保存；当前版本被固定在 {pinned_to}，指针未移动。"
        en = f"Release {release_id} is kept; the pointer is pinned to {pinned_to} and did not move."
    return Publication(release_id, target, pinned_to is None, previous, pinned_to, zh, en)


def recover(releases_dir: Path, *, keep: str | None = None) -> list[str]:
    """Clear what a killed run left, and give readers a release where their pointer was lost.

    Args:
        releases_dir: The directory of releases.
        keep: The release id of a candidate that a later step goes on with.

    Returns:
        One line for each thing that was put right; nothing when all was well.
    """
    releases = Releases(releases_dir)
    done = _clear(releases, keep) + _finish_rollback(releases) + _restore_pointer(releases)
    if done:
        fsync_path(releases.root)
    return done


def _clear(releases: Releases, keep: str | None = None) -> list[str]:
    done = []
    for path in sorted(releases.root.iterdir()) if releases.root.is_dir() else ():
        if path.name == f"{BUILDING_PREFIX}{keep}":
            continue
        if path.name.startswith(BUILDING_PREFIX):
            remove_tree(path)
            done.append(f"removed the unfinished candidate {path.name}")
        elif path.name.startswith(POINTER_PREFIX) or path.name == ".pin.tmp":
            path.unlink()
            done.append(f"removed the unfinished pointer {path.name}")
        elif path.name.startswith(PUBLISHING_PREFIX):
            done.append(_finish_publishing(releases, path))
    return done


def _finish_rollback(releases: Releases) -> list[str]:
    """A rollback was killed between pin and pointer: the pin says where it led."""
    pinned_to = pinned(releases.root)
    if pinned_to is None:
        return []
    if not _is_whole(releases, pinned_to):
        raise ReleaseError(
            f"the pin names a release that is not there: {pinned_to} / 固定的版本不存在",
            file=releases.pin,
            remedy="release the pin: qutong release unpin",
        )
    if pinned_to == _link_target(releases):
        return []
    _point_at(releases, pinned_to)
    return [f"finished the rollback to {pinned_to}"]


def _restore_pointer(releases: Releases) -> list[str]:
    """Where the pointer is gone or leads nowhere: the newest release that is whole, if any."""
    pointed = _link_target(releases)
    if releases.pin.exists() or (pointed is not None and _is_whole(releases, pointed)):
        return []
    for item in reversed(_listed(releases, None)):
        try:
            _check_target(releases.root, item.release_id)
        except ReleaseError:
            continue
        _point_at(releases, item.release_id)
        return [f"the pointer was lost: readers see {item.release_id}"]
    return []


def _is_whole(releases: Releases, release_id: str) -> bool:
    """Whether readers can tell what it is and find its database; `verify_release` reads it."""
    path = releases.root / release_id
    return (path / MART_FILE).is_file() and _manifest(path).get("release_id") == release_id


def current(releases_dir: Path) -> str | None:
    """The release readers see; None before the first one.

    Raises:
        ReleaseError: The pointer leads nowhere.
    """
    releases = Releases(releases_dir)
    release_id = _link_target(releases)
    if release_id is None:
        return None
    if not (releases.root / release_id / MART_FILE).is_file():
        raise ReleaseError(
            f"the current release {release_id} is not there / 当前版本的文件不存在",
            file=releases.current,
            remedy="release the pin: qutong release unpin"
            if releases.pin.exists()
            else "let a run put it right: qutong run",
        )
    return release_id


def pinned(releases_dir: Path) -> str | None:
    """The release a rollback holds the pointer on; None when nothing does."""
    path = Releases(releases_dir).pin
    if not path.exists():
        return None
    try:
        return checked_release_id(json.loads(path.read_text(encoding="utf-8"))["release_id"])
    except (OSError, ValueError, KeyError, TypeError, ReleaseError) as error:
        raise ReleaseError(
            "the pin cannot be read / 固定标记无法读取",
            file=path,
            remedy="roll back to a release by its id, or release the pin: qutong release unpin",
        ) from error


def list_releases(releases_dir: Path) -> list[ReleaseInfo]:
    """All complete releases, the oldest first; none is pinned where the pin cannot be read."""
    try:
        pin = pinned(releases_dir)
    except ReleaseError:
        pin = None
    return _listed(Releases(releases_dir), pin)


def _listed(releases: Releases, pin: str | None) -> list[ReleaseInfo]:
    if not releases.root.is_dir():
        return []
    pointed = _link_target(releases)
    found = []
    for path in releases.root.iterdir():
        if (
            not may_name_release(path.name)
            or path.is_symlink()
            or not (path / MANIFEST_FILE).is_file()
        ):
            continue
        if releases.publishing(path.name).exists() and path.name != pointed:
            continue
        manifest = _manifest(path)
        found.append(
            ReleaseInfo(
                release_id=path.name,
                path=path,
                release_time=manifest.get("release_time", ""),
                moment=shown_moment({"release_time": "", **manifest}),
                policy=manifest.get("policy", ""),
                findings_total=manifest.get("findings_total", 0),
                is_simulated=manifest.get("is_simulated", False),
                is_current=path.name == pointed,
                is_pinned=path.name == pin,
            )
        )
    return sorted(found, key=lambda item: (item.release_time, item.release_id))


def rollback(releases_dir: Path, release_id: str | None = None) -> str:
    """Let readers see an older release and pin it there; runs then keep their releases unseen.

    Args:
        releases_dir: The directory of releases.
        release_id: Where to; None is the release before the current one.

    Returns:
        The release readers see now.

    Raises:
        ReleaseError: There is no such release, or it fails its verification.
    """
    releases = Releases(releases_dir)
    if release_id:
        # The pin that is about to be written anew may be the very thing that is damaged.
        _clear(releases)
        target = checked_release_id(release_id)
    else:
        recover(releases_dir)
        target = _before_current(releases_dir)
    _check_target(releases_dir, target)
    if releases.pin.is_dir():
        remove_tree(releases.pin)
    # The pin comes first: killed in between, the next step of any run finishes the move. The
    # other order would let a run undo the rollback unasked.
    write_durably(releases.pin, json.dumps({"release_id": target}) + "\n")
    _point_at(releases, target)
    return target


def unpin(releases_dir: Path, *, advance: bool = False) -> str | None:
    """Let runs move the pointer again.

    Args:
        releases_dir: The directory of releases.
        advance: Also move it to the newest release at once, after verifying it.

    Returns:
        The release readers see now.

    Raises:
        ReleaseError: Nothing is pinned, or the newest release fails its verification.
    """
    releases = Releases(releases_dir)
    if not releases.pin.exists():
        raise ReleaseError(
            "nothing is pinned / 当前没有固定版本",
            file=releases.root,
            remedy="a pin is set by: qutong release rollback",
        )
    newest = None
    if advance:
        # The pin may be the very thing that is damaged: it is not asked.
        for newest in [item.release_id for item in _listed(releases, None)][-1:]:
            _check_target(releases_dir, newest)
    remove_tree(releases.pin)
    fsync_path(releases.root)
    if newest is not None:
        _point_at(releases, newest)
    _restore_pointer(releases)
    return current(releases_dir)


def _candidate_id(releases: Releases, candidate: Path) -> str:
    release_id = candidate.name.removeprefix(BUILDING_PREFIX)
    is_candidate = (
        candidate.name.startswith(BUILDING_PREFIX)
        and candidate.parent.resolve() == releases.root.resolve()
        and candidate.is_dir()
        and not candidate.is_symlink()
    )
    if not is_candidate:
        raise ReleaseError(
            "this is no candidate of this directory of releases / 不是待发布的版本",
            file=candidate,
            remedy=f"publish what build_candidate returned: {BUILDING_PREFIX}<id>",
        )
    return checked_release_id(release_id)


def _check_verdict(release_id: str, candidate: Path, verdict_reader: VerdictReader) -> str:
    """The digest of the candidate, which its verdict allows to publish."""
    verdict = verdict_reader(release_id)
    if verdict is None:
        raise _refused(candidate, "no verdict is recorded for it / 没有结论记录")
    if verdict.release_id != release_id:
        raise _refused(
            candidate, f"the recorded verdict is that of {verdict.release_id} / 结论属于另一个版本"
        )
    if verdict.outcome != PASSED:
        problems = "; ".join(verdict.problems)
        raise _refused(
            candidate,
            f"the recorded verdict is '{verdict.outcome}' / 结论为未通过"
            + (f": {problems}" if problems else ""),
        )
    if verdict.candidate_digest != directory_digest(candidate):
        raise _refused(
            candidate, "its files are not those the verdict was given on / 文件在判定后被改动"
        )
    return verdict.candidate_digest


def _refused(candidate: Path, reason: str) -> VerdictError:
    return VerdictError(
        f"the candidate is not published: {reason}",
        file=candidate,
        remedy="the current release stays; mend the cause and run again",
    )


def _point_at(releases: Releases, release_id: str, *, progress: Progress | None = None) -> None:
    """Move the pointer in one step: no reader finds it missing or half moved."""
    aside = releases.root / f"{POINTER_PREFIX}{release_id}"
    aside.unlink(missing_ok=True)
    aside.symlink_to(release_id, target_is_directory=True)
    if progress:
        progress("swap")
    if releases.current.exists() and not releases.current.is_symlink():
        _put_aside(releases.current)
    aside.replace(releases.current)
    if progress:
        progress("swapped")
    fsync_path(releases.root)


def _put_aside(path: Path) -> None:
    """Make room for the pointer; what stands there is none of ours, and nobody's loss."""
    number = 1
    while (aside := path.with_name(f".aside-{path.name}-{number}")).exists():
        number += 1
    path.rename(aside)


def _finish_publishing(releases: Releases, mark: Path) -> str:
    """A run was killed between naming a release and moving the pointer."""
    release_id = mark.name.removeprefix(PUBLISHING_PREFIX)
    target = releases.root / release_id
    if target.is_dir() and release_id != _link_target(releases) and not releases.pin.exists():
        remove_tree(target)
        told = f"removed {release_id}, which no reader had seen"
    else:
        if _is_whole(releases, release_id):
            ledger.enter(releases, release_id, directory_digest(target))
        told = f"cleared the mark of {release_id}"
    mark.unlink()
    return told


def _before_current(releases_dir: Path) -> str:
    found = list_releases(releases_dir)
    places = [place for place, item in enumerate(found) if item.is_current]
    if not places or places[0] == 0:
        raise ReleaseError(
            "there is no release before the current one / 没有更早的版本",
            file=releases_dir,
            remedy="see what there is: qutong release list",
        )
    return found[places[0] - 1].release_id


def _check_target(releases_dir: Path, release_id: str) -> None:
    """A release that is damaged is worse than the one readers have."""
    # Here alone: it knows all products, and a run that finds nothing changed needs none of them.
    from orchestration.publish.verify import verify_release

    path = Releases(releases_dir).release(release_id)
    if not path.is_dir():
        raise ReleaseError(
            f"there is no release {release_id} / 没有这个版本",
            file=releases_dir,
            remedy="see what there is: qutong release list",
        )
    problems = verify_release(path)
    if problems:
        raise ReleaseError(
            f"release {release_id} is damaged: {problems[0].file}: {problems[0].detail_en} / "
            f"该版本已损坏：{problems[0].detail_zh}",
            file=path,
            remedy="choose another release; nothing has moved",
        )


def _link_target(releases: Releases) -> str | None:
    if not releases.current.is_symlink():
        return None
    return releases.current.readlink().name


def _manifest(path: Path) -> dict[str, Any]:
    try:
        content = json.loads((path / MANIFEST_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
