-- Grain: one row per headline figure in force: what stands before it, and the change on that.
with figures as (
    select *
    from {{ ref('int_series_figure') }}
),

series as (
    select
        series_no,
        thing_no,
        scope,
        price_basis,
        measure,
        unit,
        period_kind,
        growth_series_no
    from {{ ref('int_series') }}
),

firsts as (
    select *
    from figures
    where is_first
),

several as (
    select thing_no
    from series
    group by thing_no
    having count(*) > 1
),

-- Of one thing and time what other scopes and price bases there are.
others as (
    select
        series.thing_no,
        firsts.started,
        firsts.ended,
        array_agg(distinct series.scope) as scopes,
        array_agg(distinct series.price_basis) as price_bases
    from firsts
    inner join series
        on firsts.series_no = series.series_no
    inner join several
        on series.thing_no = several.thing_no
    group by series.thing_no, firsts.started, firsts.ended
),

paired as (
    select
        figures.observation_id,
        figures.series_no,
        figures.started,
        figures.ended,
        figures.is_first,
        figures.value,
        figures.is_exact,
        figures.is_amount,
        figures.resolution,
        figures.vintage,
        figures.is_simulated,
        coalesce(year_before.is_simulated, false)
        or coalesce(previous.is_simulated, false) as others_are_simulated,
        series.measure,
        series.price_basis,
        series.unit,
        series.growth_series_no,
        year_before.value as value_year_before,
        year_before.observation_id as year_before_observation_id,
        {{ why_not_compared('figures', 'year_before', why_absent()) | indent(8) }}
            as why_no_change,
        case
            when figures.source_grade <> year_before.source_grade then 'grade'
            when figures.estimate_stage <> year_before.estimate_stage then 'stage'
            when year_before.known_from > figures.known_from then 'revised'
        end as caution,
        cast(figures.value - year_before.value as decimal(30, 8)) as change,
        {{ change_pct('figures', 'year_before') | indent(8) }} as change_pct,
        {{ change_pct_rounding('figures', 'year_before', '0') | indent(8) }} as rounding,
        case
            when figures.value > -100 and year_before.value > -100
                then {{ as_value(average_of_two_growths('figures.value', 'year_before.value'), 2) }}
        end as average_growth,
        previous.value as previous_value,
        case
            when series.period_kind = 'cumulative_range' then 'cumulative'
            else {{ why_not_compared('figures', 'previous', "'no_previous'") | indent(12) }}
        end as why_no_previous,
        cast(figures.value - previous.value as decimal(30, 8)) as previous_change,
        {{ change_pct('figures', 'previous') | indent(8) }} as previous_change_pct
    from figures
    inner join series
        on figures.series_no = series.series_no
    left join firsts as year_before
        on
            figures.series_no = year_before.series_no
            and figures.started - 12 = year_before.started
            and figures.ended - 12 = year_before.ended
    left join firsts as previous
        on
            figures.series_no = previous.series_no
            and figures.started - figures.months = previous.started
            and figures.started - 1 = previous.ended
    left join others
        on
            year_before.observation_id is null
            and series.thing_no = others.thing_no
            and figures.started - 12 = others.started
            and figures.ended - 12 = others.ended
),

growths as (
    select
        series_no,
        started,
        ended,
        observation_id,
        value,
        price_basis,
        resolution,
        is_exact,
        is_simulated,
        average_growth,
        why_no_change
    from paired
    where measure = 'yoy_growth_pct' and is_first
)

select
    paired.observation_id,
    paired.series_no,
    paired.started,
    paired.ended,
    paired.is_first,
    paired.value,
    paired.is_exact,
    paired.vintage,
    growths.value as growth_as_published,
    growths.price_basis as growth_price_basis,
    growths.observation_id as growth_observation_id,
    case
        when paired.measure = 'yoy_growth_pct' and paired.why_no_change is null
            then paired.average_growth
        when growths.is_exact and growths.why_no_change is null then growths.average_growth
    end as average_growth_two_years,
    case
        when paired.measure = 'yoy_growth_pct' then paired.why_no_change
        when not paired.is_amount then 'rate'
        when growths.observation_id is null then 'no_growth'
        else growths.why_no_change
    end as average_growth_reason,
    paired.value_year_before,
    paired.year_before_observation_id,
    case when paired.why_no_change is null then paired.change end as change_on_published,
    case when paired.why_no_change is null then paired.change_pct end as change_pct_on_published,
    case
        when paired.why_no_change is not null then paired.why_no_change
        when paired.caution is not null then paired.caution
        when
            growths.price_basis = 'comparable' and paired.is_amount
            then 'prices'
        when
            abs(growths.value - paired.change_pct)
            > coalesce(growths.resolution, 0) / 2 + paired.rounding
            then 'frame'
    end as change_reason,
    paired.previous_value,
    case when paired.why_no_previous is null then paired.previous_change end
        as previous_change_on_published,
    case when paired.why_no_previous is null then paired.previous_change_pct end
        as previous_change_pct_on_published,
    paired.why_no_previous as previous_change_reason,
    paired.is_simulated
    or paired.others_are_simulated
    or coalesce(growths.is_simulated, false) as is_simulated
from paired
left join growths
    on
        paired.growth_series_no = growths.series_no
        and paired.started = growths.started
        and paired.ended = growths.ended
