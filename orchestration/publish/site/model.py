"""What the pages of a release need, read from its marts in whole sets.

Belongs here: SQL over the marts, and which of their columns a release may lack. Does not belong
here: HTML, and any computing of figures (``dbt_project``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orchestration.publish.tables import Table, literal, quote

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Row = dict[str, Any]

FIGURES_SHOWN = 60
"""Figures of an indicator on its page; all of them stand in its data file."""

OWN_THEMES = ("plan", "peers")
"""Themes that have a page of their own kind."""

_TEXT, _DAY, _FLAG, _NUMBER, _COUNT = "varchar", "date", "boolean", "decimal(30,8)", "bigint"


def _columns(kind: str, names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), kind)


# What pages ask for. A release that lacks a column has it empty here, and says less.
_VIEWS: Mapping[str, tuple[str, dict[str, str]]] = {
    "observation": (
        "core.observation",
        _columns(
            _TEXT,
            """observation_id data_set_id indicator_code indicator_name_zh indicator_name_en
            region_code region_name_zh period period_kind measure basis scope price_basis
            breakdown unit value_printed unit_printed qualifier obs_status conf_status
            estimate_stage repeat_of source_document source_grade source_place delivery_place
            theme figure_kind subject locality note""",
        )
        | _columns(_DAY, "period_start period_end known_from known_to")
        | _columns(_FLAG, "is_headline is_period_inferred is_simulated")
        | {"value": _NUMBER},
    ),
    "indicator": (
        "core.indicator",
        _columns(
            _TEXT,
            """indicator_code name_zh name_en definition_zh definition_en theme topic measure
            scope price_basis base_unit direction mart item role stage data_set_id
            adds_over_time adds_over_regions adds_over_classes""",
        )
        | _columns(_COUNT, "decimals observation_count")
        | _columns(_FLAG, "is_stock"),
    ),
    "region": (
        "core.region",
        _columns(
            _TEXT,
            """region_code region_name_zh region_name_en region_kind parent_code
            successor_codes""",
        )
        | _columns(_DAY, "valid_from valid_to"),
    ),
    "period": (
        "core.period",
        _columns(_TEXT, "period label_zh label_en") | _columns(_DAY, "period_end"),
    ),
    "source_document": (
        "core.source_document",
        _columns(
            _TEXT,
            """source_document title_zh title_en issuer published source_grade citation licence
            address data_set_id""",
        )
        | _columns(_COUNT, "observation_count"),
    ),
    "data_set": (
        "core.data_set",
        _columns(_TEXT, "data_set_id title_zh title_en theme owner producer licence cadence due")
        | _columns(_DAY, "last_delivered_on")
        | _columns(_FLAG, "is_simulated")
        | _columns(_COUNT, "observation_count"),
    ),
    "scorecard": (
        "peers.scorecard",
        _columns(
            _TEXT,
            """indicator_code indicator_name_zh indicator_name_en direction period period_kind
            scope unit qualifier growth_kind growth_qualifier growth_price_basis growth_period
            rank_in_city_text_zh rank_in_city_text_en rank_in_city_period
            rank_in_province_text_zh rank_in_province_text_en rank_in_province_period
            city_qualifier province_qualifier value_observation_id growth_observation_id
            rank_in_city_observation_id rank_in_province_observation_id city_observation_id
            province_observation_id""",
        )
        | _columns(_NUMBER, "value growth city_value province_value")
        | _columns(_COUNT, "sort rank_in_city_change rank_in_province_change")
        | _columns(_FLAG, "is_simulated"),
    ),
    "ranking": (
        "peers.ranking",
        _columns(
            _TEXT,
            """region_code region_name_zh indicator_code indicator_name_zh indicator_name_en
            ranked_among scope period period_kind rank_text_zh rank_text_en
            rank_previous_period rank_observation_id rank_previous_observation_id""",
        )
        | _columns(_COUNT, "rank rank_previous rank_change")
        | _columns(_FLAG, "is_latest is_simulated"),
    ),
    "benchmark": (
        "peers.peer_benchmark",
        _columns(
            _TEXT,
            """concept_code concept_name_zh concept_name_en period peer_kind region_code
            region_name_zh unit qualifier own_qualifier scope value_observation_id
            own_observation_id""",
        )
        | _columns(_NUMBER, "value own_value ratio")
        | _columns(_FLAG, "is_simulated"),
    ),
    "summary": (
        "plan.plan_summary",
        _columns(
            _TEXT,
            """region_code plan_name_zh plan_name_en rule_name_zh rule_name_en
            evaluation_period period item item_name_zh item_name_en nature nature_name_zh
            nature_name_en count_unit count_qualifier parts rate_qualifier note_zh note_en
            count_observation_id figure_kind""",
        )
        | _columns(_NUMBER, "count_printed whole_printed rate_printed")
        | _columns(_FLAG, "is_table_supplied is_simulated"),
    ),
    "progress": (
        "plan.plan_progress",
        _columns(
            _TEXT,
            """region_code rule_name_zh rule_name_en evaluation_period indicator_code name_zh
            name_en nature unit base_period base_qualifier target_period target_qualifier
            outturn_period outturn_qualifier progress_qualifier assessment assessment_name_zh
            assessment_name_en reason_zh reason_en target_kind base_observation_id
            target_observation_id outturn_observation_ids accumulate""",
        )
        | _columns(_NUMBER, "base_value target_value outturn_value progress_pct threshold_pct")
        | _columns(_COUNT, "number")
        | _columns(_FLAG, "is_simulated"),
    ),
    "target": (
        "plan.policy_target",
        _columns(
            _TEXT,
            """region_code region_name_zh period indicator_code indicator_name_zh
            indicator_name_en target_qualifier target_unit document_title_zh document_title_en
            outturn_period outturn_unit outturn_qualifier direction note_zh note_en
            target_observation_id outturn_observation_id target_role""",
        )
        | _columns(_NUMBER, "target growth_target outturn")
        | _columns(_FLAG, "is_met is_simulated is_period_inferred"),
    ),
    "apart": (
        "core.figure_apart",
        _columns(
            _TEXT,
            """theme figure_kind region_code region_name_zh subject locality indicator_code period
            period_kind measure scope basis unit qualifier value_printed note source_document
            source_place value_observation_id""",
        )
        | _columns(_NUMBER, "value")
        | _columns(_FLAG, "is_simulated"),
    ),
    "honour": (
        "core.honour",
        _columns(
            _TEXT,
            """theme region_code region_name_zh subject title_zh title_en level state granted
            note_zh source_document source_place""",
        )
        | _columns(_COUNT, "honour_no state_sort")
        | _columns(_FLAG, "is_aim is_granted_inferred"),
    ),
    "break": (
        "core.series_break",
        _columns(_TEXT, "indicator_code region_code since kind note_zh note_en")
        | _columns(_DAY, "begins_on")
        | _columns(_COUNT, "break_no"),
    ),
    "derived": (
        "core.derived",
        _columns(_TEXT, "observation_id change_reason index_reason rolling_reason current_reason")
        | _columns(
            _NUMBER,
            """growth_as_published change_pct_on_published index_to_base rolling_twelve_months
            current_computed""",
        ),
    ),
    "signal": (
        "core.signal",
        _columns(
            _TEXT,
            """signal_id rule_id rule_title_zh rule_title_en indicator_code region_code
            region_name_zh period message_zh message_en arithmetic guidance_zh guidance_en""",
        )
        | _columns(_DAY, "period_end")
        | _columns(_FLAG, "is_current is_provisional is_simulated"),
    ),
    "signal_rule": (
        "core.signal_rule",
        _columns(
            _TEXT, "rule_id title_zh title_en guidance_zh guidance_en regions reason_zh reason_en"
        )
        | _columns(_COUNT, "priority series_count too_short_count signal_count current_count"),
    ),
    "rule": (
        "quality.rule",
        _columns(_TEXT, "rule_id gate severity title_zh title_en guidance_zh guidance_en"),
    ),
    "question": (
        "meta.example_query",
        _columns(_TEXT, "question_zh question_en query") | _columns(_COUNT, "question_no"),
    ),
}


SCORECARD = _VIEWS["scorecard"][0]

SIGNALS = """
from qt_signal
order by (region_code is distinct from {district})::int, rule_id, period_end desc, indicator_code,
    signal_id
