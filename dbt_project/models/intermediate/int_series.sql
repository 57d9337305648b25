-- Grain: one row per series: headline figures that differ in nothing but their period.
{%- set key = [
    'indicator_code', 'region_code', 'breakdown', 'scope', 'measure', 'basis', 'price_basis',
    'figure_kind', 'subject', 'locality', 'period_kind', 'unit',
] %}
{%- set same_place = [
    'region_code', 'scope', 'figure_kind', 'subject', 'locality', 'period_kind',
] %}
with found as (
    select
        {{ key | join(',\n        ') }},
        min(period_end) as first_end
    from {{ ref('fact_figure') }}
    group by {{ key | join(', ') }}
),

series as (
    select
        *,
        cast(
            row_number() over (order by {{ key | join(', ') }} nulls first) as integer
        ) as series_no
    from found
),

indicators as (
    select
        indicator_code,
        coalesce(is_stock, false) as is_stock,
        direction = 'lower_is_better' as is_lower_better,
        nullif(adds_over_time, '') as adds_over_time,
        nullif(adds_over_regions, '') as adds_over_regions,
        nullif(adds_over_classes, '') as adds_over_classes
    from {{ source('landing', 'indicator') }}
),

regions as (
    select
        region_code,
        region_kind,
        nullif(parent_code, '') as parent_code,
        valid_from,
        valid_to
    from {{ source('landing', 'region') }}
),

parts as (
    select
        indicator_code,
        min(other_code) as whole_code
    from {{ source('landing', 'relation') }}
    where kind = 'part_of'
    group by indicator_code
),

growths as (
    select distinct
        relations.indicator_code as growth_code,
        relations.other_code as level_code,
        growing.price_basis = 'comparable' as is_at_comparable_prices
    from {{ source('landing', 'relation') }} as relations
    inner join {{ source('landing', 'indicator') }} as growing
        on relations.indicator_code = growing.indicator_code
    where relations.kind = 'growth_of' and growing.measure = 'yoy_growth_pct'
),

-- Growth of these is told at comparable prices: what their nominal change brings is another thing.
grown_really as (
    select level_code as indicator_code
    from growths
    group by level_code
    having bool_or(is_at_comparable_prices)
),

numbered as (
    select
        series.*,
        indicators.is_stock,
        indicators.is_lower_better,
        indicators.adds_over_time,
        indicators.adds_over_regions,
        indicators.adds_over_classes,
        regions.region_kind,
        regions.parent_code,
        regions.valid_from,
        regions.valid_to,
        case when series.breakdown = '_T' then parts.whole_code else series.indicator_code end
            as whole_code,
        grown_really.indicator_code is not null as is_grown_really,
        {{ adds_up('series.measure') }} as is_amount,
        series.subject = '_T' and series.locality = '_T' as is_of_region,
        -- The same but for what may differ between series of one thing.
        dense_rank() over (
            order by {{ prefixed('series', key, ['scope', 'price_basis', 'unit']) }}
        ) as thing_no,
        dense_rank() over (
            order by {{ prefixed('series', key, ['region_code']) }} nulls first
        ) as concept_no
    from series
    left join indicators
        on series.indicator_code = indicators.indicator_code
    left join regions
        on series.region_code = regions.region_code
    left join parts
        on series.indicator_code = parts.indicator_code
    left join grown_really
        on series.indicator_code = grown_really.indicator_code
),

parents as (
    select
        own.series_no,
        parent.series_no as parent_series_no
    from numbered as own
    inner join numbered as parent
        on own.concept_no = parent.concept_no and own.parent_code = parent.region_code
),

-- Of a class the total, of a part what it is declared a part of.
wholes as (
    select
        own.series_no,
        min(whole.series_no) as whole_series_no
    from numbered as own
    inner join numbered as whole
        on
            own.whole_code = whole.indicator_code
            and own.unit = whole.unit
            and own.price_basis = whole.price_basis
            {% for column in same_place -%}
            and own.{{ column }} = whole.{{ column }}
            {% endfor -%}
            and whole.breakdown = '_T'
            and own.is_amount
            and whole.is_amount
            and own.series_no <> whole.series_no
    group by own.series_no
),

-- A cumulative series and the one of whole years.
years as (
    select
        own.series_no,
        min(annual.series_no) as annual_series_no
    from numbered as own
    inner join numbered as annual
        on
            own.indicator_code = annual.indicator_code
            and own.unit = annual.unit
            and own.price_basis = annual.price_basis
            and own.breakdown = annual.breakdown
            and own.measure = annual.measure
            and own.region_code = annual.region_code
            and own.scope = annual.scope
            and own.figure_kind = annual.figure_kind
            and own.subject = annual.subject
            and own.locality = annual.locality
    where own.period_kind = 'cumulative_range' and annual.period_kind = 'annual'
    group by own.series_no
),

-- The growth that is published of it: at comparable prices before any other.
grown as (
    select
        own.series_no,
        growing.series_no as growth_series_no,
        row_number() over (
            partition by own.series_no
            order by growing.price_basis <> 'comparable', growing.series_no
        ) as choice
    from numbered as own
    inner join growths
        on own.indicator_code = growths.level_code
    inner join numbered as growing
        on
            growths.growth_code = growing.indicator_code
            and own.breakdown = growing.breakdown
            {% for column in same_place -%}
            and own.{{ column }} = growing.{{ column }}
            {% endfor -%}
            and own.is_amount
            and growing.measure = 'yoy_growth_pct'
)

select
    numbered.*,
    dense_rank() over (
        order by numbered.concept_no, numbered.parent_code, numbered.region_kind
    ) as rank_group_no,
    parents.parent_series_no,
    wholes.whole_series_no,
    years.annual_series_no,
    grown.growth_series_no
from numbered
left join parents
    on numbered.series_no = parents.series_no
left join wholes
    on numbered.series_no = wholes.series_no
left join years
    on numbered.series_no = years.series_no
left join grown
    on numbered.series_no = grown.series_no and grown.choice = 1
