"""Normalise: the texts around a figure become codes, a decimal in the base unit, and a period.

Belongs here: understanding texts by the declaration and the code lists, set-based. Does not
belong here: finding the cells (``layouts``), how periods, numbers and names are written
(``periods``, ``numbers``, ``names``), and judging figures that were understood (``judge``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from orchestration.collect.layouts.extract import TEXT_COLUMNS, Extract
from orchestration.collect.names import AmbiguousNameError, Names, Vocabulary, whole_region
from orchestration.collect.numbers import (
    DIRECTED,
    PERCENT,
    POINTS,
    Words,
    can_be_mark,
    folded,
    read_values,
    without_mark,
)
from orchestration.collect.periods import (
    NoSuchDateError,
    Period,
    default_kind,
    hint,
    parse_period,
    read_period,
    shift_months,
    spanned,
)
from orchestration.spec import TableLayout, last_day
from orchestration.text import fold, same

if TYPE_CHECKING:
    import polars as pl

    from orchestration.declarations import CodeLists
    from orchestration.spec import DataSet

SCALE = 8
"""Decimal places of every stored value."""

INTEGER_DIGITS = 22

AMBIGUOUS = "name.ambiguous-in-period"

NO_DATA = "none"
"""What a declaration says of a symbol that stands where no figure is meant to be."""

KEY = (
    "indicator_code",
    "scope",
    "region_code",
    "period",
    "period_kind",
    "measure",
    "basis",
    "price_basis",
    "breakdown",
    "figure_kind",
    "subject",
    "locality",
    "source_document",
    "source_place",
)
"""What makes two figures of a delivery the same one, printed again."""

OBSERVATION_COLUMNS = (
    "place_order",
    *KEY,
    "occurrence",
    "period_start",
    "period_end",
    "value",
    "resolution",
    "unit",
    "value_printed",
    "unit_printed",
    "indicator_name_printed",
    "qualifier",
    "obs_status",
    "conf_status",
    "estimate_stage",
    "known_from",
    "is_document_date",
    "is_period_inferred",
    "is_simulated",
    "note",
    "correction",
    "delivery_place",
)

OPTIONAL_COLUMNS = ("indicator_path", "report_period", "period_source", "footnote", "correction")
"""Texts that a layout gives where it has them."""

QUARANTINE_COLUMNS = ("rule_id", "delivery_place", "raw_text", "proposal", "raw_name")

WHOLE = "_T"
"""Of a dimension that divides a region: all of it."""

AIMED = ("target_level", "target_growth_pct")
"""Measures of what is aimed at, or has to hold: no outturn and no forecast has one."""

GROWTH = ("yoy_growth_pct", "mom_growth_pct", "cagr_pct", "target_growth_pct")
"""Measures that words of growth (增长1倍, 持平) can state."""

MOST_PROPOSED = 200
"""Unknown names of one delivery for which others are proposed; more are one mistake repeated."""


@dataclass(frozen=True)
class Normalised:
    """Accepted observations and quarantined figures; together they are all figures found.

    Attributes:
        accepted: ``OBSERVATION_COLUMNS``.
        quarantined: ``QUARANTINE_COLUMNS``: the value text, words that may have been meant, and
            the name, unit or period that was not understood. The texts are private.
        non_data: Figures whose symbol is declared to be no data (status ``none``).
    """

    accepted: pl.DataFrame
    quarantined: pl.DataFrame
    non_data: int


@dataclass(frozen=True)
class Context:
    """What is known about the delivery besides its cells."""

    data_set: DataSet
    codelists: CodeLists
    published: str | None
    stage: str | None
    document: str | None


@dataclass(frozen=True)
class _Work:
    """The context, and the words that go with it."""

    context: Context
    names: Names

    @property
    def data_set(self) -> DataSet:
        return self.context.data_set


def normalise(extract: Extract, context: Context) -> Normalised:
    """Turn extracted texts into observations; what is not understood is quarantined.

    The first rule that a figure breaks is the one that quarantines it. Periods come first: what a
    name means may depend on the time.
    """
    import polars as pl

    text = pl.lit(None, dtype=pl.String)
    wanted = (*TEXT_COLUMNS, *OPTIONAL_COLUMNS)
    frame = extract.figures.with_columns(
        text.alias(name) for name in wanted if name not in extract.figures.columns
    )
    frame = (
        frame.with_row_index("place_order", offset=1)
        .with_columns(
            place_order=pl.col("place_order").cast(pl.Int64), rule=text, raw_name=text, asked=text
        )
        .rename({"decimals": "decimals_text"})
    )
    alike = set(frame.columns) - set(varied(frame, frame.columns))
    if frame.height:
        frame = frame.with_columns(
            pl.lit(frame[name][0], dtype=frame.schema[name]).alias(name) for name in alike
        )
    work = _Work(context, Names(context.data_set, context.codelists))
    for step in (
        _marks,
        _periods,
        _spans,
        _indicators,
        _lags,
        _contradicted_kinds,
        _regions,
        _codes,
        _kinds,
        _basis,
        _documents,
        _values,
        _statuses,
        _multipliers,
        _units,
        _confidentiality,
        _region_validity,
        _known_from,
        _flags,
    ):
        frame = step(frame, work)
    no_data = pl.col("rule").is_null() & (pl.col("symbol_status") == NO_DATA).fill_null(value=False)
    is_no_data = frame.select(no_data.alias("is")).to_series()
    is_refused = frame["rule"].is_not_null()
    quarantined = pl.concat(
        [
            _with_proposals(frame.filter(is_refused), work),
            extract.unexpected.select(
                pl.lit("cell.unexpected").alias("rule_id"),
                pl.col("place").alias("delivery_place"),
                pl.col("text").alias("raw_text"),
                pl.lit("").alias("proposal"),
                text.alias("raw_name"),
            ),
        ]
    )
    told = frame.select(
        *(column for column in OBSERVATION_COLUMNS if column not in _FOUND_LAST),
        value="number",
        unit="base_unit",
        measure="measure_code",
        scope="scope_code",
        price_basis="price_basis_code",
        qualifier="qualifier_code",
        conf_status=pl.lit(context.data_set.disclosure.conf_status),
        value_printed=pl.coalesce("printed", "value"),
        note=_joined("note", "footnote"),
        unit_printed=pl.concat_str(
            pl.col("unit").fill_null(""),
            pl.when(pl.col("power") != 0).then(pl.format(" ×10^{}", "power")).otherwise(pl.lit("")),
        ).str.strip_chars(),
        indicator_name_printed=pl.col("indicator"),
        delivery_place=pl.col("place"),
        source_place=pl.col("source_place").fill_null(""),
    )
    left_out = is_no_data | is_refused
    accepted = told.filter(~left_out) if left_out.any() else told
    if not accepted["place_order"].is_sorted():
        accepted = accepted.sort("place_order")
    accepted = accepted.with_columns(occurrence=_occurrence(accepted))
    return Normalised(accepted.select(OBSERVATION_COLUMNS), quarantined, int(is_no_data.sum()))


_FOUND_LAST = frozenset(
    (
        *("occurrence", "value", "unit", "measure", "scope", "price_basis", "qualifier"),
        "conf_status",
        *("value_printed", "note", "unit_printed", "indicator_name_printed", "delivery_place"),
        "source_place",
    )
)
"""Columns of an observation that no step before the last one names so."""


def _occurrence(accepted: pl.DataFrame) -> pl.Expr:
    """The how manieth figure of its key each is."""
    import polars as pl

    # What is the same for all figures tells none apart, and costs as much as what does.
    key = varied(accepted, KEY) or list(KEY[:1])
    if accepted.select(key).hash_rows().n_unique() == accepted.height:
        return pl.lit(1, dtype=pl.Int32)  # no two keys are equal: it needs no groups
    return pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over(key)


def varied(frame: pl.DataFrame, columns: Sequence[str]) -> list[str]:
    """Those of the columns that do not hold one value, or null, from top to bottom."""
    return [
        name
        for name in columns
        if frame.height and not frame[name].eq_missing(frame[name].head(1)).all()
    ]


def _with_proposals(frame: pl.DataFrame, work: _Work) -> pl.DataFrame:
    """What was quarantined, with the words that may have been meant."""
    import polars as pl

    columns = ["asked", "raw_name", "match_key", "period_start", "period_end"]
    asked = frame.filter(pl.col("asked").is_not_null() & pl.col("raw_name").is_not_null())
    # In the order of the delivery, so that the limit tells the same ones again.
    distinct = asked.select(columns).unique(maintain_order=True).head(MOST_PROPOSED)
    rows = [
        (what, name, key, start, end, hint(name))
        if what == "period"
        else (what, name, key, start, end, work.names.proposal(what, name, key, start, end))
        for what, name, key, start, end in distinct.iter_rows()
    ]
    schema = {column: frame.schema[column] for column in columns} | {"proposal": pl.String()}
    proposals = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.join(
        proposals, on=columns, how="left", nulls_equal=True, maintain_order="left"
    ).select(
        pl.col("rule").alias("rule_id"),
        pl.col("place").alias("delivery_place"),
        pl.col("value").alias("raw_text"),
        pl.col("proposal").fill_null(""),
        "raw_name",
    )


def _flag(
    frame: pl.DataFrame,
    condition: pl.Expr,
    rule: str | pl.Expr,
    name: str | pl.Expr | None = None,
    asked: str | None = None,
) -> pl.DataFrame:
    """Let figures break a rule, unless they broke one before.

    Args:
        frame: All figures.
        condition: Which of them break it.
        rule: The rule, or an expression that gives it.
        name: Column or expression of the text that was not understood, where it is not the value.
        asked: The words that were looked in.
    """
    import polars as pl

    first = pl.col("rule").is_null() & condition
    named = pl.col(name) if isinstance(name, str) else name
    return frame.with_columns(
        rule=pl.when(first)
        .then(pl.lit(rule) if isinstance(rule, str) else rule)
        .otherwise(pl.col("rule")),
        raw_name=pl.when(first).then(named).otherwise(pl.col("raw_name"))
        if named is not None
        else pl.col("raw_name"),
        asked=pl.when(first).then(pl.lit(asked, dtype=pl.String)).otherwise(pl.col("asked")),
    )


def _translate(
    frame: pl.DataFrame,
    columns: Sequence[str],
    outputs: dict[str, Any],
    translate: Callable[..., tuple[object, ...]],
) -> pl.DataFrame:
    """Translate columns through their distinct rows only; replaces columns of the same name."""
    import polars as pl

    keys = [f"_{column}" for column in columns]
    distinct = frame.select(pl.col(list(columns)).name.prefix("_")).unique()
    rows = [(*key, *translate(*key)) for key in distinct.iter_rows()]
    if len(rows) == 1:  # all figures say the same: no join, and no column as long as the file
        told = zip(outputs.items(), rows[0][len(keys) :], strict=True)
        return frame.with_columns(
            pl.lit(value, dtype=kind).alias(name) for (name, kind), value in told
        )
    schema = dict(zip(keys, distinct.dtypes, strict=True)) | outputs
    table = pl.DataFrame(rows, schema=schema, orient="row")
    source = frame.with_columns(pl.col(list(columns)).name.prefix("_"))
    return (
        source.drop(name for name in outputs if name in source.columns)
        .join(table, on=keys, how="left", nulls_equal=True, maintain_order="left")
        .drop(keys)
    )


def _named(
    frame: pl.DataFrame, work: _Work, column: str, target: str, words: str, rule: str
) -> pl.DataFrame:
    """Words of a column become codes; blank ones stay null, unknown ones break the rule."""
    import polars as pl

    vocabulary = work.names.words(words)

    def translate(text: str | None, start: date | None = None, end: date | None = None) -> Any:
        if text is None:
            return None, None
        try:
            code = vocabulary.find(text, start, end)
        except AmbiguousNameError:
            return None, AMBIGUOUS
        return code, None if code else rule

    when = ("period_start", "period_end") if vocabulary.is_dated else ()
    outputs = {target: pl.String, "_rule": pl.String}
    frame = _translate(frame, (column, *when), outputs, translate)
    broken = pl.col("_rule").is_not_null()
    return _flag(frame, broken, pl.col("_rule"), column, words).drop("_rule")


def _constant(frame: pl.DataFrame, column: str, value: str | None) -> pl.DataFrame:
    import polars as pl

    if value is None:
        return frame
    return frame.with_columns(pl.col(column).fill_null(pl.lit(value)))


def _value_words(work: _Work) -> Words:
    layout = work.data_set.layout
    in_brackets = False if layout.kind == "records" else layout.negative_in_brackets
    return Words.of(
        work.context.codelists.unit_words,
        negative_in_brackets=in_brackets,
        decimal_comma=layout.kind != "function" and layout.decimal == "comma",
    )


def _marks(frame: pl.DataFrame, work: _Work) -> pl.DataFrame:
    """A mark beside a number (41.4 u, 1,200 [r], 905.5(快报数)): a declared symbol, or a stage.

    Adds ``mark_status``, what the symbol stands for; a word for a stage is the figure's stage. The
    mark stays in the note: revised (``r: A``) has no status of its own.
    """
    import polars as pl

    symbols = {text: status for text, status in work.data_set.symbols.items() if can_be_mark(text)}
    stages = work.context.codelists.words("estimate_stage")
    marks = sorted({*symbols, *filter(can_be_mark, stages)}, key=lambda mark: (-len(mark), mark))
    text = pl.lit(None, dtype=pl.String)
    frame = frame.with_columns(
        [text.alias("mark_status")]
        + [text.alias(name) for name in ("note", "printed", "stage") if name not in frame.columns]
    )
    # A column of numbers is not looked through.
    lettered = frame["value"].drop_nulls()
    lettered = lettered.filter(
        lettered.str.contains(r"[0-9０-９]") & lettered.str.contains(r"[\pL①-⑳*＊†‡^]")
    )
    words = _value_words(work)
    whole = {same(symbol) for symbol in work.data_set.symbols}
    found = []
    for value in lettered.unique(maintain_order=True):
        split = None if same(value) in whole else without_mark(value, marks, words)
        if split is not None:
            bare, mark = split
            status = symbols.get(mark)
            found.append((value, bare, mark, status, None if status else mark))
    if not found:
        return frame
    names = ("value", "_bare", "_mark", "_status", "_stage")
    known = pl.DataFrame(found, schema=dict.fromkeys(names, pl.String), orient="row")
    frame = frame.join(known, on="value", how="left", maintain_order="left")
    is_marked = pl.col("_mark").is_not_null()
    clash = pl.col("stage") != pl.col("_stage")
    frame = _flag(frame, clash.fill_null(value=False), "code.unknown", "_mark", "estimate_stage")
    missing = pl.col("_status").is_in([*MISSING, NO_DATA]).fill_null(value=False)
    frame = _flag(frame, missing, "code.unknown", "_mark", "obs_status")
    return frame.with_columns(
        printed=pl.when(is_marked).then(pl.coalesce("printed", "value")).otherwise("printed"),
        mark_status="_status",
        stage=pl.coalesce("stage", "_stage"),
        note=pl.when(pl.col("_status").is_not_null())
        .then(_joined("note", "_mark"))
        .otherwise("note"),
        value=pl.coalesce("_bare", "value"),
    ).drop("_bare", "_mark", "_status", "_stage")


def _understood_period(
    text: str | None, report: Period | None, stages: Vocabulary
) -> tuple[Period | None, str | None, str | None]:
    """The period, a word for a stage beside it (2025年快报), and the rule that its text breaks."""
    if text is None:
        return None, None, "period.unreadable"
    # 2024（快报数）: a year of digits alone, which is read where nothing else stands beside it.
    bracketed = re.fullmatch(r"\s*([0-9]{4})\s*\(([^()]+)\)\s*", fold(text))
    if bracketed is not None and stages.find(bracketed[2], None, None) is not None:
        return parse_period(bracketed[1]), bracketed[2], None
    try:
        period, beside = read_period(text, report)
        if beside and stages.find(beside, None, None) is None:
            return None, None, "period.with-other-words"
    except NoSuchDateError:
        return None, None, "period.no-such-date"
    except ValueError:
        return None, None, "period.unreadable"
    return period, beside or None, None


def _periods(frame: pl.DataFrame, work: _Work) -> pl.DataFrame:
    import polars as pl

    constants = work.data_set.layout.constants
    if constants.period is not None:
        by_constant = pl.when(pl.col("period").is_null()).then(pl.lit("constant"))
        frame = frame.with_columns(period_source=by_constant.otherwise("period_source"))
    frame = _constant(frame, "period", constants.period)

    stages = work.names.words("estimate_stage")

    def translate(text: str | None, report: str | None) -> tuple[object, ...]:
        reported = _understood_period(report, None, stages)[0] if report is not None else None
        period, stage, rule = _understood_period(text, reported, stages)
        if period is None:
            return rule, None, None, None, None, None
        return None, stage, period.code, period.start, period.end, default_kind(period)

    outputs = {
        "_rule": pl.String,
        "period_stage": pl.String,
        "period_code": pl.String,
        "period_start": pl.Date,
        "period_end": pl.Date,
        "default_kind": pl.String,
    }
    frame = _translate(frame, ("period", "report_period"), outputs, translate)
    frame = _flag(frame, pl.col("_rule").is_not_null(), pl.col("_rule"), "period", "period").drop(
        "_rule"
    )
    frame = _constant(frame, "period_kind", constants.period_kind)
    frame = frame.with_columns(
        period_kind=pl.col("period_kind").replace({**FREQUENCIES})  # others stay as they are
    )
    frame = _named(frame, work, "period_kind", "kind_code", "period_kind", "code.unknown")
    return (
        frame.rename({"period": "period_text", "period_code": "period"})
        .with_columns(period_kind=pl.coalesce("kind_code", "default_kind"))
        .drop("kind_code", "default_kind")
    )


FREQUENCIES = {
    **{"A": "annual", "Q": "quarterly", "M": "monthly", "年": "annual", "季": "quarterly"},
    **{"月": "monthly", "年报": "annual", "季报": "quarterly", "月报": "monthly"},
    **{"Annual": "annual", "Quarterly": "quarterly", "Monthly": "monthly"},
}
"""What a column of frequencies says (SDMX FREQ, and Chinese heads) as kinds of a period."""


def _spans(frame: pl.DataFrame, work: _Work) -> pl.DataFrame:
    """Words in the name of an indicator that say what stretch of the period it is about."""
    import polars as pl

    declared = {same(word): span for word, span in work.data_set.layout.spans.items()}
    words = sorted(declared, key=lambda word: (-len(word), word))
    is_cumulative = pl.col("period_kind") == "cumulative_range"
    if not words and not frame.filter(is_cumulative).height:
        return frame

    def translate(
        name: str | None,
        path: str | None,
        code: str | None,
        start: date | None,
        end: date | None,
        kind: str | None,
    ) -> tuple[object, ...]:
        spoken = same(path or name)
        word = next((word for word in words if word in spoken), None)
        # 累计 beside 2024-06: what is cumulative up to a month runs from January on. What begins
        # there already keeps the name that it was published under: 2026-Q1.
        span = declared[word] if word else "to_date" if kind == "cumulative_range" else "period"
        if code is None or span == "period":
            return None, code, start, end, kind
        period = parse_period(code)
        begins = period.precision in ("month", "quarter") and period.start.month > 1
        if word is None and not begins:
            return None, code, start, end, kind
        try:
            meant = spanned(period, span)
        except ValueError:
            return "period.unreadable", code, start, end, kind
        return None, meant.code, meant.start, meant.end, default_kind(meant)

    outputs = {
        "_rule": pl.String,
        "period": pl.String,
        "period_start": pl.Date,
        "period_end": pl.Date,
        "period_kind": pl.String,
    }
    columns = (
        "indicator",
        "indicator_path",
        "period",
        "period_start",
        "period_end",
        "period_kind",
    )
    frame = _translate(frame, columns, outputs, translate)
    return _flag(frame, pl.col("_rule").is_not_null(), pl.col("_rule"), "period_text").drop("_rule")


_NO_SUCH_KIND = {
    "year": ("quarterly", "monthly"),
    "quarter": ("annual", "monthly"),
    "month": ("annual", "quarterly"),
    "month_range": ("monthly",),
    "year_range": ("annual", "quarterly", "monthly"),
}
"""Kinds that a period of this form cannot be of: a year is no month."""


def _contradicted_kinds(frame: pl.DataFrame, _work: _Work) -> pl.DataFrame:
    """A kind that the delivery says and its period contradicts: nobody knows which is right."""
    import polars as pl

    def translate(code: str | None, kind: str | None) -> tuple[bool]:
        if code is None or kind is None:
            return (False,)
        period = parse_period(code)
        if period.precision == "month_range" and kind in ("annual", "quarterly"):
            whole = {"annual": 12, "quarterly": 3}[kind]
            first, last = period.start.month, period.end.month
            is_whole = period.start.year == period.end.year and last - first + 1 == whole
            return (not (is_whole and last % whole == 0),)
        return (kind in _NO_SUCH_KIND[period.precision],)

    frame = _translate(frame, ("period", "period_kind"), {"_clash": pl.Boolean}, translate)
    named = pl.concat_str("period_text", "period_kind", separator=" / ", ignore_nulls=True)
    return _flag(frame, pl.col("_clash"), "period.kind-contradicted", named).drop("_clash")


def _indicators(frame: pl.DataFrame, work: _Work) -> pl.DataFrame:
    import polars as pl

    data_set = work.data_set
    layout = data_set.layout
    frame = _constant(frame, "indicator", layout.constants.indicator)
    is_keyed = layout.kind != "records"
    if is_keyed:
        names = _names_by_column(data_set)
        by_column = pl.col("column_key").replace_strict(names, default=None, return_dtype=pl.String)
        frame = frame.with_columns(pl.col("indicator").fill_null(by_column))
    key = pl.col("column_key") if is_keyed else pl.lit("")
    frame = frame.with_columns(match_key=key.fill_null(""))
    frame = _find_indicators(frame, work)
    broken = pl.col("_rule").is_not_null()
    frame = _flag(frame, broken, pl.col("_rule"), "indicator", "indicator").drop("_rule")
    table = [
        {
            "indicator_code": indicator.code,
            "default_measure": indicator.measure,
            "default_scope": indicator.scope,
            "default_price_basis": indicator.price_basis,
            "base_unit": indicator.base_unit,
            "declared_basis": indicator.basis,
            "lag_months": indicator.lag_months,
        }
        for indicator in data_set.indicators
    ]
    schema = dict.fromkeys(table[0], pl.String()) | {"lag_months": pl.Int32()}
    known = pl.DataFrame(table, schema=schema)
    return frame.join(known, on="indicator_code", how="left", maintain_order="left")


def _names_by_column(data_set: DataSet) -> dict[str, str]:
    """Where a column alone says the indicator: a label of it, by the key of the column."""
    layout = data_set.layout
    keys = [i.column for i in data_set.indicators]
    if isinstance(layout, TableLayout):
        by_column = {c.key for block in layout.blocks if block.by_column for c in block.columns}
    else:
        by_column = {key for key in keys if keys.count(key) == 1}
    return {i.column: i.labels[0] for i in data_set.indicators if i.column in by_column}


def _find_indicators(frame: pl.DataFrame, work: _Work) -> pl.DataFrame:
    """Adds ``indicator_code``, and in ``_rule`` what an unknown name breaks."""
    import polars as pl

    def translate(
        name: str | None,
        path: str | None,
        key: str,
        start: date | None = None,
        end: date | None = None,
    ) -> tuple[object, ...]:
        try:
            code = work.names.indicator(name, path, key, start, end)
        except AmbiguousNameError:
            return None, AMBIGUOUS
        return code, None if code else "indicator.unknown"

    is_dated = any(words.is_dated for words in work.names.indicators.values())
    when = ("period_start", "period_end") if is_dated else ()
    outputs = {"indicator_code": pl.String, "_rule": pl.String}
    columns = ("indicator", "indicator_path", "match_key", *when)
    return _translate(frame, columns, outputs, translate)


def _lags(frame: pl.DataFrame, work: _Work) -> pl.DataFrame:
    """错月: the period of the report is not that of an indicator that comes later."""
    import polars as pl

    # A period that stands beside the figure itself is the figure's own.
    is_report = pl.col("period_source").is_in(["title", "header"]).fill_null(value=False)
    frame = frame.with_columns(lag=pl.when(is_report).then(pl.col("lag_months")).fill_null(0))
    if not frame.filter(pl.col("lag") > 0).height:
        return frame

    def translate(
        code: str | None, start: date | None, end: date | None, kind: str | None, lag: int
    ) -> tuple[object, ...]:
        if code is None or lag == 0:
            return None, code, start, end
        period = parse_period(code)
        if kind == "cumulative_range" and period.start.month == 1:
            period = replace(period, is_to_date=period.start.year == period.end.year)
        try:
            moved = shift_months(period, lag)
        except ValueError:
            return "period.unreadable", code, start, end
        return None, moved.code, moved.start, moved.end

    outputs = {
        "_rule": pl.String,
        "period": pl.String,
        "period_start": pl.Date,
        "period_end": pl.Date,
    }
    columns = ("period", "period_start", "period_end", "period_kind", "lag")
    frame = _translate(frame, columns, outputs, translate)
    frame = _flag(frame, pl.col("_rule").is_not_null(), pl.col("_rule"), "period_text", "period")
    # The name was looked up at the time of the report; it must mean the same at its own.
    again = _find_indicators(frame.with_columns(known=pl.col("indicator_code")), work)
    changed = pl.col("indicator_code").ne_missing(pl.col("known")) & (pl.col("lag") > 0)
    again = _flag(again, changed, AMBIGUOUS, "indicator", "indicator")
    return again.drop("_rule", "indicator_code").rename({"known": "indicator_code"})


def _regions(frame: pl.DataFrame, work: _Work) -> pl.DataFrame:
    import polars as pl

    frame = _constant(frame, "region", work.data_set.layout.constants.region)
    lists = work.context.codelists

    def whole(code: str | None) -> tuple[str | None]:
        return (None if code is None else whole_region(code, lists.region_words, lists.nation),)

    frame = _translate(frame, ("region_code",), {"code_text": pl.String}, whole)
    frame = _named(frame, work, "region", "by_name", "region", "region.unknown")
    frame = _named(frame, work, "code_text", "by_code", "region", "region.unknown")
    unknown = pl.coalesce("by_name", "by_code").is_null() | (
        pl.col("by_name") != pl.col("by_code")
    ).fill_null(value=False)
    frame = _flag(frame, unknown, "region.unknown", pl.coalesce("region", "code_text"), "region")
    return frame.with_columns(region_code=pl.coalesce("by_name", "by_code")).drop(
        "by_name", "by_code"
    )


def _codes(frame: pl.DataFrame, work: _Work) -> pl.DataFrame:
    import polars as pl

    context, constants = work.context, work.data_set.layout.constants
    frame = frame.with_columns(stage=pl.coalesce("stage", "period_stage"))
    frame = _constant(frame, "stage", context.stage or constants.stage)
    frame = _constant(frame, "measure", constants.measure)
    frame = _constant(frame, "scope", constants.scope)
    frame = _constant(frame, "price_basis", constants.price_basis)
    frame = _constant(frame, "breakdown", constants.breakdown)
    for column, target, name in (
        ("measure", "measure_code", "measure"),
        ("scope", "scope_code", "scope"),
        ("price_basis", "price_basis_code", "price_basis"),
        ("qualifier", "qualifier_code", "qualifier"),
        ("stage", "stage_code", "estimate_stage"),
        ("period_stage", "period_stage_code", "estimate_stage"),
    ):
        frame = _named(frame, work, column, target, name, "code.unknown")
    contradicted = pl.col("stage_code") != pl.col("period_stage_code")
    frame = _flag(
        frame,
        contradicted.fill_null(value=False),
        "period.with-other-words",
        "period_text",
        "estimate_stage",
    )
    if work.data_set.layout.breakdown_list is not None:
        frame = _named(frame, work, "breakdown", "class_code", "breakdown", "code.unknown")
        frame = frame.with_columns(breakdown=pl.col("class_code"))
    stages = context.codelists.members("estimate_stage")
    status = {code: entry.maps_to or "A" for code, entry in stages.items()}
    return frame.with_columns(
        measure_code=pl.coalesce("measure_code", "default_measure"),
        scope_code=pl.coalesce("scope_code", "default_scope"),
        price_basis_code=pl.coalesce("price_basis_code", "default_price_basis"),
        estimate_stage=pl.col("stage_code").fill_null("not_stated"),
        breakdown=pl.col("breakdown").fill_null("_T"),
    ).with_columns(
        stage_status=pl.col("estimate_stage").replace_strict(
            status, default="A", return_dtype=pl.String
        )
    )


def _joined(*columns: str) -> pl.Expr:
    """The texts of the columns, one after the other; null where there is none."""
    import polars as pl

    text = pl.concat_str(*columns, separator="；", ignore_nulls=True)
    return pl.when(text != "").then(text)


def _kinds(frame: pl.DataFrame, work: _Work) -> pl.DataFrame:
    """What the figure is, and of whom and where below the region.

    Where nothing says what it is, its measure and the stage of its estimate do. Where they say
    another thing than the delivery, or two stages do, nobody knows.
    """
    import polars as pl

    constants = work.data_set.layout.constants
    for name in ("figure_kind", "subject", "locality"):
        frame = _constant(frame, name, getattr(constants, name))
    frame = _named(frame, work, "figure_kind", "stated_kind", "figure_kind", "code.unknown")
    is_aim = pl.col("measure_code").is_in(AIMED) | pl.col("declared_basis").is_in(
        ["target", "target_growth"]
    ).fill_null(value=False)
    is_forecast = pl.col("estimate_stage") == "forecast"
    follows = (
        pl.when(is_aim)
        .then(pl.lit("target"))
        .when(is_forecast)
        .then(pl.lit("forecast"))
        .otherwise(pl.lit("outturn"))
    )
    stated = pl.col("stated_kind")
    clash = (is_aim & stated.is_in(["outturn", "forecast", "action"])) | (
        is_forecast & ~stated.is_in(["forecast", "record"])
    )
    frame = _flag(frame, clash.fill_null(value=False), "code.unknown", "figure_kind", "figure_kind")
    kind = pl.coalesce(stated, follows)
    unstaged = (kind == "forecast") & (pl.col("estimate_stage") == "not_stated")
    return frame.with_columns(
        figure_kind=kind,
        estimate_stage=pl.when(unstaged)
        .then(pl.lit("forecast"))
        .otherwise(pl.col("estimate_stage")),
        stage_status=pl.when(unstaged).then(pl.lit("F")).otherwise(pl.col("stage_status")),
        subject=pl.col("subject").fill_null(WHOLE),
        locality=pl.col("locality").fill_null(WHOLE),
    )


def _basis(frame: pl.DataFrame, work: _Work) -> pl.DataFrame:
    """What the figure is measured against follows from its measure, else from its period.

    Only a target is measured as one; what has to hold, or is proposed to, is a standard.
    """
    import polars as pl

    by_measure = {
        "share_pct": "share",
        "ratio": "ratio",
        "index": "index",
        "rank": "rank",
        "yoy_growth_pct": "yoy",
        "mom_growth_pct": "mom",
        "cagr_pct": "cagr",
        "target_level": "target",
        "target_growth_pct": "target_growth",
    }
    by_kind = {"cumulative_range": "cumulative", "point": "point_in_time", "target": "target"}
    followed = pl.coalesce(
        "declared_basis",
        pl.col("measure_code").replace_strict(by_measure, default=None, return_dtype=pl.String),
        pl.col("period_kind").replace_strict(by_kind, default="current", return_dtype=pl.String),
    )
    is_target = pl.col("figure_kind") == "target"
    is_standard = pl.col("measure_code").is_in(AIMED)
    return frame.with_columns(
        basis=pl.when(is_target | ~followed.is_in(["target", "target_growth"]))
        .then(followed)
        .when(is_standard)
        .then(pl.lit("standard"))
        .otherwise(pl.lit("current"))
    )


def _documents(frame: pl.DataFrame, work: _Work) -> pl.DataFrame:
    import polars as pl

    layout = work.data_set.layout
    documents = work.data_set.origin.documents
    constant = work.context.document or layout.constants.document
    if constant is None and len(documents) == 1:
        constant = documents[0].id
    frame = _constant(frame, "document", constant)
    frame = _constant(frame, "source_place", layout.constants.source_place)
    rule = "source.unknown-document"
    frame = _named(frame, work, "document", "source_document", "document", rule)
    return _flag(frame, pl.col("source_document").is_null(), rule)


def _values(frame: pl.DataFrame, work: _Work) -> pl.DataFrame:
    """Value text to decimal, with the bound and the unit that it may hold."""
    import polars as pl

    frame = read_values(frame, work.data_set.symbols, _value_words(work))
    is_symbol = pl.col("symbol_status").is_not_null()
    rule = "value.not-a-number"
    frame = _flag(frame, pl.col("plain").is_null() & ~is_symbol, rule)
    can_grow = pl.col("measure_code").is_in(GROWTH) | pl.col("base_unit").is_in([PERCENT, POINTS])
    frame = _flag(frame, pl.col("is_growth") & ~can_grow.fill_null(value=False), rule)
    frame = _flag(frame, pl.col("is_rank") & (pl.col("measure_code") != "rank"), rule)
    stated = pl.col("qualifier_code")
    says_otherwise = (stated != pl.col("value_qualifier")).fill_null(value=False)
    frame = _flag(frame, says_otherwise, "code.unknown", "qualifier", "qualifier")
    # 下降5% and beside it 超: below -5, so that the bound turns round with the sign.
    turns = pl.col("is_growth") & pl.col("plain").str.starts_with("-")
    is_bound = stated.is_not_null() & stated.is_in(list(DIRECTED))
    frame = _flag(frame, (turns & is_bound).fill_null(value=False), rule)
    return frame.with_columns(
        qualifier_code=pl.coalesce(stated, "value_qualifier").fill_null("exact")
    )


MISSING = frozenset("LMOQ")
"""SDMX OBS_STATUS of a figure that has no number."""


def _statuses(frame: pl.DataFrame, work: _Work) -> pl.DataFrame:
    """The status that stands beside a figure: by the declared symbols, else by its SDMX code.

    One that says that there is no number needs no symbol for the blank cell; beside a number it
    contradicts it.
    """
    import polars as pl

    codes = work.context.codelists.members("obs_status")
    declared = {same(text): status for text, status in work.data_set.symbols.items() if text}

    def translate(text: str | None) -> tuple[object, ...]:
        if text is None:
            return None, None
        status = declared.get(same(text)) or (same(text) if same(text) in codes else None)
        return status, None if status else "code.unknown"

    outputs = {"row_status": pl.String, "_rule": pl.String}
    frame = _translate(frame, ("status",), outputs, translate)
    frame = _flag(frame, pl.col("_rule").is_not_null(), pl.col("_rule"), "status", "obs_status")
    has_none = pl.col("row_status").is_in([*MISSING, NO_DATA]).fill_null(value=False)
    contradicted = has_none & pl.col("plain").is_not_null()
    frame = _flag(frame, contradicted, "code.unknown", "status", "obs_status")
    # What the row says of its blank cell is nearer to it than what the data set says of all.
    told = pl.when(has_none & _is_blank()).then("row_status").otherwise("symbol_status")
    said = pl.coalesce(
        pl.when(pl.col(name) != "A").then(name) for name in ("row_status", "mark_status")
    )
    both = pl.col("row_status") != pl.col("mark_status")
    frame = _flag(frame, both.fill_null(value=False), "code.unknown", "status", "obs_status")
    return (
        _read_after_all(frame, has_none & _is_blank())
        .with_columns(symbol_status=told, stage_status=pl.coalesce(said, "stage_status"))
        .drop("_rule")
    )


POWERS = {
    **{str(power): power for power in (0, *range(2, 10), 11, 12)},
    **{"1" + "0" * power: power for power in range(2, 13)},
    **{"units": 0, "unit": 0, "ones": 0, "tens": 1, "hundreds": 2, "thousands": 3, "thousand": 3},
    **{"tensofthousands": 4, "tenthousands": 4, "tenthousand": 4, "hundredsofthousands": 5},
    **{"millions": 6, "million": 6, "tensofmillions": 7, "hundredsofmillions": 8},
    **{"hundredmillion": 8, "hundredmillions": 8, "billions": 9, "billion": 9, "trillions": 12},
    **{"trillion": 12, "个": 0, "十": 1, "百": 2, "千": 3, "万": 4, "十万": 5, "百万": 6},
    **{"千万": 7, "亿": 8, "十亿": 9, "百亿": 10, "千亿": 11, "万亿": 12},
}
"""Powers of ten by the ways to write them. 1 may be tens or units, 10 ten billions or tens."""


def _multipliers(frame: pl.DataFrame, work: _Work) -> pl.DataFrame:
    """The power of ten beside a figure, and how many decimals it was published with."""
    import polars as pl

    del work
    plain = pl.col("multiplier").str.replace_all(r"\s", "").str.to_lowercase()
    plain = pl.when(plain != "").then(plain).str.replace(r"^\+", "").str.replace(r"\.0+$", "")
    places = pl.col("decimals_text").str.replace_all(r"\s", "").str.extract("^([0-9])$", 1)
    frame = frame.with_columns(
        _power=plain.replace_strict(POWERS, default=None, return_dtype=pl.Int32)
    )
    unclear = plain.is_not_null() & pl.col("_power").is_null()
    frame = _flag(frame, unclear, "unit.unknown", "multiplier")
    given = pl.col("decimals_text").str.strip_chars()
    no_count = (given != "").fill_null(value=False) & places.is_null()
    frame = _flag(frame, no_count, "code.unknown", "decimals_text")
    stated = places.cast(pl.Int32)
    return frame.with_columns(
        power=pl.col("_power").fill_null(0), places=pl.max_horizontal("places", stated)
    ).drop("_power")


def _confidentiality(frame: pl.DataFrame, work: _Work) -> pl.DataFrame:
    """What is confidential stays out of a data set that is not; without a number it is hidden."""
    import polars as pl

    frame = _named(frame, work, "confidentiality", "row_conf", "conf_status", "code.unknown")
    open_codes = ["F", work.data_set.disclosure.conf_status]
    hidden = (~pl.col("row_conf").is_in(open_codes)).fill_null(value=False)
    rule = "value.confidential"
    frame = _flag(frame, hidden & pl.col("plain").is_not_null(), rule, "confidentiality")
    suppressed = hidden & (_is_blank() | pl.col("symbol_status").is_not_null())
    return _read_after_all(frame, hidden & _is_blank()).with_columns(
        obs_status=pl.when(suppressed).then(pl.lit("Q")).otherwise("obs_status")
    )


def _is_blank() -> pl.Expr:
    import polars as pl

    return pl.col("value").str.strip_chars() == ""


def _read_after_all(frame: pl.DataFrame, condition: pl.Expr) -> pl.DataFrame:
    """Blank cells that no symbol is declared for, and that something beside them explains."""
    import polars as pl

    explained = condition & (pl.col("rule") == "value.not-a-number").fill_null(value=False)
    return frame.with_columns(rule=pl.when(~explained).then("rule"))


def _units_by_indicator(frame: pl.DataFrame, work: _Work) -> pl.DataFrame:
    """The declared unit of each indicator, where neither the file nor the cell says one."""
    import polars as pl

    declared = work.data_set.layout.units
    if not declared:
        return frame
    units = {
        indicator.code: indicator.base_unit if unit == "base" else unit
        for indicator in work.data_set.indicators
        if (unit := declared.get(indicator.code, declared.get("*"))) is not None
    }
    by_code = pl.col("indicator_code").replace_strict(units, default=None, return_dtype=pl.String)
    is_silent = pl.col("unit").is_null() & pl.col("value_unit").is_null()
    return frame.with_columns(unit=pl.when(is_silent).then(by_code).otherwise("unit"))


def _units(frame: pl.DataFrame, work: _Work) -> pl.DataFrame:
    """Convert to the base unit of the indicator, exactly: factors are powers of ten."""
    import polars as pl

    lists = work.context.codelists
    frame = _units_by_indicator(frame, work)
    # A dash in a column of units says none: the level of what is published as growth alone.
    says_one = ~pl.col("unit").str.contains(r"^\s*[-–—―－/]+\s*$").fill_null(value=False)
    frame = frame.with_columns(unit=pl.when(says_one).then("unit"))
    frame = _constant(frame, "unit", work.data_set.layout.constants.unit)
    # -0.2个百分点 in a column of per cents: the words in the cell are nearer to the figure.
    is_points = pl.col("value_unit").eq(POINTS)
    frame = frame.with_columns(
        unit=pl.when(is_points).then(pl.lit(POINTS)).otherwise(pl.col("unit"))
    )
    frame = _named(frame, work, "unit", "unit_code", "unit", "unit.unknown")
    same_size = {unit.code: f"{unit.dimension} {unit.factor}" for unit in lists.units}
    stated, in_value = (
        pl.col(column).replace_strict(same_size, default=None, return_dtype=pl.String)
        for column in ("unit_code", "value_unit")
    )
    clash = stated.ne(in_value).fill_null(value=False)
    frame = _flag(frame, clash, "unit.not-convertible", "unit")
    frame = frame.with_columns(
        unit=pl.coalesce("unit", "value_unit"), unit_code=pl.coalesce("unit_code", "value_unit")
    )
    # Of "the same as before" (持平) the unit is that of whatever stayed the same.
    is_flat = pl.col("is_growth") & pl.col("plain").eq("0")
    has_value = pl.col("plain").is_not_null()
    missing = pl.col("unit_code").is_null() & pl.col("base_unit").ne("1") & has_value
    frame = _flag(frame, missing & ~is_flat.fill_null(value=False), "unit.missing")
    frame = frame.with_columns(unit_code=pl.col("unit_code").fill_null(pl.col("base_unit")))
    units = pl.DataFrame(
        [
            {"u": unit.code, "dimension": unit.dimension, "exponent": _exponent(unit.factor)}
            for unit in lists.units
        ],
        schema={"u": pl.String, "dimension": pl.String, "exponent": pl.Int32},
    )
    base = units.rename({"dimension": "base_dimension", "exponent": "base_exponent"})
    frame = frame.join(
        units, left_on="unit_code", right_on="u", how="left", maintain_order="left"
    ).join(base, left_on="base_unit", right_on="u", how="left", maintain_order="left")
    frame = _flag(
        frame,
        pl.col("dimension").ne(pl.col("base_dimension")).fill_null(value=False),
        "unit.not-convertible",
        "unit",
    )
    # 亿元 and beside it 8: perhaps the same said twice, perhaps not.
    multiplied = (pl.col("power") != 0) & (pl.col("exponent") != 0).fill_null(value=False)
    frame = _flag(frame, multiplied, "unit.not-convertible", "multiplier")
    shift = (pl.col("exponent") - pl.col("base_exponent")).fill_null(0) + pl.col("power")
    frame = frame.with_columns(shift=shift).with_columns(
        # How fine it was given is not how many digits there are: 增长1.2倍 is 120 % by tens.
        final_places=pl.col("places") - pl.col("shift"),
        final_decimals=pl.col("decimals") - pl.col("shift"),
        final_whole=pl.col("whole_digits") + pl.col("shift"),
    )
    is_number = pl.col("plain").is_not_null()
    # Digits beyond what a stored value holds, before or after the shift, are never cut silently.
    needed = pl.max_horizontal("final_decimals", "decimals") - pl.col("idle_zeros")
    too_precise = (needed > SCALE) | (pl.col("final_whole") > INTEGER_DIGITS)
    frame = _flag(frame, pl.col("shift").abs() > SCALE, "unit.not-convertible", "unit")
    frame = _flag(frame, too_precise & is_number, "value.too-precise")
    usable = pl.col("rule").is_null() & pl.col("plain").is_not_null()
    decimal = pl.Decimal(38, SCALE)
    powers = {k: Decimal(10) ** k for k in range(-SCALE, SCALE + 1)}
    factor = pl.col("shift").replace_strict(
        {k: format(v, "f") for k, v in powers.items()}, default="1", return_dtype=pl.String
    )
    # A resolution finer than what can be stored is that of the last place that can be.
    unit_of_last = (
        pl.col("final_places")
        .clip(-SCALE, SCALE)
        .replace_strict({-k: format(v, "f") for k, v in powers.items()}, return_dtype=pl.String)
    )
    # What the cast or the product would have to cut was flagged above, so both are exact.
    return frame.with_columns(
        number=pl.when(usable).then(
            pl.when(usable).then(pl.col("plain")).otherwise(pl.lit("0")).cast(decimal)
            * factor.cast(decimal)
        ),
        resolution=pl.when(usable).then(unit_of_last.cast(decimal)),
        obs_status=pl.coalesce("symbol_status", "stage_status"),
    )


def _exponent(factor: str) -> int:
    exponent = Decimal(factor).normalize()
    if exponent.as_tuple().digits != (1,):
        raise ValueError(f"unit factor {factor} is no power of ten")
    return int(exponent.as_tuple().exponent)


def _region_validity(frame: pl.DataFrame, work: _Work) -> pl.DataFrame:
    import polars as pl

    lists = work.context.codelists
    own = {region.code: (region.valid_from, region.valid_to) for region in lists.regions}
    others = set(frame["region_code"].drop_nulls().unique()) - own.keys()
    spans = own | {code: lists.gazetteer.span(code) for code in others}
    validity = pl.DataFrame(
        [
            {"r": code, "valid_from": began, "valid_to": ended}
            for code, (began, ended) in spans.items()
        ],
        schema={"r": pl.String, "valid_from": pl.Date, "valid_to": pl.Date},
    )
    frame = frame.join(
        validity, left_on="region_code", right_on="r", how="left", maintain_order="left"
    )
    gone = (pl.col("valid_to") <= pl.col("period_start")).fill_null(value=False)
    not_yet = (pl.col("valid_from") > pl.col("period_end")).fill_null(value=False)
    text = pl.coalesce("region", "code_text")
    return _flag(frame, gone | not_yet, "region.not-valid-at-period", text)


def _known_from(frame: pl.DataFrame, work: _Work) -> pl.DataFrame:
    """When the public knew: the row, else the vintage, else the document.

    Null where none says it: then it was when it was delivered, a day that a person may correct.
    """
    import polars as pl

    rows: list[dict[str, object]] = []
    for text in frame["published"].unique().to_list():
        if text is None:
            continue
        try:
            rows.append({"published": text, "row_published": last_day(same(text))})
        except ValueError:
            rows.append({"published": text, "row_published": None})
    schema = {"published": pl.String, "row_published": pl.Date}
    frame = frame.join(
        pl.DataFrame(rows, schema=schema), on="published", how="left", maintain_order="left"
    )
    unreadable = pl.col("published").is_not_null() & pl.col("row_published").is_null()
    frame = _flag(frame, unreadable, "period.unreadable", "published")
    vintage = last_day(work.context.published) if work.context.published else None
    documents = {
        doc.id: last_day(doc.published) for doc in work.data_set.origin.documents if doc.published
    }
    return frame.with_columns(
        known_from=pl.coalesce(
            "row_published",
            pl.lit(vintage, dtype=pl.Date),
            pl.col("source_document").replace_strict(documents, default=None, return_dtype=pl.Date),
        ),
        is_document_date=pl.col("row_published").is_null() & pl.lit(value=vintage is None),
    )


_YES = {"是", "y", "yes", "true", "1", "模拟", "推定", "√"}
_NO = {"", "否", "n", "no", "false", "0"}


def _flags(frame: pl.DataFrame, work: _Work) -> pl.DataFrame:
    import polars as pl

    for column, target in (("inferred", "is_period_inferred"), ("simulated", "is_simulated")):
        plain = folded(column).str.strip_chars().str.to_lowercase()
        frame = frame.with_columns(flag=plain.fill_null(""))
        frame = _flag(frame, ~pl.col("flag").is_in([*_YES, *_NO]), "code.unknown", column)
        frame = frame.with_columns(pl.col("flag").is_in(list(_YES)).alias(target)).drop("flag")
    if work.data_set.simulated:
        frame = frame.with_columns(is_simulated=pl.lit(value=True))
    return frame
