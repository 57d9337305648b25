"""Normalise: the texts around a figure become codes, a decimal in the base unit, and a period.

Belongs here: understanding texts by the declaration and the code lists, set-based. Does not
belong here: finding the cells (``layouts``) and judging figures that were understood (``judge``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from orchestration.collect.layouts import Extract
from orchestration.collect.periods import DEFAULT_KIND, NoSuchDateError, parse_period
from orchestration.spec import last_day
from orchestration.text import BLANKS, FULL_WIDTH, HALF_WIDTH, same

if TYPE_CHECKING:
    import polars as pl

    from orchestration.declarations import CodeLists
    from orchestration.spec import DataSet

SCALE = 8
"""Decimal places of every stored value."""

INTEGER_DIGITS = 22

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
    "delivery_place",
)


@dataclass(frozen=True)
class Normalised:
    """Accepted observations and quarantined figures; together they are all figures found.

    Attributes:
        accepted: ``OBSERVATION_COLUMNS``.
        quarantined: ``rule_id``, ``delivery_place``, ``raw_text``.
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
    delivered_on: date


def normalise(extract: Extract, context: Context) -> Normalised:
    """Turn extracted texts into observations; what is not understood is quarantined.

    The first rule that a figure breaks is the one that quarantines it.
    """
    import polars as pl

    frame = extract.figures.with_row_index("place_order", offset=1).with_columns(
        place_order=pl.col("place_order").cast(pl.Int64), rule=pl.lit(None, dtype=pl.String)
    )
    for step in (
        _indicators,
        _regions,
        _codes,
        _periods,
        _documents,
        _values,
        _units,
        _region_validity,
        _known_from,
        _flags,
    ):
        frame = step(frame, context)
    no_data = pl.col("rule").is_null() & (pl.col("symbol_status") == NO_DATA).fill_null(value=False)
    non_data = frame.filter(no_data).height
    frame = frame.filter(~no_data)
    quarantined = pl.concat(
        [
            frame.filter(pl.col("rule").is_not_null()).select(
                rule_id="rule", delivery_place="place", raw_text="value"
            ),
            extract.unexpected.select(
                pl.lit("cell.unexpected").alias("rule_id"),
                pl.col("place").alias("delivery_place"),
                pl.col("text").alias("raw_text"),
            ),
        ]
    )
    accepted = frame.filter(pl.col("rule").is_null()).with_columns(
        conf_status=pl.lit(context.data_set.disclosure.conf_status),
        value_printed=pl.col("value"),
        unit_printed=pl.col("unit").fill_null(""),
        indicator_name_printed=pl.col("indicator"),
        delivery_place=pl.col("place"),
        source_place=pl.col("source_place").fill_null(""),
    )
    accepted = accepted.drop("value", "unit", "measure", "scope", "qualifier").rename(
        {
            "number": "value",
            "base_unit": "unit",
            "measure_code": "measure",
            "scope_code": "scope",
            "qualifier_code": "qualifier",
        }
    )
    accepted = accepted.sort("place_order").with_columns(
        occurrence=pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over(KEY)
    )
    return Normalised(accepted.select(OBSERVATION_COLUMNS), quarantined, non_data)


def _flag(frame: pl.DataFrame, condition: pl.Expr, rule: str) -> pl.DataFrame:
    import polars as pl

    return frame.with_columns(
        rule=pl.when(pl.col("rule").is_null() & condition)
        .then(pl.lit(rule))
        .otherwise(pl.col("rule"))
    )


def _map(
    frame: pl.DataFrame, source: str, target: str, translate: Callable[[str], str | None]
) -> pl.DataFrame:
    """Translate a text column through its distinct values only."""
    import polars as pl

    texts = [t for t in frame[source].unique().to_list() if t is not None]
    mapping = {text: translate(text) for text in texts}
    found = {text: code for text, code in mapping.items() if code is not None}
    return frame.with_columns(
        pl.col(source).replace_strict(found, default=None, return_dtype=pl.String).alias(target)
    )


def _lookup(words: dict[str, str]) -> Callable[[str], str | None]:
    folded = {same(word): code for word, code in words.items()}
    return lambda text: folded.get(same(text))


def _constant(frame: pl.DataFrame, column: str, value: str | None) -> pl.DataFrame:
    import polars as pl

    if value is None:
        return frame
    return frame.with_columns(pl.col(column).fill_null(pl.lit(value)))


