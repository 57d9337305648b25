"""Parse one archived delivery into observations, quarantine and counts, once.

Belongs here: the order of reader, corrections, layout and normaliser, and the files that hold
their result. Does not belong here: deciding whether a delivery is admitted (``judge``).
"""

from __future__ import annotations

import fnmatch
import functools
import hashlib
import json
import os
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.collect import corrections
from orchestration.collect.apart import AnswerTooLongError, LimitError, Limits, within
from orchestration.collect.connectors import matches
from orchestration.collect.grid import RefusedError
from orchestration.collect.layouts import Extract, Told, Words, extract, wants_format
from orchestration.collect.layouts.extract import SEARCHED
from orchestration.collect.normalise import Context, Normalised, normalise, varied
from orchestration.collect.readers import read_grids

if TYPE_CHECKING:
    from collections.abc import Iterable

    import polars as pl

    from orchestration.collect.archive import Archive, Delivery
    from orchestration.declarations import CodeLists, Declared
    from orchestration.settings import Settings


@dataclass(frozen=True)
class Refusal:
    """Why a delivery could not be used at all."""

    rule_id: str
    place: str
    detail_zh: str
    detail_en: str


@dataclass(frozen=True)
class Parsed:
    """The outcome for one delivery; the frames lie in files beside it.

    Attributes:
        counted_unit: What was counted: ``row`` or ``cell``.
        read: Everything in the file; equals accepted + quarantined + non-data.
        figures: Digest of what was accepted, as far as it is published; empty for a refusal.
    """

    delivery_id: str
    data_set_id: str
    sha256: str
    counted_unit: str
    read: int
    accepted: int
    quarantined: int
    non_data: int
    is_simulated: bool
    refusal: Refusal | None
    figures: str = ""

    @property
    def is_balanced(self) -> bool:
        """Whether nothing was lost on the way."""
        return self.read == self.accepted + self.quarantined + self.non_data


RESULT_KINDS = ("accepted", "quarantine", "notes")
"""Files of a result beside its counts, each ``<stem>.<kind>.parquet``."""


