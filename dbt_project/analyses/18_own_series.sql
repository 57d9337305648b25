-- zh: 本区哪些指标有多年数据，从多少到多少，年均变化多少，其间有无口径断点？
-- en: Which figures of the district form a series, from what to what, and do breaks lie between?
with series as (
    select
        observation.indicator_code,
        min(observation.indicator_name_zh) as indicator_name_zh,
        observation.region_code,
        observation.unit,
        observation.scope,
        observation.breakdown,
        min(observation.year) as first_year,
        max(observation.year) as last_year,
        count(distinct observation.year) as years,
        min_by(observation.value, observation.year) as first_value,
        max_by(observation.value, observation.year) as last_value,
        min(observation.period_end) as first_end,
        max(observation.period_end) as last_end,
        min(observation.measure) in ('level', 'count') as is_amount
    from core.observation
    inner join meta.release
        on observation.region_code = release.district_code
    where
        observation.is_headline
        and observation.known_to is null
        and observation.qualifier = 'exact'
        and observation.figure_kind = 'outturn'
        and observation.period_kind in ('annual', 'point')
        and observation.subject = '_T'
        and observation.locality = '_T'
    group by
        observation.indicator_code, observation.region_code, observation.unit, observation.scope,
        observation.breakdown, observation.price_basis, observation.period_kind
    having count(distinct observation.year) > 2
),

broken as (
    select
        series.indicator_code,
        series.unit,
        series.scope,
        series.breakdown,
        string_agg(distinct breaks.since, '、' order by breaks.since) as breaks_zh
    from series
    inner join core.series_break as breaks
        on
            (breaks.indicator_code is null or series.indicator_code = breaks.indicator_code)
            and (breaks.region_code is null or series.region_code = breaks.region_code)
            and series.first_end < breaks.begins_on
            and series.last_end >= breaks.begins_on
    group by series.indicator_code, series.unit, series.scope, series.breakdown
)

select
    series.indicator_name_zh,
    series.unit,
    series.breakdown,
    series.years,
    series.first_year,
    series.first_value,
    series.last_year,
    series.last_value,
    -- over a break, or of what is no amount, no rate of change is told
    case
        when broken.breaks_zh is null and series.is_amount and series.first_value > 0
            then
                cast(
                    round(
                        100 * (
                            pow(
                                series.last_value / series.first_value,
                                1.0 / (series.last_year - series.first_year)
                            ) - 1
                        ),
                        2
                    ) as decimal(9, 2)
                )
    end as yearly_change_on_published_pct,
    broken.breaks_zh
from series
left join broken
    on
        series.indicator_code = broken.indicator_code
        and series.unit = broken.unit
        and series.scope = broken.scope
        and series.breakdown = broken.breakdown
order by series.years desc, series.indicator_code asc, series.breakdown asc