def _indicators(frame: pl.DataFrame, context: Context) -> pl.DataFrame:
    import polars as pl

    data_set = context.data_set
    frame = _constant(frame, "indicator", data_set.layout.constants.indicator)
    single = data_set.layout.kind == "records"
    if data_set.layout.kind == "table" and data_set.layout.stub_is == "region":
        # Rows are regions: a column carries exactly the indicators that name its key.
        by_key = {i.column: i for i in data_set.indicators}
        frame = frame.with_columns(
            indicator=pl.col("column_key").replace_strict(
                {key: i.labels[0] for key, i in by_key.items()},
                default=None,
                return_dtype=pl.String,
            )
        )
    table = [
        {
            "label_key": same(label),
            "match_key": "" if single else indicator.column,
            "indicator_code": indicator.code,
            "default_measure": indicator.measure,
            "default_scope": indicator.scope,
            "price_basis": indicator.price_basis,
            "base_unit": indicator.base_unit,
            "declared_basis": indicator.basis,
        }
        for indicator in data_set.indicators
        for label in indicator.labels
    ]
    schema = dict.fromkeys(
        (
            "label_key",
            "match_key",
            "indicator_code",
            "default_measure",
            "default_scope",
            "price_basis",
            "base_unit",
            "declared_basis",
        ),
        pl.String,
    )
    frame = _map(frame, "indicator", "label_key", same)
    frame = frame.with_columns(
        match_key=pl.lit("") if single else pl.col("column_key"),
    ).join(pl.DataFrame(table, schema=schema), on=["label_key", "match_key"], how="left")
    return _flag(frame, pl.col("indicator_code").is_null(), "indicator.unknown")


def _regions(frame: pl.DataFrame, context: Context) -> pl.DataFrame:
    import polars as pl

    lists = context.codelists
    frame = _constant(frame, "region", context.data_set.layout.constants.region)
    translate = _lookup(lists.region_words)
    frame = _map(frame, "region", "by_name", translate)
    frame = _map(frame, "region_code", "by_code", translate)
    unknown = (
        pl.coalesce("by_name", "by_code").is_null()
        | (pl.col("region").is_not_null() & pl.col("by_name").is_null())
        | (pl.col("region_code").is_not_null() & pl.col("by_code").is_null())
        | (pl.col("by_name") != pl.col("by_code")).fill_null(value=False)
    )
    frame = _flag(frame, unknown, "region.unknown")
    return frame.with_columns(region_code=pl.coalesce("by_name", "by_code")).drop(
        "by_name", "by_code"
    )


def _codes(frame: pl.DataFrame, context: Context) -> pl.DataFrame:
    import polars as pl

    lists, constants = context.codelists, context.data_set.layout.constants
    frame = _constant(frame, "period_kind", constants.period_kind)
    frame = _constant(frame, "stage", context.stage or constants.stage)
    for column, target, name in (
        ("measure", "measure_code", "measure"),
        ("scope", "scope_code", "scope"),
        ("qualifier", "qualifier_code", "qualifier"),
        ("period_kind", "kind_code", "period_kind"),
        ("stage", "stage_code", "estimate_stage"),
    ):
        frame = _map(frame, column, target, _lookup(lists.words(name)))
        unknown = pl.col(column).is_not_null() & pl.col(target).is_null()
        frame = _flag(frame, unknown, "code.unknown")
    status = {code: entry.maps_to or "A" for code, entry in lists.members("estimate_stage").items()}
    return frame.with_columns(
        measure_code=pl.coalesce("measure_code", "default_measure"),
        scope_code=pl.coalesce("scope_code", "default_scope"),
        qualifier_code=pl.col("qualifier_code").fill_null("exact"),
        estimate_stage=pl.col("stage_code").fill_null("not_stated"),
        breakdown=pl.col("breakdown").fill_null("_T"),
    ).with_columns(
        stage_status=pl.col("estimate_stage").replace_strict(
            status, default="A", return_dtype=pl.String
        )
    )