"""
"""The district's own first, the newest first of each rule."""


def is_apart(row: Row) -> bool:
    """Whether a figure is no outturn, or not one of the region itself."""
    kind, whose = row.get("figure_kind"), (row.get("subject"), row.get("locality"))
    return kind not in (None, "outturn") or any(name not in (None, "_T") for name in whose)


def scorecard_columns() -> tuple[str, ...]:
    """What a row of the scorecard has."""
    return tuple(_VIEWS["scorecard"][1])


@dataclass
class Site:
    """All that the pages show, except the figures of single indicators, which are streamed.

    Attributes:
        figure_counts: How many figures each indicator has in force.
        single: Of indicators with one figure, that figure.
        alone: Where no scorecard has a figure: the newest with a value of each indicator.
        flags: What stands behind a figure that a mart repeats, by its observation.
    """

    release: Row
    indicators: list[Row]
    regions: dict[str, Row]
    periods: dict[str, Row]
    documents: dict[str, Row]
    data_sets: dict[str, Row]
    scorecard: list[Row]
    ranking: list[Row]
    benchmark: list[Row]
    summary: list[Row]
    progress: list[Row]
    targets: list[Row]
    apart: list[Row]
    honours: list[Row]
    rules: list[Row]
    questions: list[Row]
    relations: list[Row]
    breaks: list[Row]
    figure_counts: dict[str, int] = field(default_factory=dict)
    single: dict[str, Row] = field(default_factory=dict)
    latest: dict[str, Row] = field(default_factory=dict)
    previous: dict[str, Row] = field(default_factory=dict)
    alone: dict[str, Row] = field(default_factory=dict)
    flags: dict[str, Row] = field(default_factory=dict)
    counts: Row = field(default_factory=dict)


