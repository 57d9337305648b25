"""A published figure back to where it came from: release, observation, document, file, cell, bytes.

Belongs here: following that path and printing it. Does not belong here: the way from a cell of a
mart to its figures (``cell``), and judging the figure.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from orchestration.bounds import said
from orchestration.catalog import literal
from orchestration.errors import QutongError
from orchestration.serve.reading import CurrentRelease, current_release, open_mart
from orchestration.text import beginnings, shown_moment, shown_name

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Language = Literal["zh", "en"]
BytesState = Literal["verified", "changed", "missing"]

MIN_PREFIX = 6
MAX_FIGURES = 10


@dataclass(frozen=True)
class Selector:
    """Which figure: an observation id (or a unique beginning of it), or filters.

    ``indicator`` is a code or a part of a name in either language, ``region`` a code or a name,
    ``period`` as published. Filters choose figures in force; where none is, past ones.
    """

    observation_id: str | None = None
    indicator: str | None = None
    period: str | None = None
    region: str | None = None


@dataclass(frozen=True)
class Vintage:
    """One state of a figure and the time it was the known one."""

    observation_id: str
    value: Decimal | None
    qualifier: str
    estimate_stage: str
    known_from: date
    known_to: date | None
    delivery_place: str
    is_this: bool


@dataclass(frozen=True)
class Document:
    """The document a figure was published in."""

    source_document: str
    title_zh: str
    title_en: str
    issuer: str
    published: str
    citation: str
    address: str


@dataclass(frozen=True)
class Pull:
    """Where a file was pulled from, as its receipt says: secrets are none of it.

    Attributes:
        origin: The source.
        key: What the source calls the file: an address, a path.
        at: When it was asked, in UTC.
    """

    connector: str
    origin: str
    key: str
    at: str


@dataclass(frozen=True)
class Delivery:
    """The file a figure came in, and whether the archive still has its bytes."""

    data_set_id: str
    file_name: str
    place: str
    receipt_sha256: str
    archived_at: Path
    bytes_state: BytesState
    pull: Pull | None = None


@dataclass(frozen=True)
class Correction:
    """Why a figure differs from what its source says."""

    correction_id: str
    kind: str
    place: str
    expected: str
    corrected: str
    reason_zh: str
    reason_en: str
    reported_by: str
    reported_on: date


@dataclass(frozen=True)
class TracedFigure:
    """One figure with everything behind it."""

    observation: Mapping[str, Any]
    vintages: tuple[Vintage, ...]
    document: Document
    delivery: Delivery
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True)
class Trace:
    """The answer: figures traced (at most ``MAX_FIGURES``) of those that matched."""

    release_id: str
    release_time: str
    policy: str
    figures: tuple[TracedFigure, ...]
    matched: int


def trace(releases_dir: Path, archive_dir: Path, selector: Selector) -> Trace:
    """Follow a figure of the current release back to the archived bytes.

    Args:
        releases_dir: The directory of releases.
        archive_dir: The archive, with ``objects/<first two digits>/<sha256>`` in it.
        selector: Which figure.

    Raises:
        QutongError: No figure matches, an id's beginning is too short or not unique.
    """
    import duckdb

    release = current_release(releases_dir)
    con = open_mart(release)
    try:
        rows = _find(con, selector)
        states: dict[str, BytesState] = {}
        figures = tuple(
            follow(con, release, archive_dir, row, states) for row in rows[:MAX_FIGURES]
        )
    except duckdb.Error as error:
        raise cannot_answer(release, error) from error
    finally:
        con.close()
    return as_trace(release, figures, len(rows))


def as_trace(release: CurrentRelease, figures: tuple[TracedFigure, ...], matched: int) -> Trace:
    """What was traced, with the identity of the release it was traced in."""
    return Trace(
        release.release_id,
        shown_moment(release.manifest),
        str(release.manifest.get("policy", "")),
        figures,
        matched,
    )


def cannot_answer(release: CurrentRelease, error: Exception) -> QutongError:
    """The database of the release refused: it lacks what every release has."""
    return QutongError(
        f"the release cannot answer: {error}",
        file=release.path,
        remedy="check it: qutong release verify",
    )


def render_text(trace: Trace, language: Language = "zh") -> str:
    """The trace for a person, from the release down to the bytes."""
    zh = language == "zh"
    head = [release_fact(trace, zh)]
    blocks = [as_lines(head + figure_facts(figure, zh), zh) for figure in trace.figures]
    if trace.matched > len(trace.figures):
        blocks.append(
            f"共 {trace.matched} 个符合，显示前 {len(trace.figures)} 个；请加条件。\n"
            if zh
            else f"{trace.matched} match, the first {len(trace.figures)} are shown; narrow it.\n"
        )
    return "\n".join(blocks)


def _find(con: DuckDBPyConnection, selector: Selector) -> list[dict[str, Any]]:
    if selector.observation_id is not None:
        return _find_by_id(con, selector.observation_id.strip())
    conditions = []
    if selector.indicator:
        wanted = literal(selector.indicator.strip())
        conditions.append(
            f"(indicator_code = {wanted} or contains(indicator_name_zh, {wanted}) "
            f"or contains(lower(indicator_name_en), lower({wanted})))"
        )
    if selector.period:
        conditions.append(f"period = {literal(selector.period.strip())}")
    if selector.region:
        region = literal(selector.region.strip())
        conditions.append(f"(region_code = {region} or region_name_zh = {region})")
    if not conditions:
        raise QutongError(
            "no figure is named / 没有指定数字",
            remedy="give an observation id, or an indicator, a period, a region",
        )
    rows = observations(con, " and ".join(conditions))
    exact = [row for row in rows if row["indicator_code"] == (selector.indicator or "").strip()]
    rows = exact or rows
    if not rows:
        raise QutongError(
            "no figure matches / 没有符合的数字",
            remedy='see what there is: qutong sql "from core.observation select '
            'distinct indicator_code, indicator_name_zh, region_code, period"',
        )
    return [row for row in rows if row["known_to"] is None] or rows


def _find_by_id(con: DuckDBPyConnection, beginning: str) -> list[dict[str, Any]]:
    if len(beginning) < MIN_PREFIX:
        raise QutongError(
            f"{beginning!r} is too short / 编号太短",
            remedy=f"give at least {MIN_PREFIX} characters of the observation id",
        )
    known = beginnings("observation", beginning)
    rows = observations(
        con, " or ".join(f"starts_with(observation_id, {literal(name)})" for name in known)
    )
    rows = [row for row in rows if row["observation_id"] in known] or rows
    if not rows:
        raise QutongError(
            f"no observation begins with {beginning!r} / 没有这个编号",
            remedy='find it: qutong sql "select observation_id from core.observation where …"',
        )
    if len(rows) > 1:
        ids = ", ".join(sorted(row["observation_id"] for row in rows)[:5])
        raise QutongError(
            f"{len(rows)} observations begin with {beginning!r}: {ids} / 编号不唯一",
            remedy="give more characters",
        )
    return rows


def observations(con: DuckDBPyConnection, condition: str) -> list[dict[str, Any]]:
    """The observations that a condition holds for, in the order in which they are shown."""
    cursor = con.execute(
        f"""
        select * from core.observation where {condition}
        order by indicator_code, region_code, period_start, period, is_headline desc,
            data_set_id, known_from, observation_id
        """
    )
    names = [item[0] for item in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def follow(
    con: DuckDBPyConnection,
    release: CurrentRelease,
    archive_dir: Path,
    row: dict[str, Any],
    states: dict[str, BytesState],
) -> TracedFigure:
    """Everything behind one row of ``core.observation``; ``states`` keeps what was hashed."""
    return TracedFigure(
        observation=row,
        vintages=_vintages(con, row),
        document=_document(con, row["source_document"]),
        delivery=_delivery(release, archive_dir, row, states),
        corrections=_corrections(con, row),
    )


def _corrections(con: DuckDBPyConnection, row: Mapping[str, Any]) -> tuple[Correction, ...]:
    """What was corrected before the figure was read; earlier releases know of none."""
    ids = [name for name in str(row.get("correction_id") or "").split(", ") if name]
    if not ids:
        return ()
    rows = con.execute(
        f"""
        select
            correction_id, kind, place, expected, corrected, reason_zh, reason_en, reported_by,
            reported_on
        from core.correction where correction_id in ({", ".join(literal(name) for name in ids)})
        order by correction_id
        """
    ).fetchall()
    return tuple(Correction(*item) for item in rows)


# What makes two observations states of one figure: its key, with the place it is printed in.
_KEY = (
    "data_set_id",
    "indicator_code",
    "scope",
    "region_code",
    "period",
    "period_kind",
    "basis",
    "price_basis",
    "breakdown",
    "figure_kind",
    "subject",
    "locality",
    "source_document",
    "source_place",
)


def _vintages(con: DuckDBPyConnection, row: dict[str, Any]) -> tuple[Vintage, ...]:
    """Every state of the figure, the oldest first."""
    condition = " and ".join(
        f"{name} is not distinct from {_value_literal(row[name])}" for name in _KEY if name in row
    )
    rows = con.execute(
        f"""
        select
            observation_id, value, qualifier, estimate_stage, known_from, known_to,
            delivery_place,
            observation_id = {literal(row["observation_id"])} as is_this
        from core.observation
        where {condition}
        order by known_from, known_to nulls last, observation_id
        """
    ).fetchall()
    return tuple(Vintage(*item) for item in rows)


def _value_literal(text: str | None) -> str:
    return "null" if text is None else literal(text)


def _document(con: DuckDBPyConnection, source_document: str | None) -> Document:
    row = con.execute(
        f"""
        select source_document, title_zh, title_en, issuer, published, citation, address
        from core.source_document where source_document = {_value_literal(source_document)}
        """
    ).fetchone()
    if row is None:
        return Document(source_document or "", "", "", "", "", "", "")
    return Document(*(value or "" for value in row))


def _delivery(
    release: CurrentRelease,
    archive_dir: Path,
    row: dict[str, Any],
    states: dict[str, BytesState],
) -> Delivery:
    sha256, data_set_id = row["receipt_sha256"], row["data_set_id"]
    names = [
        str(item["file_name"])
        for item in release.manifest.get("inputs", [])
        if (item["receipt_sha256"], item["data_set_id"]) == (sha256, data_set_id)
    ]
    archived_at = archive_dir / "objects" / sha256[:2] / sha256
    if sha256 not in states:
        states[sha256] = _bytes_state(archived_at, sha256)
    return Delivery(
        data_set_id,
        names[0] if names else "",
        row["delivery_place"] or "",
        sha256,
        archived_at,
        states[sha256],
        _pull(archive_dir, data_set_id, sha256),
    )


def _pull(archive_dir: Path, data_set_id: str, sha256: str) -> Pull | None:
    """The pull that brought these bytes last; None where somebody laid them there."""
    try:
        lines = (archive_dir / "pulls" / f"{data_set_id}.jsonl").read_text("utf-8").splitlines()
    except OSError:
        return None
    for line in reversed(lines):
        if sha256 not in line:
            continue
        try:
            told = json.loads(line)
            keys = [item["key"] for item in told["items"] if item["sha256"] == sha256]
            if keys:
                return Pull(told["connector"], told["origin"], keys[0], told["at"])
        except (ValueError, KeyError, TypeError):
            continue  # a line that was torn, or of a version that told other things
    return None


def _bytes_state(path: Path, sha256: str) -> BytesState:
    if not path.is_file():
        return "missing"
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    return "verified" if found == sha256 else "changed"


def _pulled(pull: Pull) -> str:
    where = pull.key if pull.key.startswith(pull.origin) else f"{pull.origin}  {pull.key}"
    return f"{shown_name(where)}  {pull.connector}  {pull.at}"


_BYTES = {
    "verified": ("在档，哈希已核对", "archived, hash verified"),
    "changed": ("在档，但内容与哈希不符！", "archived, but the bytes do not have this hash!"),
    "missing": ("不在档案中！", "not in the archive!"),
}


Fact = tuple[str, str]
"""One line for a person: its label and what it says."""


def release_fact(trace: Trace, zh: bool) -> Fact:
    """The line that names the release."""
    return (
        "版本" if zh else "Release",
        f"{trace.release_id}  {trace.release_time}  policy {trace.policy}",
    )


def as_lines(facts: Sequence[Fact], zh: bool) -> str:
    """Facts below each other, what they say in one column."""
    width = 8 if zh else 12
    return "".join(
        f"{label}{' ' * (width - len(label) * (2 if zh else 1))}  {value}\n"
        for label, value in facts
    )


_KINDS = {
    "target": ("目标", "target"),
    "forecast": ("预计", "forecast"),
    "proposal": ("建议", "proposal of an author"),
    "standard": ("标准", "standard or threshold"),
    "action": ("举措", "thing done"),
    "record": ("非统计量", "no statistic"),
}


def _apart(row: Mapping[str, Any], side: int) -> list[Fact]:
    """What sets a figure apart from the outturns of its region; earlier releases say nothing."""
    kind, facts = row.get("figure_kind"), []
    if kind and kind != "outturn":
        facts.append((("性质", "Kind")[side], _KINDS.get(kind, (kind, kind))[side]))
    for name, label in (("subject", ("主体", "Subject")), ("locality", ("地点", "Place"))):
        if row.get(name) not in (None, "_T"):
            facts.append((label[side], str(row[name])))
    return facts


def figure_facts(figure: TracedFigure, zh: bool) -> list[Fact]:
    """A figure from the observation down to the bytes."""
    side = 0 if zh else 1
    row, document, delivery = figure.observation, figure.document, figure.delivery
    name = row["indicator_name_zh" if zh else "indicator_name_en"] or row["indicator_code"]
    notes = [
        text
        for flag, text in (
            (row["is_simulated"], ("模拟数据", "simulated")[side]),
            (row["is_headline"], ("首选数字", "headline figure")[side]),
            (row["is_period_inferred"], ("时期为推断", "period inferred")[side]),
        )
        if flag
    ]
    title = document.title_zh if zh else document.title_en or document.title_zh
    facts: list[Fact] = [
        (
            ("数字", "Figure")[side],
            f"{name} ({row['indicator_code']})  {row['region_name_zh']} {row['region_code']}  "
            f"{row['period']}  {row['basis']}",
        ),
        (
            ("数值", "Value")[side],
            f"{value_text(row['value'], row['qualifier'], side)} {row['unit'] or ''}".rstrip()
            + (f"  [{', '.join(notes)}]" if notes else ""),
        ),
        (
            ("原文", "As printed")[side],
            f"{row['value_printed'] or ''} {row['unit_printed'] or ''}".strip(),
        ),
        *(
            (("更正", "Correction")[side] if place == 0 else "", _correction(correction, side))
            for place, correction in enumerate(figure.corrections)
        ),
        *_apart(row, side),
        *([(("注释", "Note")[side], str(row["note"]))] if row.get("note") else []),
        (("编号", "Id")[side], str(row["observation_id"])),
        *(
            (("历史", "Vintages")[side] if place == 0 else "", _vintage(vintage, side))
            for place, vintage in enumerate(figure.vintages)
        ),
        (
            ("文件出处", "Document")[side],
            ", ".join(part for part in (title, document.issuer, document.published) if part)
            or document.source_document,
        ),
        (("文中位置", "Place in it")[side], str(row["source_place"] or "–")),
    ]
    if document.address:
        facts.append((("网址", "Address")[side], document.address))
    facts += [
        (
            ("交付", "Delivery")[side],
            f"{delivery.data_set_id}  {shown_name(delivery.file_name)}".rstrip(),
        ),
        *([(("拉取", "Pulled")[side], _pulled(delivery.pull))] if delivery.pull else []),
        (("单元格", "Cell")[side], delivery.place or "–"),
        (("回执", "Receipt")[side], f"sha256 {delivery.receipt_sha256}"),
        (
            ("原始字节", "Bytes")[side],
            f"{_BYTES[delivery.bytes_state][side]}  {delivery.archived_at}",
        ),
    ]
    return facts


_ERRED = {
    "transcription": ("转录有误", "wrong in the transcription"),
    "source": ("来源有误", "wrong in the source"),
}


def _correction(correction: Correction, side: int) -> str:
    """From what to what, where, why, and who said so."""
    reason = (correction.reason_zh, correction.reason_en)[side]
    erred = _ERRED.get(correction.kind, (correction.kind, correction.kind))[side]
    return (
        f"{correction.place}: {correction.expected} → {correction.corrected}  {erred}: {reason}  "
        f"({correction.correction_id}, {correction.reported_by}, {correction.reported_on})"
    )


def _vintage(vintage: Vintage, side: int) -> str:
    until = vintage.known_to.isoformat() if vintage.known_to else ("至今", "now")[side]
    mark = ("  ← 本条", "  ← this one")[side] if vintage.is_this else ""
    return (
        f"{vintage.known_from} – {until}  {value_text(vintage.value, vintage.qualifier, side)}  "
        f"{vintage.estimate_stage}{mark}"
    )


def value_text(value: Decimal | None, qualifier: str, side: int) -> str:
    """A value with its qualifier in words; ``side`` 0 is Chinese, 1 English."""
    if value is None:
        return ("缺", "missing")[side]
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return said(text, qualifier, side=side)
