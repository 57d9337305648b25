"""The recorded verdict on a candidate: written by the release gate, re-read before publication.

Belongs here: the record and how its integrity is checked. Does not belong here: reaching the
verdict, and acting on it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from orchestration.errors import VerdictError
from orchestration.publish.durable import directory_digest, write_durably
from orchestration.publish.layout import checked_release_id, release_id_of

PASSED = "passed"
FAILED = "failed"


@dataclass(frozen=True)
class RecordedVerdict:
    """What the gates said about exactly these bytes.

    Attributes:
        release_id: The candidate's release id.
        candidate_digest: Digest of all its files, see ``durable.directory_digest``.
        outcome: ``passed`` or ``failed``.
        gates: Verdict of each gate.
        problems: What failed, one line each.
    """

    release_id: str
    candidate_digest: str
    outcome: str
    gates: Mapping[str, str] = field(default_factory=dict)
    problems: Sequence[str] = ()


class VerdictReader(Protocol):
    """Re-reads the record of a release id; None where there is none."""

    def __call__(self, release_id: str) -> RecordedVerdict | None: ...


@dataclass(frozen=True)
class VerdictStore:
    """Verdicts as files, one per release id, each with a hash of its own content."""

    directory: Path

    def record(
        self,
        candidate: Path,
        outcome: str,
        *,
        gates: Mapping[str, str] | None = None,
        problems: Sequence[str] = (),
    ) -> RecordedVerdict:
        """Write down the verdict on the candidate as it lies there now."""
        verdict = RecordedVerdict(
            release_id_of(candidate),
            directory_digest(candidate),
            outcome,
            dict(gates or {}),
            tuple(problems),
        )
        content = {
            "release_id": verdict.release_id,
            "candidate_digest": verdict.candidate_digest,
            "outcome": verdict.outcome,
            "gates": dict(verdict.gates),
            "problems": list(verdict.problems),
        }
        self.directory.mkdir(parents=True, exist_ok=True)
        write_durably(
            self._path(verdict.release_id),
            json.dumps(
                {**content, "record_sha256": _own_hash(content)}, ensure_ascii=False, indent=2
            )
            + "\n",
        )
        return verdict

    def __call__(self, release_id: str) -> RecordedVerdict | None:
        """The recorded verdict; a ``VerdictError`` where the record was changed by hand."""
        path = self._path(release_id)
        if not path.is_file():
            return None
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            stated = content.pop("record_sha256")
            verdict = RecordedVerdict(**content)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise _tampered(path) from error
        if stated != _own_hash(content):
            raise _tampered(path)
        return verdict

    def _path(self, release_id: str) -> Path:
        return self.directory / f"{checked_release_id(release_id)}.json"


def _own_hash(content: Mapping[str, Any]) -> str:
    return sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _tampered(path: Path) -> VerdictError:
    return VerdictError(
        "the recorded verdict was changed after it was written / 结论记录被改动",
        file=path,
        remedy="run again: the gates judge the candidate anew",
    )
