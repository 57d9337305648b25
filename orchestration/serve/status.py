"""What is in force: the current release, what was found in it, what was refused, the last run.

Belongs here: reading that from small files, without opening a database. Does not belong here:
changing any of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from orchestration.errors import ReleaseError
from orchestration.serve.reading import CURRENT, PIN, current_release, is_empty
from orchestration.text import shown_moment, shown_name

Language = Literal["zh", "en"]


@dataclass(frozen=True)
class RefusedDelivery:
    """A delivery that stayed out of the release."""

    data_set_id: str
    file_name: str
    delivered_on: str
    refused_by: str
    reason_zh: str
    reason_en: str


@dataclass(frozen=True)
class Status:
    """The state readers are in. ``release_id`` is None while nothing is published."""

    release_id: str | None
    path: Path | None
    release_time: str
    policy: str
    district_name_zh: str
    district_name_en: str
    is_simulated: bool
    findings_total: int
    findings_by_severity: Mapping[str, int]
    refused: tuple[RefusedDelivery, ...]
    pinned_to: str | None
    last_run: Mapping[str, Any] | None


def read_status(releases_dir: Path, last_run_file: Path | None = None) -> Status:
    """Read the state.

    Args:
        releases_dir: The directory of releases.
        last_run_file: The summary the last run left, where it is kept.

    Raises:
        ReleaseError: The pointer leads to a release that cannot be read.
    """
    last_run = _object(last_run_file) if last_run_file else None
    pin = _object(releases_dir / PIN)
    pinned_to = str(pin.get("release_id", "?")) if pin is not None else None
    if not (releases_dir / CURRENT).is_symlink() and is_empty(releases_dir):
        return Status(None, None, "", "", "", "", False, 0, {}, (), pinned_to, last_run)
    release = current_release(releases_dir)
    manifest = release.manifest
    try:
        return Status(
            release_id=release.release_id,
            path=release.path,
            release_time=shown_moment(manifest),
            policy=manifest["policy"],
            district_name_zh=manifest["district_name_zh"] or "",
            district_name_en=manifest["district_name_en"] or "",
            is_simulated=manifest["is_simulated"],
            findings_total=manifest["findings_total"],
            findings_by_severity=manifest["findings_by_severity"],
            refused=tuple(RefusedDelivery(**entry) for entry in manifest["refused"]),
            pinned_to=pinned_to,
            last_run=last_run,
        )
    except (KeyError, TypeError) as error:
        raise ReleaseError(
            f"the manifest lacks {error} / 清单不完整",
            file=release.path,
            remedy="check it: qutong release verify",
        ) from error


def render_text(status: Status, language: Language = "zh") -> str:
    """The state as a few lines for a person."""
    zh = language == "zh"
    if status.release_id is None:
        lines = ["尚未发布任何版本。" if zh else "Nothing is published yet."]
        lines.append("下一步：qutong run" if zh else "Next: qutong run")
        return "\n".join(lines) + "\n"
    district = status.district_name_zh if zh else status.district_name_en
    facts = [
        ("地区" if zh else "District", district or "–"),
        ("当前版本" if zh else "Current release", status.release_id),
        ("发布时间" if zh else "Release time", status.release_time),
        ("策略" if zh else "Policy", status.policy),
        ("位置" if zh else "Place", str(status.path)),
        ("未了结的发现" if zh else "Open findings", _findings(status, zh)),
    ]
    if status.is_simulated:
        facts.append(("标记" if zh else "Label", "模拟数据" if zh else "simulated data"))
    if status.pinned_to is not None:
        told = (
            f"{status.pinned_to}（新版本不会自动生效；解除：qutong release unpin）"
            if zh
            else f"{status.pinned_to} (new releases do not come into force; qutong release unpin)"
        )
        facts.append(("已固定" if zh else "Pinned to", told))
    if status.last_run is not None:
        facts.append(("上次运行" if zh else "Last run", _last_run(status.last_run)))
    colon = "：" if zh else ": "
    lines = [f"{name}{colon}{value}" for name, value in facts]
    if status.refused:
        lines.append(
            f"被拒收的交付：{len(status.refused)}{_open(status, zh)}"
            if zh
            else f"Refused deliveries: {len(status.refused)}{_open(status, zh)}"
        )
        lines += [
            f"  {item.data_set_id}  {shown_name(item.file_name)}  [{item.refused_by}]  "
            f"{item.reason_zh if zh else item.reason_en}"
            for item in status.refused
        ]
    return "\n".join(lines) + "\n"


def _open(status: Status, zh: bool) -> str:
    """How many of them are still awaited, where the last run said it."""
    refused = (status.last_run or {}).get("refused")
    if not refused or (status.last_run or {}).get("release_id") != status.release_id:
        return ""
    count = sum(bool(entry.get("is_open")) for entry in refused)
    return (
        f"（未了结 {count}，见 qutong quarantine list）"
        if zh
        else (f" ({count} open, see qutong quarantine list)")
    )


def _findings(status: Status, zh: bool) -> str:
    words = {"hard": "硬性", "soft": "软性", "informative": "提示"} if zh else {}
    parts = ", ".join(
        f"{words.get(severity, severity)} {number}"
        for severity, number in status.findings_by_severity.items()
    )
    return f"{status.findings_total} ({parts})"


def _last_run(last_run: Mapping[str, Any]) -> str:
    """When, what came of it, and what stood in the way."""
    parts = [str(last_run.get("started_at", "?")), str(last_run.get("outcome", "?"))]
    parts.append(f"exit {last_run.get('exit_code', '?')}")
    if last_run.get("blocking"):
        parts.append(", ".join(map(str, last_run["blocking"])))
    elif last_run.get("error"):
        parts.append(str(last_run["error"]).splitlines()[0])
    return " · ".join(parts)


def _object(path: Path) -> dict[str, Any] | None:
    """A JSON object from a file; None where there is no file, empty where it is broken."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
