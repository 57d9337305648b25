"""What is awaited of every declared data set, for those who ask often and cannot wait.

A tick of a schedule, ``qutong due`` and an alert look at a few keys of each declaration. Reading
and checking hundreds of them whole takes seconds, so what was read is kept beside the size and
time of its file, and read again where these have changed.

Belongs here: those keys, the district's zone and calendar, and keeping them. Does not belong here:
what is due (``deadlines``), and whether declarations hang together (``declarations``).
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from orchestration.deadlines import Calendar, Rule, read_calendar, said
from orchestration.errors import DeclarationError
from orchestration.settings import CODE_ROOT, Settings, parse_model, read_yaml

KEPT = "timetable.json"
_CODE = ("spec.py", "deadlines.py", "timetable.py")


@dataclass(frozen=True)
class Entry:
    """One data set, as far as deadlines ask.

    Attributes:
        rule: When its periods are due; None where nothing is awaited.
    """

    data_set_id: str
    title_zh: str
    title_en: str
    theme: str
    owner: str
    cadence: str
    rule: Rule | None

    @property
    def said(self) -> tuple[str, str]:
        """When it is due, in Chinese and English."""
        return said(self.cadence, self.rule)


@dataclass(frozen=True)
class Timetable:
    """All data sets of a project.

    Attributes:
        entries: In the order of their files.
        wrong: Declarations that cannot be used, each with what is wrong.
        zone: The district's.
        calendar: The holidays that due dates are shifted by.
    """

    entries: tuple[Entry, ...]
    wrong: Mapping[str, str]
    zone: ZoneInfo
    calendar: Calendar

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def get(self, data_set_id: str) -> Entry:
        """One data set.

        Raises:
            DeclarationError: there is none of that id.
        """
        for entry in self.entries:
            if entry.data_set_id == data_set_id:
                return entry
        raise DeclarationError(
            self.wrong.get(data_set_id) or f"there is no data set {data_set_id!r} / 没有这个数据集",
            remedy="see `qutong data-set list`",
        )


def read_timetable(settings: Settings) -> Timetable:
    """What is awaited of every declared data set, as the files are now.

    Raises:
        DeclarationError: the district's own file or its calendar are wrong.
    """
    kept = _Kept(settings)
    district = kept.of(settings.raw / "district.yml", _district)
    if "wrong" in district:
        _ = settings.district  # says it with file, key and remedy
    calendar = _calendar(settings, kept, district["calendar"])
    found = {
        path.stem: kept.of(path, _entry)
        for path in sorted((settings.raw / "datasets").rglob("*.yml"))
    }
    kept.write()
    return Timetable(
        tuple(_told(entry) for entry in found.values() if "wrong" not in entry),
        {name: entry["wrong"] for name, entry in found.items() if "wrong" in entry},
        ZoneInfo(district["time_zone"]),
        calendar,
    )


def _district(path: Path) -> dict[str, Any]:
    from orchestration.spec import District

    read = parse_model(District, read_yaml(path), path)
    return {"time_zone": read.time_zone, "calendar": read.calendar}


def _calendar(settings: Settings, kept: _Kept, name: str) -> Calendar:
    if not name:
        return Calendar()
    folder = settings.calendars

    def read(_: Path) -> dict[str, Any]:
        found = read_calendar(folder, name)
        days = {day.isoformat(): is_working for day, is_working in found.working.items()}
        return {"days": days, "years": sorted(found.years)}

    says = kept.of(folder / f"{name}.csv", read, folder / f"{name}.yml")
    if "wrong" in says:
        return read_calendar(folder, name)  # says it with file, line and remedy
    days = {date.fromisoformat(day): bool(working) for day, working in says["days"].items()}
    return Calendar(days, frozenset(says["years"]))


def _entry(path: Path) -> dict[str, Any]:
    from orchestration.spec import DataSet

    read = parse_model(DataSet, read_yaml(path), path)
    rule = Rule.of(read.delivery)
    return {
        "data_set_id": read.id,
        "title_zh": read.title.zh,
        "title_en": read.title.en,
        "theme": read.theme,
        "owner": read.owner,
        "cadence": read.delivery.cadence,
        "rule": asdict(rule) if rule else None,
    }


def _told(entry: Mapping[str, Any]) -> Entry:
    rule = entry["rule"]
    return Entry(**{**entry, "rule": Rule.told(rule) if rule else None})


class _Kept:
    """What was read of files, beside the size and time they had then and the code that read."""

    def __init__(self, settings: Settings) -> None:
        self._file = settings.work / KEPT
        self._root = settings.project
        self._code = [_stamp(CODE_ROOT / "orchestration" / name) for name in _CODE]
        self._known = self._read()
        self._found: dict[str, Any] = {}

    def _read(self) -> dict[str, Any]:
        try:
            kept = json.loads(self._file.read_bytes())
            return dict(kept["files"]) if kept["code"] == self._code else {}
        except (OSError, ValueError, KeyError, TypeError):
            return {}

    def of(
        self, path: Path, read: Callable[[Path], dict[str, Any]], *beside: Path
    ) -> dict[str, Any]:
        """What a file says, with those beside it, or what is ``wrong`` with it."""
        name = str(path.relative_to(self._root))
        stamp = [number for file in (path, *beside) for number in _stamp(file)]
        known = self._known.get(name)
        if known is None or known["stamp"] != stamp:
            try:
                known = {"stamp": stamp, "says": read(path)}
            except DeclarationError as error:
                known = {"stamp": stamp, "says": {"wrong": error.render()}}
        self._found[name] = known
        says: dict[str, Any] = known["says"]
        return says

    def write(self) -> None:
        """Keep what was found, where there is something new; whoever cannot write goes without."""
        if self._found == self._known:
            return
        aside = self._file.with_name(f"{KEPT}.part")
        text = json.dumps({"code": self._code, "files": self._found}, ensure_ascii=False)
        with contextlib.suppress(OSError):
            aside.write_text(text, encoding="utf-8")
            aside.replace(self._file)


def _stamp(path: Path) -> list[int]:
    try:
        told = path.stat()
    except OSError:
        return []
    return [told.st_size, told.st_mtime_ns]
