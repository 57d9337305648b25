-- Grain: one row per headline figure in force, with its series and how it may be compared.
with figures as (
    select
        figures.observation_id,
        series.series_no,
        series.indicator_code,
        series.region_code,
        figures.period,
        figures.period_end,
        {{ month_number('figures.period_start') }} as started,
        {{ month_number('figures.period_end') }} as ended,
        figures.value,
        figures.resolution,
        figures.qualifier = 'exact' as is_exact,
        series.is_amount,
        series.price_basis = 'comparable' as is_at_comparable_prices,
        figures.estimate_stage,
        {{ vintage('figures.estimate_stage', 'figures.source_document') }} as vintage,
        figures.data_set_id,
        documents.source_grade,
        figures.known_from,
        figures.is_simulated
    from {{ ref('fact_figure') }} as figures
    left join {{ source('landing', 'source_document') }} as documents
        on figures.source_document = documents.source_document
    inner join {{ ref('int_series') }} as series
        on
            figures.indicator_code = series.indicator_code
            and figures.region_code = series.region_code
            and figures.breakdown = series.breakdown
            and figures.scope = series.scope
            and figures.measure = series.measure
            and figures.basis = series.basis
            and figures.price_basis = series.price_basis
            and figures.figure_kind = series.figure_kind
            and figures.subject = series.subject
            and figures.locality = series.locality
            and figures.period_kind = series.period_kind
            and figures.unit is not distinct from series.unit
),

-- A region begins, or takes over from another: 330203[2016] names the year, else it is the day on
-- which the other ended.
takings_over as (
    select
        valid_to,
        unnest(string_split(successor_codes, '|')) as taker
    from {{ source('landing', 'region') }}
    where successor_codes <> ''
),

-- The part of a region that goes to another breaks the series of both.
givings as (
    select
        region_code,
        unnest(string_split(successor_codes, '|')) as taker
    from {{ source('landing', 'region') }}
    where successor_codes <> ''
),

breaks as (
    select
        indicator_code,
        region_code,
        begins_on,
        kind
    from {{ source('landing', 'series_break') }}
    union
    select
        null as indicator_code,
        split_part(taker, '[', 1) as region_code,
        case
            when taker like '%[%'
                then make_date(cast(rtrim(split_part(taker, '[', 2), ']') as integer), 1, 1)
            else valid_to
        end as begins_on,
        'boundary' as kind
    from takings_over
    union
    select
        null as indicator_code,
        region_code,
        make_date(cast(rtrim(split_part(taker, '[', 2), ']') as integer), 1, 1) as begins_on,
        'boundary' as kind
    from givings
    where taker like '%[%'
    union
    select
        null as indicator_code,
        region_code,
        valid_from as begins_on,
        'boundary' as kind
    from {{ source('landing', 'region') }}
    where valid_from is not null
),

broken as (
    select distinct
        series.series_no,
        breaks.begins_on,
        breaks.kind
    from breaks
    inner join {{ ref('int_series') }} as series
        on
            coalesce(breaks.indicator_code, series.indicator_code) = series.indicator_code
            and coalesce(breaks.region_code, series.region_code) = series.region_code
            and breaks.begins_on > series.first_end
),

-- Which breaks lie behind a figure: as many censuses, as many others. One that was revised after a
-- census is of the time after it.
passed as (
    select
        figures.observation_id,
        cast(
            1000 * count(*) filter (where broken.kind = 'census')
            + count(*) filter (where broken.kind <> 'census') as integer
        ) as stretch,
        arg_max(broken.kind, broken.begins_on) filter (where broken.kind <> 'census')
            as last_break
    from figures
    inner join broken
        on
            figures.series_no = broken.series_no
            and case
                when figures.estimate_stage = 'census_revised' and broken.kind = 'census'
                    then figures.known_from
                else figures.period_end
            end >= broken.begins_on
    group by figures.observation_id
)

select
    figures.observation_id,
    figures.series_no,
    figures.period,
    figures.period_end,
    figures.started,
    figures.ended,
    figures.ended - figures.started + 1 as months,
    figures.value,
    figures.resolution,
    figures.is_exact,
    figures.is_amount,
    figures.is_at_comparable_prices,
    figures.estimate_stage,
    figures.vintage,
    figures.data_set_id,
    figures.source_grade,
    figures.known_from,
    figures.is_simulated,
    coalesce(passed.stretch, 0) as stretch,
    passed.last_break,
    -- One stretch of time may have two codes; one of them is what others are compared with.
    row_number() over (
        partition by figures.series_no, figures.started, figures.ended
        order by figures.period, figures.observation_id
    ) = 1 as is_first
from figures
left join passed
    on figures.observation_id = passed.observation_id