class Reader:
    """Views over an attached release that have every column pages ask for."""

    def __init__(
        self, con: DuckDBPyConnection, catalog: str, tables: Sequence[Table], prefix: str = "qt"
    ) -> None:
        self.con, self.catalog, self.prefix = con, catalog, prefix
        self.tables = {table.qualified: table for table in tables}
        for name, (qualified, columns) in _VIEWS.items():
            con.execute(
                f"create or replace temp view {prefix}_{name} as "
                + _select(self.tables.get(qualified), catalog, columns)
            )

    def rows(self, sql: str) -> list[Row]:
        """Rows of a query, as dictionaries."""
        cursor = self.con.execute(sql)
        names = [item[0] for item in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def keyed(self, view: str, key: str) -> dict[str, Row]:
        """All rows of a view by their key, in its order."""
        return {row[key]: row for row in self.rows(f"from {self.prefix}_{view} order by {key}")}


def _select(table: Table | None, catalog: str, columns: Mapping[str, str]) -> str:
    parts = [
        f"{quote(name) if table is not None and table.has(name) else 'null'}::{kind} as {name}"
        for name, kind in columns.items()
    ]
    if table is None:
        return f"select {', '.join(parts)} where false"
    return f"select {', '.join(parts)} from {table.in_catalog(catalog)}"


def read_site(reader: Reader, release: Row, relations: list[Row]) -> Site:
    """Read everything but the figures of single indicators."""
    district = literal(str(release.get("district_code") or ""))
    site = Site(
        release=release,
        indicators=reader.rows(_INDICATORS),
        regions=reader.keyed("region", "region_code"),
        periods=reader.keyed("period", "period"),
        documents=reader.keyed("source_document", "source_document"),
        data_sets=reader.keyed("data_set", "data_set_id"),
        scorecard=reader.rows(_SCORECARD),
        ranking=reader.rows(_RANKING.format(district=district)),
        benchmark=reader.rows(_BENCHMARK.format(district=district)),
        summary=reader.rows(
            f"from qt_summary where region_code = {district} "
            "order by evaluation_period, period, item, nature"
        ),
        progress=reader.rows(
            f"from qt_progress where region_code = {district} "
            "order by evaluation_period, rule_name_zh, number, indicator_code"
        ),
        targets=reader.rows(
            f"from qt_target where region_code = {district} "
            "order by (outturn is null), period, indicator_code"
        ),
        apart=reader.rows(
            "select *, value_observation_id as observation_id, "
            "not regexp_matches(value_printed, '[0-9０-９]') as is_in_words "
            f"from qt_apart order by (region_code is distinct from {district})::int, "
            "figure_kind, region_code, indicator_code, period, value_observation_id"
        ),
        honours=reader.rows(
            f"from qt_honour order by (region_code is distinct from {district})::int, state_sort, "
            "honour_no"
        ),
        rules=reader.rows("from qt_rule order by rule_id"),
        questions=reader.rows("from qt_question order by question_no"),
        relations=relations,
        breaks=reader.rows(_BREAKS),
    )
    for row in reader.rows(_LATEST.format(district=district, only="")):
        target = site.latest if row.pop("nth") == 1 else site.previous
        target[row["indicator_code"]] = row
    if all(row["value"] is None for row in site.scorecard):
        own = (
            "and value is not null and coalesce(conf_status, 'F') = 'F' "
            f"and not {_IS_APART}::boolean"
        )
        rows = reader.rows(_LATEST.format(district=district, only=own))
        site.alone = {row["indicator_code"]: row for row in rows if row.pop("nth") == 1}
    site.figure_counts = figure_counts(reader)
    site.single = {row["indicator_code"]: row for row in reader.rows(_SINGLE)}
    site.counts = reader.rows(_COUNTS)[0]
    repeating = (
        site.scorecard, site.ranking, site.summary, site.progress, site.targets, site.apart,
    )  # fmt: skip
    site.flags = flags_of(reader, (row for rows in repeating for row in rows))
    return site


def figure_counts(reader: Reader) -> dict[str, int]:
    """How many figures each indicator has in force; those without any are not in it."""
    rows = reader.con.execute(
        f"select indicator_code, count(*) from {reader.prefix}_observation "
        "where known_to is null and coalesce(is_headline, true) group by 1"
    ).fetchall()
    return dict(rows)


def register_places(con: DuckDBPyConnection, places: Mapping[str, str]) -> None:
    """Make known to queries where each indicator is shown."""
    con.execute(
        "create or replace temp table qt_place as "
        "select unnest(?::varchar[]) as indicator_code, unnest(?::varchar[]) as place",
        [list(places), list(places.values())],
    )


def flags_of(reader: Reader, rows: Iterable[Row]) -> dict[str, Row]:
    """What stands behind the figures that rows repeat, by observation."""
    named = {
        str(value)
        for row in rows
        for name, value in row.items()
        if value and name.endswith("observation_id")
    }
    if not named:
        return {}
    listed = ", ".join(literal(name) for name in sorted(named))
    found = reader.rows(
        "select observation_id, obs_status, conf_status, qualifier, is_simulated, "
        "is_period_inferred "
        f"from qt_observation where observation_id in ({listed})"
    )
    return {row["observation_id"]: row for row in found}


def read_relations(con: DuckDBPyConnection, catalog: str) -> list[Row]:
    """Declared relations between indicators, from an attached work database that has them."""
    there = con.execute(
        f"""
        select 1 from duckdb_tables()
        where database_name = {literal(catalog)} and schema_name = 'landing'
            and table_name = 'relation'
        """
    ).fetchone()
    if not there:
        return []
    cursor = con.execute(
        f"""
        select kind, indicator_code, other_code, numerator_code, note_zh, note_en
        from {quote(catalog)}.landing.relation order by all
        """
    )
    names = [item[0] for item in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def figures(
    reader: Reader, codes: Sequence[str], district: str
) -> Iterator[tuple[str, list[Row], list[Row], str, int]]:
    """For each indicator: current figures, other versions, data text, number of its lines.

    Read in batches, so that never all figures are held at once.
    """
    for start in range(0, len(codes), _BATCH):
        batch = codes[start : start + _BATCH]
        names = ", ".join(literal(code) for code in batch)
        places = {"district": literal(district), "prefix": reader.prefix, "codes": names}
        shown: dict[str, list[Row]] = {}
        for row in reader.rows(_SHOWN.format(**places, limit=FIGURES_SHOWN)):
            shown.setdefault(row["indicator_code"], []).append(row)
        texts = {
            code: (text, count)
            for code, text, count in reader.con.execute(_data(**places)).fetchall()
        }
        for code in batch:
            own = shown.get(code, [])
            yield (
                code,
                [row for row in own if row["is_current"]],
                [row for row in own if not row["is_current"]],
                *texts.get(code, ("", 0)),
            )


def _data(**places: str) -> str:
    """The query of data texts: numbers without zeros that nobody printed."""
    columns = {
        "value": "value",
        "growth": "d.growth_as_published",
        "change": "d.change_pct_on_published",
        "index": "d.index_to_base",
        "rolling": "d.rolling_twelve_months",
        "current": "d.current_computed",
    }
    texts = {
        name: f"coalesce(regexp_replace(regexp_replace({column}::varchar, "
        "'(\\.[0-9]*?)0+$', '\\1'), '\\.$', ''), '')"
        for name, column in columns.items()
    }
    return _DATA.format(**places, **texts)


@dataclass(frozen=True)
class Series:
    """What the page of an indicator draws and tabulates: the longest series of its own region.

    Attributes:
        rows: Its figures, the oldest first.
        regions: Those beside each other, its own first.
        cells: By period and region, of the newest periods first.
    """

    rows: list[Row]
    regions: list[str]
    cells: dict[str, dict[str, Row]]


def main_series(reader: Reader, codes: Sequence[str], district: str) -> dict[str, Series]:
    """To each indicator the series that its page shows."""
    found: dict[str, Series] = {}
    for start in range(0, len(codes), _BATCH):
        names = ", ".join(literal(code) for code in codes[start : start + _BATCH])
        rows: dict[str, list[Row]] = {}
        query = _MAIN.format(district=literal(district), prefix=reader.prefix, codes=names)
        for row in reader.rows(query):
            rows.setdefault(row["indicator_code"], []).append(row)
        found |= {code: _series(own) for code, own in rows.items()}
    return found


def _series(rows: Sequence[Row]) -> Series:
    regions = {row["place"]: row["region_code"] for row in rows}
    cells: dict[str, dict[str, Row]] = {}
    for row in rows:
        if row["age"] <= _PERIODS_BESIDE:
            cells.setdefault(row["period"], {}).setdefault(row["region_code"], row)
    own = [row for row in reversed(rows) if row["place"] == 1]
    return Series(own, [regions[place] for place in sorted(regions)], cells)


def with_names(rows: str) -> str:
    """SQL for rows of figures (``from …``) with all that is looked up for them beside.

    Names, and where their indicators are shown (``register_places``).
    """
    return f"""
        select o.*, i.indicator_code as i0, i.name_zh as i1, i.name_en as i2,
            r.region_code as r0, r.region_name_zh as r1, r.region_name_en as r2,
            p.label_zh as p1, p.label_en as p2, l.place as l1,
            d.source_document as d0, d.title_zh as d1, d.title_en as d2
        {rows} as o
        left join qt_indicator as i on o.indicator_code = i.indicator_code
        left join qt_region as r on o.region_code = r.region_code
        left join qt_period as p on o.period = p.period
        left join qt_source_document as d on o.source_document = d.source_document
        left join qt_place as l on o.indicator_code = l.indicator_code
    """


_BATCH = 200

_REGIONS_BESIDE, _PERIODS_BESIDE = 8, 24

_INDICATORS = """
select
    i.*, d.title_zh as data_set_title_zh, d.title_en as data_set_title_en
from qt_indicator as i
left join qt_data_set as d on i.data_set_id = d.data_set_id
order by i.indicator_code
"""

_COUNTS = """
select
    count(*) as observations,
    count(distinct indicator_code) as indicators,
    count(distinct region_code) as regions,
    count(distinct source_document) as documents,
    min(period_start) as first_day,
    max(period_end) filter (where period_kind is distinct from 'target') as last_day,
    count(*) filter (where is_simulated) as simulated
from qt_observation
"""

_SERIES = """concat_ws('/', period_kind, scope, basis, measure, price_basis, breakdown, figure_kind,
            subject, locality)"""
"""What figures of one indicator and region have in common that may stand in one line."""

# Releases of before have no column for it, and nothing that stands apart but targets.
_IS_APART = """(
    coalesce(figure_kind <> 'outturn', basis like 'target%')
    or coalesce(subject, '_T') <> '_T'
    or coalesce(locality, '_T') <> '_T'
)::int"""

# The two last periods of the kind that is newest. A figure of another scope never stands beside,
# and what is no outturn of the region itself only where there is none.
_LATEST = f"""
with current_figures as (
    select * from qt_observation
    where known_to is null and coalesce(is_headline, true) and region_code = {{district}} {{only}}
),

ordered as (
    select
        *,
        first_value({_SERIES})
            over (
                partition by indicator_code
                order by {_IS_APART}, period_end desc, period_start desc,
                    (breakdown is distinct from '_T')::int, period_kind, scope, basis, measure,
                    price_basis, breakdown, figure_kind, subject, locality
            ) as newest,
        {_SERIES} as own
    from current_figures
)

select
    indicator_code, period, period_kind, scope, basis, breakdown, value, unit, qualifier,
    obs_status, conf_status, estimate_stage, is_simulated, is_period_inferred, source_document,
    source_place, observation_id, figure_kind, subject, locality,
    row_number() over (partition by indicator_code order by period_end desc, observation_id)
        as nth
from ordered
where own = newest
qualify nth <= 2
order by indicator_code, nth
"""

_SINGLE = """
select
    *, value is not null and not regexp_matches(value_printed, '[0-9０-９]') as is_in_words
from qt_observation
where known_to is null and coalesce(is_headline, true)
qualify count(*) over (partition by indicator_code) = 1
order by indicator_code
"""

# The scorecard names its figures; their status stands with the figures themselves.
_SCORECARD = """
select
    s.*, o.observation_id, o.obs_status, o.conf_status, o.estimate_stage, o.is_period_inferred,
    in_city.rank_previous_observation_id as rank_in_city_previous_id,
    in_province.rank_previous_observation_id as rank_in_province_previous_id
from qt_scorecard as s
left join qt_observation as o on s.value_observation_id = o.observation_id
left join qt_ranking as in_city on s.rank_in_city_observation_id = in_city.rank_observation_id
left join qt_ranking as in_province
    on s.rank_in_province_observation_id = in_province.rank_observation_id
order by s.sort, s.indicator_code
"""

_RANKING = """
from qt_ranking where region_code = {district} and is_latest
order by ranked_among, rank_change nulls last, rank, indicator_code
"""

# Where the district has a figure: what leaders look at first, the newest before, then concepts with
# most peers; each in its last such period.
_BENCHMARK = """
with own as (
    from qt_benchmark where own_value is not null and value is not null
        and peer_kind in ('sister', 'city')
),

counted as (
    select concept_code, period, unit, count(*) filter (where peer_kind = 'sister') as peers
    from own
    group by concept_code, period, unit
),

chosen as (
    select * from counted
    qualify row_number() over (
        partition by concept_code order by period desc, peers desc, unit
    ) = 1
)

select own.*, chosen.peers
from own
inner join chosen on own.concept_code = chosen.concept_code and own.period = chosen.period
    and own.unit is not distinct from chosen.unit
left join (select distinct indicator_code from qt_scorecard) as watched
    on own.concept_code = watched.indicator_code
order by (watched.indicator_code is null)::int,
    case when watched.indicator_code is not null then chosen.period end desc, chosen.peers desc,
    own.concept_code, own.value desc, own.region_code
"""

# The district first, then newest first. Older versions and other sources come after.
_SHOWN = """
with marked as (
    select
        o.*,
        known_to is null and coalesce(is_headline, true) as is_current,
        value is not null and not regexp_matches(value_printed, '[0-9０-９]') as is_in_words
    from {prefix}_observation as o
    where indicator_code in ({codes})
)

select
    indicator_code, is_current, region_code, region_name_zh, period, period_kind, measure,
    basis, scope, price_basis, breakdown, value, unit, qualifier, obs_status, conf_status,
    estimate_stage, known_from, known_to, is_headline, is_period_inferred, is_simulated,
    repeat_of, source_document, source_place, delivery_place, observation_id, value_printed,
    is_in_words, figure_kind, subject, locality, note
from marked
qualify row_number() over (
    partition by indicator_code, is_current
    order by (region_code is distinct from {district})::int, period_end desc, period_start desc,
        region_code, period_kind, basis, scope, breakdown, figure_kind, subject, locality,
        known_from desc, observation_id
) <= {limit}
order by
    indicator_code, is_current desc, (region_code is distinct from {district})::int,
    period_end desc, period_start desc, region_code, period_kind, basis, scope, breakdown,
    figure_kind, subject, locality, known_from desc, observation_id
"""

_BREAKS = """
with spans as (
    select
        indicator_code, region_code, min(period_end) as first_end, max(period_end) as last_end
    from qt_observation
    where known_to is null and coalesce(is_headline, true) and value is not null
    group by indicator_code, region_code
)

select distinct
    spans.indicator_code, b.break_no, b.region_code, b.since, b.begins_on, b.note_zh, b.note_en
from qt_break as b
inner join spans
    on coalesce(b.indicator_code, spans.indicator_code) = spans.indicator_code
    and coalesce(b.region_code, spans.region_code) = spans.region_code
where spans.first_end < b.begins_on and b.begins_on <= spans.last_end
order by spans.indicator_code, b.begins_on, b.break_no
"""
"""To each indicator the breaks that lie between two of its figures in some region."""

DERIVED = """
    from (
        select d.*, o.indicator_code
        from qt_derived as d
        inner join qt_observation as o on d.observation_id = o.observation_id
    )
"""
"""What the marts derive of figures, with their indicators."""

REGION_FIGURES = """
select o.*
from qt_observation as o
where known_to is null and coalesce(is_headline, true)
qualify
    row_number() over (
        partition by region_code, indicator_code, period_kind, scope, basis, breakdown,
            figure_kind, subject, locality
        order by period_end desc, period_start desc, observation_id
    ) = 1
    and dense_rank() over (partition by region_code order by theme, indicator_code) <= {limit}
"""
"""The latest figure of each indicator in each region."""


_MAIN = f"""
with own as (
    select
        *,
        concat_ws('/', unit, {_SERIES}) as own,
        {_IS_APART} as is_apart,
        value is not null and not regexp_matches(value_printed, '[0-9０-９]') as is_in_words
    from {{prefix}}_observation
    where known_to is null and coalesce(is_headline, true) and indicator_code in ({{codes}})
),

lines as (
    select
        indicator_code, region_code, own, min(is_apart) as is_apart, count(value) as figures,
        max(period_end) as last_end
    from own
    group by indicator_code, region_code, own
),

main as (
    select indicator_code, region_code as own_region, own
    from lines
    qualify row_number() over (
        partition by indicator_code
        order by is_apart, (region_code is distinct from {{district}})::int, figures desc,
            last_end desc, region_code, own
    ) = 1
),

beside as (
    select
        lines.indicator_code, lines.region_code, lines.own,
        row_number() over (
            partition by lines.indicator_code
            order by (lines.region_code is distinct from main.own_region)::int,
                lines.figures desc, lines.region_code
        ) as place
    from lines
    inner join main on lines.indicator_code = main.indicator_code and lines.own = main.own
    qualify place <= {_REGIONS_BESIDE}
),

aged as (
    select
        own.*, beside.place,
        dense_rank() over (
            partition by own.indicator_code
            order by own.period_end desc, own.period_start desc, own.period
        ) as age
    from own
    inner join beside on own.indicator_code = beside.indicator_code
        and own.region_code is not distinct from beside.region_code and own.own = beside.own
)

select
    indicator_code, region_code, period, period_end, period_kind, measure, basis, scope,
    breakdown, value, unit, qualifier, obs_status, conf_status, estimate_stage,
    is_period_inferred, is_simulated, observation_id, figure_kind, subject, locality, place, age
from aged
where place = 1 or age <= {_PERIODS_BESIDE}
order by indicator_code, age, place, observation_id
"""
"""The series of each indicator that its page shows: the one with most figures of the district,
outturns before all else; beside it the same of other regions, in the newest periods."""

# First what figures have in common (unit, kind of period, scope, basis, breakdown, what the figure
# is, whose and where), a line each;
# after a blank line one line per figure in force, with the number of its line above; after another,
# of figures that have any, what the marts derive of them (``core.derived``): the number of the
# figure's line, growth as published, change on what was published, index, twelve months, month
# computed, why the change or the index is missing or to be read with care. What is as usual is left
# out: of thousands of figures every byte counts.
_DATA = """
with own as (
    select
        *,
        translate(concat_ws(chr(9), coalesce(unit, ''), coalesce(period_kind, ''),
            coalesce(scope, ''), coalesce(basis, ''), coalesce(breakdown, ''),
            coalesce(nullif(figure_kind, 'outturn'), ''), coalesce(nullif(subject, '_T'), ''),
            coalesce(nullif(locality, '_T'), '')), chr(10), ' ')
            as common
    from {prefix}_observation
    where known_to is null and coalesce(is_headline, true) and indicator_code in ({codes})
),

lines as (
    select
        indicator_code, common, conf_status, observation_id,
        translate(concat_ws(
            chr(9), region_code, period,
            case when conf_status in ('C', 'N') then '' else {value} end,
            coalesce(nullif(qualifier, 'exact'), ''), coalesce(nullif(obs_status, 'A'), ''),
            coalesce(nullif(conf_status, 'F'), ''),
            concat(case when is_simulated then 's' else '' end,
                case when is_period_inferred then 'i' else '' end),
            dense_rank() over (partition by indicator_code order by common) - 1
        ), chr(10), ' ') as line,
        row_number() over (
            partition by indicator_code
            order by region_code is distinct from {district}, region_code, common, period_end,
                period, observation_id
        ) - 1 as number
    from own
),

derived as (
    select
        lines.indicator_code, lines.number,
        rtrim(concat_ws(chr(9), lines.number,
            {growth}, {change}, {index}, {rolling}, {current},
            coalesce(case when d.change_reason in ('no_year_before', 'rate') then ''
                else d.change_reason end, '')), chr(9)) as line
    from lines
    inner join {prefix}_derived as d on lines.observation_id = d.observation_id
    where coalesce(lines.conf_status, 'F') not in ('C', 'N')
),

derived_texts as (
    select indicator_code, string_agg(line, chr(10) order by number) as text
    from derived
    where contains(line, chr(9))
    group by indicator_code
),

texts as (
    select
        indicator_code,
        string_agg(distinct common, chr(10) order by common) || chr(10) || chr(10)
            || string_agg(line, chr(10) order by number) as text,
        count(*) as figures
    from lines
    group by indicator_code
)

select texts.indicator_code, texts.text || coalesce(chr(10) || chr(10) || d.text, ''), texts.figures
from texts
left join derived_texts as d on texts.indicator_code = d.indicator_code
"""
