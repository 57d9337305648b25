"""Errors of a release whose figures are right: a file, a text or a picture says something else.

Belongs here: making one release of the clean base, putting files of copies wrong, and asking the
release gate. Does not belong here: the errors themselves (``tests/errors/kinds``).
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from orchestration.errors import DeclarationError
from orchestration.scoring.base import Base, Figures, Place
from orchestration.scoring.changes import Edition, altered, clean_deliveries
from orchestration.scoring.district import lay_out
from orchestration.scoring.said import Said

OF_HASHES = "release.hash-mismatch"
"""Not counted: what is packed wrongly has the hash of its wrong bytes."""


def judge_editions(
    base: Base, editions: Sequence[Edition], folder: Path, say: Callable[[str], None]
) -> dict[str, list[Said]]:
    """What the release gate says of each, by its id.

    Errors of different files are looked at together: the gate names the file of each problem.

    Raises:
        DeclarationError: the release has no such file, or the gate refuses the clean release.
    """
    from orchestration.publish.durable import remove_tree
    from orchestration.publish.verify import verify_release
    from orchestration.scoring.run import up_to_marts_gate
    from orchestration.scoring.score import NOW
    from orchestration.steps import marts, release, state
    from orchestration.steps.door import entered
    from orchestration.steps.workplace import Workplace

    place = Place(0, base)
    settings = lay_out(folder, base, [(place, clean_deliveries(Figures(base), place))])
    work = Workplace(settings, now=NOW)
    found: dict[str, list[Said]] = {}
    with entered(work, release_id=f"{NOW:%Y-%m-%d}.1", release_time=NOW):
        up_to_marts_gate(work, say)
        marts.build(work, "quality")
        path = release.candidate(work)
        for batch in ((), *_batches(editions)):
            wrong = folder / "wrong"
            shutil.copytree(path, wrong, symlinks=True)
            for edition in batch:
                _put_wrong(wrong, edition)
            problems = [
                problem
                for problem in verify_release(wrong, state.lent(settings), products=work.products)
                if problem.rule_id != OF_HASHES
            ]
            remove_tree(wrong)
            if not batch and problems:
                raise DeclarationError(
                    f"the clean release is refused: {problems[0].detail_en}",
                    file=problems[0].file,
                    remedy="mend tests/errors/base.yml, or the rule that speaks",
                )
            for edition in batch:
                found[edition.id] = [
                    Said("release", p.rule_id, "hard", p.file, p.detail_en)
                    for p in problems
                    if edition.file in p.file
                ]
    return found


def _batches(editions: Sequence[Edition]) -> list[list[Edition]]:
    """Errors put together so that each batch has one of a file."""
    batches: list[list[Edition]] = []
    for edition in editions:
        for batch in batches:
            if all(other.file != edition.file for other in batch):
                batch.append(edition)
                break
        else:
            batches.append([edition])
    return batches


def _put_wrong(release: Path, edition: Edition) -> None:
    file = release / edition.file
    if not file.is_file():
        raise DeclarationError(
            f"the release has no file '{edition.file}'",
            place=f"error {edition.id}",
            remedy="see which files 'qutong run' writes",
        )
    file.parent.chmod(0o755)
    file.chmod(0o644)
    if edition.remove:
        file.unlink()
        return
    if not edition.member:
        text = file.read_text(encoding="utf-8-sig")
        is_marked = file.read_bytes().startswith(b"\xef\xbb\xbf")
        text = altered(text, edition.change, edition.id)
        file.write_text(text, encoding="utf-8-sig" if is_marked and text else "utf-8")
        return
    with zipfile.ZipFile(file) as old:
        parts = {info: old.read(info) for info in old.infolist()}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for info, content in parts.items():
            if info.filename == edition.member:
                text = altered(content.decode("utf-8"), edition.change, edition.id)
                content = text.encode("utf-8")  # noqa: PLW2901 - the member as it is written
            new.writestr(info, content)