def _periods(frame: pl.DataFrame, context: Context) -> pl.DataFrame:
    import polars as pl

    frame = _constant(frame, "period", context.data_set.layout.constants.period)
    rows: list[dict[str, object]] = []
    for text in frame["period"].unique().to_list():
        if text is None:
            continue
        try:
            period = parse_period(text)
        except NoSuchDateError:
            rows.append({"period": text, "period_rule": "period.no-such-date"})
        except ValueError:
            rows.append({"period": text, "period_rule": "period.unreadable"})
        else:
            rows.append(
                {
                    "period": text,
                    "period_code": period.code,
                    "period_start": period.start,
                    "period_end": period.end,
                    "default_kind": DEFAULT_KIND[period.precision],
                }
            )
    schema = {
        "period": pl.String,
        "period_rule": pl.String,
        "period_code": pl.String,
        "period_start": pl.Date,
        "period_end": pl.Date,
        "default_kind": pl.String,
    }
    frame = frame.join(pl.DataFrame(rows, schema=schema), on="period", how="left")
    frame = _flag(frame, pl.col("period_rule") == "period.no-such-date", "period.no-such-date")
    frame = _flag(frame, pl.col("period_code").is_null(), "period.unreadable")
    kind = pl.coalesce("kind_code", "default_kind")
    by_measure = {
        "share_pct": "share",
        "ratio": "ratio",
        "rank": "rank",
        "yoy_growth_pct": "yoy",
        "cagr_pct": "cagr",
        "target_level": "target",
        "target_growth_pct": "target_growth",
    }
    by_kind = {"cumulative_range": "cumulative", "point": "point_in_time", "target": "target"}
    return (
        frame.drop("period", "period_kind")
        .rename({"period_code": "period"})
        .with_columns(period_kind=kind)
        .with_columns(
            basis=pl.coalesce(
                "declared_basis",
                pl.col("measure_code").replace_strict(
                    by_measure, default=None, return_dtype=pl.String
                ),
                pl.col("period_kind").replace_strict(
                    by_kind, default="current", return_dtype=pl.String
                ),
            )
        )
    )


def _documents(frame: pl.DataFrame, context: Context) -> pl.DataFrame:
    import polars as pl

    documents = context.data_set.origin.documents
    constant = context.document or context.data_set.layout.constants.document
    if constant is None and len(documents) == 1:
        constant = documents[0].id
    frame = _constant(frame, "document", constant)
    frame = _constant(frame, "source_place", context.data_set.layout.constants.source_place)
    words = {word: doc.id for doc in documents for word in (doc.id, doc.title)}
    frame = _map(frame, "document", "source_document", _lookup(words))
    return _flag(frame, pl.col("source_document").is_null(), "source.unknown-document")


def _folded(column: str) -> pl.Expr:
    """Full-width digits, signs and blanks as their ASCII forms, and nothing else."""
    import polars as pl

    blanks = [" "] * len(BLANKS)
    return pl.col(column).str.replace_many([*FULL_WIDTH, *BLANKS], [*HALF_WIDTH, *blanks])


def _values(frame: pl.DataFrame, context: Context) -> pl.DataFrame:
    """Value text to decimal: ``808.4``, ``1,234.5``, ``19 278.1``, ``−5.8``, ``12.3%``."""
    import polars as pl

    symbols = {same(text): status for text, status in context.data_set.symbols.items()}
    frame = frame.with_columns(pl.col("value").fill_null(""))
    folded = _folded("value").str.replace_all("[−–]", "-").str.strip_chars()
    frame = frame.with_columns(folded=folded).with_columns(
        symbol_key=folded.str.replace_all(r"\s+", "")
    )
    frame = frame.with_columns(
        symbol_status=pl.col("symbol_key").replace_strict(
            symbols, default=None, return_dtype=pl.String
        ),
        is_percent=pl.col("folded").str.ends_with("%"),
    )
    # Digits in groups of three, separated by commas or by blanks, or not separated at all.
    groups = "[0-9]{1,3}(?:(?:,[0-9]{3})+|(?: [0-9]{3})+)|[0-9]+"
    number = rf"^([+-]?(?:{groups})(?:\.[0-9]+)?) *%?$"
    frame = frame.with_columns(
        plain=pl.col("folded").str.extract(number, 1).str.replace_all("[, ]", "")
    )
    is_symbol = pl.col("symbol_status").is_not_null()
    frame = _flag(frame, pl.col("plain").is_null() & ~is_symbol, "value.not-a-number")
    places = pl.col("plain").str.extract(r"\.([0-9]+)$", 1).str.len_chars().fill_null(0)
    whole = pl.col("plain").str.extract("^[+-]?([0-9]+)", 1).str.strip_chars_start("0")
    idle = pl.col("plain").str.extract(r"\.[0-9]*?(0+)$", 1).str.len_chars().fill_null(0)
    return frame.with_columns(
        places=places,
        whole_digits=whole.str.len_chars().fill_null(0),
        idle_zeros=idle.cast(pl.Int32),
    )


