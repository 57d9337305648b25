-- Grain: one row per rule of signals.
with rules as (
    select *
    from {{ source('landing', 'signal_rule') }}
),

signals as (
    select
        rule_id,
        count(*) as signal_count,
        count(*) filter (where is_current) as current_count
    from {{ ref('signal') }}
    group by rule_id
),

-- Series as long as a rule asks for, and shorter ones, of which it says nothing.
lengths as (
    select
        series,
        nature,
        frequency,
        max(n) as longest,
        any_value(indicator_code) as indicator_code,
        any_value(region_code) as region_code
    from {{ ref('int_signal_point') }}
    group by series, nature, frequency
),

inside as (
    select regions.region_code
    from {{ source('landing', 'region') }} as regions
    cross join {{ source('landing', 'release') }} as releases
    where
        regions.region_code = releases.district_code
        or regions.parent_code = releases.district_code
),

looked_at as (
    select
        rules.rule_id,
        count(*) filter (where lengths.longest >= rules.min_points) as series_count,
        count(*) filter (where lengths.longest < rules.min_points) as too_short_count
    from rules
    inner join lengths
        on
            rules.nature = lengths.nature
            and list_contains(string_split(rules.frequencies, ','), lengths.frequency)
            and (
                rules.indicators = ''
                or list_contains(string_split(rules.indicators, ','), lengths.indicator_code)
            )
    left join inside
        on lengths.region_code = inside.region_code
    where rules.regions = 'all' or inside.region_code is not null
    group by rules.rule_id
),

paced as (
    select
        rules.rule_id,
        count(*) filter (where paces.pace <> 'unassessable') as series_count,
        count(*) filter (where paces.pace = 'unassessable') as too_short_count
    from rules
    cross join {{ ref('plan_pace') }} as paces
    left join inside
        on paces.region_code = inside.region_code
    where
        rules.nature = 'pace'
        and paces.is_latest
        and (rules.regions = 'all' or inside.region_code is not null)
    group by rules.rule_id
)

select
    rules.rule_id,
    rules.kind,
    rules.priority,
    rules.title_zh,
    rules.title_en,
    rules.guidance_zh,
    rules.guidance_en,
    rules.nature,
    rules.frequencies,
    nullif(rules.indicators, '') as indicators,
    rules.regions,
    rules.periods,
    rules.min_points,
    rules.deviations,
    rules.at_least,
    rules.reason_zh,
    rules.reason_en,
    cast(coalesce(looked_at.series_count, paced.series_count, 0) as integer) as series_count,
    cast(coalesce(looked_at.too_short_count, paced.too_short_count, 0) as integer)
        as too_short_count,
    cast(coalesce(signals.signal_count, 0) as integer) as signal_count,
    cast(coalesce(signals.current_count, 0) as integer) as current_count
from rules
left join signals
    on rules.rule_id = signals.rule_id
left join looked_at
    on rules.rule_id = looked_at.rule_id
left join paced
    on rules.rule_id = paced.rule_id