@functools.cache
def parser_digest() -> str:
    """Hash of the code that reads deliveries: new code reads the archive anew."""
    digest = hashlib.sha256()
    folder = Path(__file__).parent
    beside = [folder.parent / name for name in ("spec.py", "bounds.py", "bounds.csv")]
    for path in (*sorted(folder.rglob("*.py")), *beside):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def codelists_digest(folder: Path) -> str:
    """Hash of the code lists of a project."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.csv")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


class ParseStore:
    """Parsed deliveries in the state directory; the key is bytes, declaration, lists and code.

    The limits of a reading belong to it too: what did not keep them is not tried again under the
    same ones.

    Args:
        root: Its directory.
        lists_digest: See ``codelists_digest``.
        limits: Of each reading.
    """

    def __init__(self, root: Path, lists_digest: str, limits: Limits) -> None:
        self.root = root
        self.lists_digest = lists_digest
        self.limits = limits
        self._definitions: dict[str, tuple[Declared, str]] = {}
        self._known: dict[Path, Parsed] = {}  # by stem
        self._stems: dict[tuple[object, ...], Path] = {}  # by what they are made from

    @classmethod
    def of(cls, settings: Settings) -> ParseStore:
        """That of a project directory."""
        lists = codelists_digest(settings.raw / "codelists")
        return cls(settings.parsed, lists, Limits.of(settings))

    def _definitions_of(self, declared: Declared) -> str:
        """``definitions_digest``, computed once as long as the data set is the same object."""
        known = self._definitions.get(declared.id)
        if known is None or known[0] is not declared:
            known = self._definitions[declared.id] = declared, definitions_digest(declared)
        return known[1]

    def stem(self, delivery: Delivery, declared: Declared) -> Path:
        """Path of the result without its ending."""
        told = (
            declared.id,
            self._definitions_of(declared),
            delivery.sha256,
            delivery.repeat,
            delivery.delivered_on,
            delivery.file_name,
        )
        if told not in self._stems:
            self._stems[told] = self._stem(delivery, declared)
        return self._stems[told]

    def _stem(self, delivery: Delivery, declared: Declared) -> Path:
        key = hashlib.sha256(
            "\0".join(
                (
                    delivery.sha256,
                    delivery.delivered_on.isoformat(),
                    delivery.file_name,
                    self._definitions_of(declared),
                    self.lists_digest,
                    repr(self.limits),
                    parser_digest(),
                )
            ).encode()
        ).hexdigest()[:16]
        return self.root / declared.id / f"{delivery.file_stem}-{key}"

    def load(self, delivery: Delivery, declared: Declared) -> Parsed | None:
        """The earlier result, if there is one with all its files; read once by a store."""
        stem = self.stem(delivery, declared)
        if stem not in self._known:
            parsed = read_counts(stem)
            if parsed is None:
                return None
            self._known[stem] = parsed
        return self._known[stem]

    def outcome(self, delivery: Delivery, declared: Declared) -> Outcome:
        """The figures of a result that is there and was not refused."""
        import polars as pl

        stem = self.stem(delivery, declared)
        return Outcome(
            *(pl.read_parquet(stem.with_suffix(f".{kind}.parquet")) for kind in RESULT_KINDS)
        )

    def unmade(self, deliveries: Iterable[Delivery], declared: Declared) -> list[Delivery]:
        """Those that were not parsed as the data set is declared now; no result is read."""
        folder = self.root / declared.id
        there = {file.name for file in folder.glob("*.json")}
        return [d for d in deliveries if f"{self.stem(d, declared).name}.json" not in there]

    def earlier(self, delivery: Delivery, declared: Declared) -> tuple[Parsed, Path] | None:
        """A result that an earlier declaration, or earlier code, came to, with its stem."""
        for file in sorted((self.root / declared.id).glob(f"{delivery.file_stem}-*.json")):
            parsed = read_counts(file.with_suffix(""))
            if parsed is not None:
                return parsed, file.with_suffix("")
        return None

    def parse(
        self, delivery: Delivery, declared: Declared, archive: Archive, codelists: CodeLists
    ) -> tuple[Parsed, bool]:
        """Parse the delivery unless that was done before; says whether work was done."""
        known = self.load(delivery, declared)
        if known is not None:
            return known, False
        stem = self.stem(delivery, declared)
        stem.parent.mkdir(parents=True, exist_ok=True)
        try:
            own = _limits_of(delivery, declared, self.limits)
            content = archive.read(delivery.sha256)
            # Only now: where the bytes are damaged, the earlier result is what is left.
            for stale in stem.parent.glob(f"{delivery.file_stem}-*"):
                stale.unlink()
            # Written where it is read: a million figures are not handed from process to process.
            parsed = within(own, _written, own, content, delivery, declared, codelists, stem)
        except LimitError as error:
            parsed = _over_limit(delivery, declared, error)
        self.write_counts(stem, parsed)
        return parsed, True

    def write_counts(self, stem: Path, parsed: Parsed) -> None:
        """Write what makes a result complete, after its files."""
        temporary = stem.with_suffix(f".{os.getpid()}")
        temporary.write_text(
            json.dumps(asdict(parsed), ensure_ascii=False, indent=1), encoding="utf-8"
        )
        temporary.replace(stem.with_suffix(".json"))


def read_counts(stem: Path) -> Parsed | None:
    """What a result says of itself; None where it is not there with all its files."""
    try:
        data = json.loads(stem.with_suffix(".json").read_text(encoding="utf-8"))
        refusal = data.pop("refusal")
        parsed = Parsed(**data, refusal=Refusal(**refusal) if refusal else None)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    files = (stem.with_suffix(f".{kind}.parquet") for kind in RESULT_KINDS)
    return parsed if refusal or all(file.is_file() for file in files) else None


_AT_ONCE = 100_000
"""Rows of which the text is held at once."""

_NOT_PUBLISHED = ("place_order", "resolution", "note", "correction", "delivery_place")
"""Columns of a figure that say nothing of what was published, nor those of its printed texts."""


def figures_digest(accepted: pl.DataFrame) -> str:
    """Hash of figures as they are published, whatever their order and the day of filing."""
    import polars as pl

    told = [c for c in accepted.columns if c not in _NOT_PUBLISHED and not c.endswith("_printed")]
    # What all figures say alike does not order them, and takes most of the time of sorting.
    order = varied(accepted, told) or told[:1]
    alike = {
        name: pl.lit(accepted.head(1).select(pl.col(name).cast(pl.String)).item())
        for name in told
        if name not in order and accepted.height
    }
    text = accepted.select(order if accepted.height else told).cast(pl.String).sort(order)
    digest = hashlib.sha256()
    for start in range(0, max(text.height, 1), _AT_ONCE):
        part = text.slice(start, _AT_ONCE).with_columns(**alike).select(told)
        digest.update(part.write_csv(include_header=start == 0).encode())
    return digest.hexdigest()[:16]


def definitions_digest(declared: Declared) -> str:
    """Hash of the data set with its references resolved, and of its corrections.

    A definition elsewhere counts too.
    """
    digest = hashlib.sha256(declared.data_set.model_dump_json().encode())
    for correction in declared.corrections:
        digest.update(b"\0" + correction.model_dump_json().encode())
    return digest.hexdigest()


def _understood(
    content: bytes, delivery: Delivery, declared: Declared, codelists: CodeLists
) -> tuple[Extract, Normalised]:
    """Read, correct, lay out, understand; what a library stumbles over refuses this delivery."""
    import polars as pl

    data_set = declared.data_set
    layout = data_set.layout
    told = Told(Words.of(codelists), delivery.file_name, "" in data_set.symbols)
    context = _context(delivery, declared, codelists)
    try:
        grids = read_grids(content, layout, wants_format=wants_format(layout))
        if layout.kind != "records":
            for grid in grids:
                _refuse_long_texts(grid.places(grid.cells), ("text",))
        corrected, applied = corrections.apply(grids, declared.corrections, delivery)
        found = extract(corrected, layout, told)
        if layout.kind == "records":  # of other columns nobody reads the texts, however long
            _refuse_long_texts(found.figures, found.figures.columns)
        if not applied:
            nothing = pl.lit(None, dtype=pl.String)
            found = replace(found, figures=found.figures.with_columns(correction=nothing))
            return found, normalise(found, context)
        found, printed = corrections.marked(
            found, grids, applied, lambda other: extract(other, layout, told)
        )
        result = normalise(found, context)
        return found, replace(result, accepted=corrections.as_printed(result.accepted, printed))
    except (RefusedError, MemoryError):
        raise
    except Exception as error:
        if isinstance(error, ImportError) and "map segment" in str(error):
            raise MemoryError from None  # no room for the library itself
        name = type(error).__name__
        raise RefusedError(
            "delivery.unreadable-file", "file", f"无法读取 ({name})", f"cannot be read ({name})"
        ) from error


LONGEST_TEXT = 32_767
"""Characters of a text around a figure: as many as a cell of a workbook can hold."""


def _refuse_long_texts(cells: pl.DataFrame, columns: Iterable[str]) -> None:
    """Refuse what no name, unit, period or note is as long as.

    Raises:
        RefusedError: a text is longer than ``LONGEST_TEXT``.
    """
    import polars as pl

    for name in columns:
        column = cells[name]
        if column.dtype != pl.String or not (column.str.len_bytes() > LONGEST_TEXT).any():
            continue
        at = (column.str.len_chars() > LONGEST_TEXT).fill_null(value=False).arg_true()
        if len(at):
            raise RefusedError(
                "delivery.unsafe-file",
                cells["place"][int(at[0])][:SEARCHED],
                f"有文本超过 {LONGEST_TEXT} 个字符",
                f"a text of more than {LONGEST_TEXT} characters",
            )


def _context(delivery: Delivery, declared: Declared, codelists: CodeLists) -> Context:
    data_set = declared.data_set
    name = f"{delivery.delivered_on.isoformat()}/{delivery.file_name}"
    vintage = next((v for v in data_set.vintages if fnmatch.fnmatch(name, v.files)), None)
    return Context(
        data_set=data_set,
        codelists=codelists,
        published=vintage.published if vintage else None,
        stage=vintage.stage if vintage else None,
        document=vintage.document if vintage else None,
    )


def last_possible_day(delivery: Delivery) -> date:
    """The day of receipt, and one more for time zones."""
    return datetime.fromisoformat(delivery.received_at).date() + timedelta(days=1)


@dataclass(frozen=True)
class Outcome:
    """What a delivery that could be read gives.

    Attributes:
        accepted: ``OBSERVATION_COLUMNS`` of ``normalise``.
        quarantined: What was not understood: rule, place, text, proposal.
        notes: Notes of its tables: place, mark, text.
    """

    accepted: pl.DataFrame
    quarantined: pl.DataFrame
    notes: pl.DataFrame


def _refused(delivery: Delivery, declared: Declared, refusal: Refusal) -> Parsed:
    data_set = declared.data_set
    return Parsed(
        delivery.delivery_id,
        declared.id,
        delivery.sha256,
        "row" if data_set.layout.kind == "records" else "cell",
        0,
        0,
        0,
        0,
        data_set.simulated,
        refusal,
    )


def damaged(delivery: Delivery, declared: Declared) -> Parsed:
    """What is known of a delivery whose bytes are damaged and that was never read before."""
    refusal = Refusal(
        "delivery.unreadable-file",
        "archive",
        "存档原件已损坏或缺失，请重新交付同一文件，或从备份恢复",
        "its archived bytes are damaged: deliver the same file again, or restore the backup",
    )
    return _refused(delivery, declared, refusal)


def parse_bytes(
    content: bytes, delivery: Delivery, declared: Declared, codelists: CodeLists
) -> tuple[Parsed, Outcome | None]:
    """Parse bytes; a delivery that cannot be used gives a refusal instead of an outcome."""
    declared = declared.on(delivery.delivered_on)
    data_set = declared.data_set
    try:
        if not matches(delivery.file_name, data_set):
            patterns = ", ".join(data_set.delivery.pattern)
            raise RefusedError(
                "delivery.unexpected-file-name",
                "file name",
                f"文件名不符合 {patterns}",
                f"the file name does not match {patterns}",
            )
        if delivery.delivered_on > last_possible_day(delivery):
            raise RefusedError(
                "delivery.unexpected-file-name",
                "folder name",
                f"交付日期 {delivery.delivered_on} 在收到之日以后",
                f"the delivery date {delivery.delivered_on} lies after the day it was received",
            )
        found, result = _understood(content, delivery, declared, codelists)
    except RefusedError as refused:
        refusal = Refusal(refused.rule, refused.place, refused.detail_zh, refused.detail_en)
        return _refused(delivery, declared, refusal), None
    parsed = Parsed(
        delivery_id=delivery.delivery_id,
        data_set_id=declared.id,
        sha256=delivery.sha256,
        counted_unit=found.unit,
        read=found.read,
        accepted=result.accepted.height,
        quarantined=result.quarantined.height,
        non_data=found.non_data + result.non_data,
        is_simulated=bool(result.accepted["is_simulated"].any()),
        refusal=None,
        figures=figures_digest(result.accepted),
    )
    return parsed, Outcome(result.accepted, result.quarantined, found.notes)


def parse_within(
    limits: Limits, content: bytes, delivery: Delivery, declared: Declared, codelists: CodeLists
) -> tuple[Parsed, Outcome | None]:
    """As ``parse_bytes``, in the process that reads; what does not keep its limits is refused.

    Args:
        limits: The most for any file; this one has what its size and format allow.
        content: Its bytes.
        delivery: Of what it is.
        declared: Its data set.
        codelists: Those of the project.
    """
    try:
        own = _limits_of(delivery, declared, limits)
        return within(own, _handed, own, content, delivery, declared, codelists)
    except LimitError as error:
        return _over_limit(delivery, declared, error), None


def _limits_of(delivery: Delivery, declared: Declared, most: Limits) -> Limits:
    layout = declared.on(delivery.delivered_on).data_set.layout
    return most.for_file(delivery.size_bytes, layout.format)


def _over_limit(delivery: Delivery, declared: Declared, error: LimitError) -> Parsed:
    refusal = Refusal("delivery.over-reading-limit", "file", error.zh, error.en)
    return _refused(delivery, declared, refusal)


def _handed(
    limits: Limits, content: bytes, delivery: Delivery, declared: Declared, codelists: CodeLists
) -> tuple[Parsed, Outcome | None]:
    """What is read, unless it is more than may be handed on."""
    parsed, outcome = parse_bytes(content, delivery, declared, codelists)
    if outcome is not None and _weight(outcome) > limits.answer << 20:
        raise AnswerTooLongError
    return parsed, outcome


def _written(
    limits: Limits,
    content: bytes,
    delivery: Delivery,
    declared: Declared,
    codelists: CodeLists,
    stem: Path,
) -> Parsed:
    """The counts of what is read; the frames are written beside them."""
    parsed, outcome = _handed(limits, content, delivery, declared, codelists)
    if outcome is not None:
        frames = (outcome.accepted, outcome.quarantined, outcome.notes)
        for kind, frame in zip(RESULT_KINDS, frames, strict=True):
            frame.write_parquet(stem.with_suffix(f".{kind}.parquet"))
    return parsed


_BYTES_OF_A_ROW = 256
"""What a figure takes beside its texts, whoever holds it later."""


def _weight(outcome: Outcome) -> int:
    """Bytes that the frames take where no two rows share a text, as they may in this process."""
    import polars as pl

    found = 0
    for frame in (outcome.accepted, outcome.quarantined, outcome.notes):
        texts = frame.select(pl.col(pl.String).str.len_bytes().cast(pl.Int64).sum())
        found += frame.height * _BYTES_OF_A_ROW + sum(n or 0 for n in texts.row(0))
    return found