def _units(frame: pl.DataFrame, context: Context) -> pl.DataFrame:
    """Convert to the base unit of the indicator, exactly: factors are powers of ten."""
    import polars as pl

    lists = context.codelists
    frame = _constant(frame, "unit", context.data_set.layout.constants.unit)
    frame = _map(frame, "unit", "unit_code", _lookup(lists.unit_words))
    frame = _flag(
        frame,
        pl.col("unit").is_not_null() & pl.col("unit_code").is_null(),
        "unit.unknown",
    )
    percent_clash = pl.col("is_percent") & pl.coalesce("unit_code", "base_unit").ne("%")
    frame = _flag(frame, percent_clash, "unit.not-convertible")
    frame = _flag(
        frame,
        pl.col("unit_code").is_null() & pl.col("base_unit").ne("1") & ~pl.col("is_percent"),
        "unit.missing",
    )
    frame = frame.with_columns(unit_code=pl.col("unit_code").fill_null(pl.col("base_unit")))
    units = pl.DataFrame(
        [
            {"u": unit.code, "dimension": unit.dimension, "exponent": _exponent(unit.factor)}
            for unit in lists.units
        ],
        schema={"u": pl.String, "dimension": pl.String, "exponent": pl.Int32},
    )
    base = units.rename({"dimension": "base_dimension", "exponent": "base_exponent"})
    frame = frame.join(units, left_on="unit_code", right_on="u", how="left").join(
        base, left_on="base_unit", right_on="u", how="left"
    )
    frame = _flag(
        frame,
        pl.col("dimension").ne(pl.col("base_dimension")).fill_null(value=False),
        "unit.not-convertible",
    )
    shift = (pl.col("exponent") - pl.col("base_exponent")).fill_null(0)
    frame = frame.with_columns(shift=shift).with_columns(
        final_places=(pl.col("places").cast(pl.Int32) - pl.col("shift")),
        final_whole=(pl.col("whole_digits").cast(pl.Int32) + pl.col("shift")),
    )
    is_number = pl.col("plain").is_not_null()
    # Digits beyond what a stored value holds, before or after the shift, are never cut silently.
    needed = pl.max_horizontal("final_places", "places").cast(pl.Int32) - pl.col("idle_zeros")
    too_precise = (needed > SCALE) | (pl.col("final_whole") > INTEGER_DIGITS)
    frame = _flag(frame, pl.col("shift").abs() > SCALE, "unit.not-convertible")
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


def _region_validity(frame: pl.DataFrame, context: Context) -> pl.DataFrame:
    import polars as pl

    validity = pl.DataFrame(
        [
            {"r": region.code, "valid_from": region.valid_from, "valid_to": region.valid_to}
            for region in context.codelists.regions
        ],
        schema={"r": pl.String, "valid_from": pl.Date, "valid_to": pl.Date},
    )
    frame = frame.join(validity, left_on="region_code", right_on="r", how="left")
    gone = (pl.col("valid_to") <= pl.col("period_start")).fill_null(value=False)
    not_yet = (pl.col("valid_from") > pl.col("period_end")).fill_null(value=False)
    return _flag(frame, gone | not_yet, "region.not-valid-at-period")


def _known_from(frame: pl.DataFrame, context: Context) -> pl.DataFrame:
    """When the public knew: the row, else the vintage, else the document, else the delivery."""
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
    frame = frame.join(pl.DataFrame(rows, schema=schema), on="published", how="left")
    unreadable = pl.col("published").is_not_null() & pl.col("row_published").is_null()
    frame = _flag(frame, unreadable, "period.unreadable")
    vintage = last_day(context.published) if context.published else None
    documents = {
        doc.id: last_day(doc.published)
        for doc in context.data_set.origin.documents
        if doc.published
    }
    return frame.with_columns(
        known_from=pl.coalesce(
            "row_published",
            pl.lit(vintage, dtype=pl.Date),
            pl.col("source_document").replace_strict(documents, default=None, return_dtype=pl.Date),
            pl.lit(context.delivered_on, dtype=pl.Date),
        ),
        is_document_date=pl.col("row_published").is_null() & pl.lit(value=vintage is None),
    )


_YES = {"是", "y", "yes", "true", "1", "模拟", "推定", "√"}
_NO = {"", "否", "n", "no", "false", "0"}


def _flags(frame: pl.DataFrame, context: Context) -> pl.DataFrame:
    import polars as pl

    for column, target in (("inferred", "is_period_inferred"), ("simulated", "is_simulated")):
        folded = _folded(column).str.strip_chars().str.to_lowercase()
        frame = frame.with_columns(flag=folded.fill_null(""))
        frame = _flag(frame, ~pl.col("flag").is_in([*_YES, *_NO]), "code.unknown")
        frame = frame.with_columns(pl.col("flag").is_in(list(_YES)).alias(target)).drop("flag")
    if context.data_set.simulated:
        frame = frame.with_columns(is_simulated=pl.lit(value=True))
    return frame
