-- Grain: one row per series and period that rules of signals look at.
-- A series is published growth (or an index of the year before), a yearly level, or growth less
-- that of the region around. It is cut where a period is missing and where it breaks. The spring
-- festival moves between January and February: growth of either alone says nothing. Where growth up
-- to a month is published, that of single months is not looked at: they tell the same.
with observations as (
    select *
    from {{ ref('observation') }}
    where
        is_headline
        and known_to is null
        and value is not null
        and qualifier = 'exact'
        and breakdown = '_T'
        and {{ is_own_outturn() }}
        and (
            period_kind in ('annual', 'quarterly', 'monthly')
            or (period_kind = 'point' and strftime(period_end, '%m-%d') = '12-31')
            or (
                period_kind = 'cumulative_range'
                and period_start = date_trunc('year', period_end)
            )
        )
),

breaks as (
    select
        indicator_code,
        region_code,
        begins_on
    from {{ ref('series_break') }}
),

regions as (
    select
        region_code,
        parent_code
    from {{ source('landing', 'region') }}
),

directions as (
    select
        indicator_code,
        direction
    from {{ source('landing', 'indicator') }}
),

provisional as (
    select code as estimate_stage
    from {{ source('landing', 'code') }}
    where list = 'estimate_stage' and maps_to = 'P'
),

-- What is told up to a month ends with the year.
families as (
    select
        'to_date' as family,
        'cumulative_range' as period_kind
    union all
    select
        'to_date' as family,
        'annual' as period_kind
    union all
    select
        'annual' as family,
        'annual' as period_kind
    union all
    select
        'quarterly' as family,
        'quarterly' as period_kind
    union all
    select
        'monthly' as family,
        'monthly' as period_kind
    union all
    select
        'point' as family,
        'point' as period_kind
),

valued as (
    select
        case
            when {{ is_growth('observations.measure') }} or observations.measure = 'index'
                then 'growth'
            else 'level'
        end as nature,
        families.family,
        observations.indicator_code,
        observations.region_code,
        observations.scope,
        observations.price_basis,
        observations.measure,
        observations.unit,
        observations.period,
        observations.period_start,
        observations.period_end,
        observations.period_kind,
        case
            when observations.measure = 'index' then observations.value - 100
            else observations.value
        end as value,
        coalesce(observations.resolution, 0) as step,
        observations.obs_status = 'P' or provisional.estimate_stage is not null as is_provisional,
        observations.is_simulated,
        observations.observation_id,
        observations.headline_rank,
        observations.known_from
    from observations
    inner join families
        on observations.period_kind = families.period_kind
    left join provisional
        on observations.estimate_stage = provisional.estimate_stage
    where
        observations.measure = 'yoy_growth_pct'
        or (
            observations.measure = 'index'
            and observations.price_basis = 'same_period_last_year'
        )
        or (
            observations.measure in ('level', 'count')
            and families.family in ('annual', 'point')
        )
),

own as (
    select
        *,
        concat_ws(
            '|', nature, indicator_code, region_code, scope, price_basis, measure, unit, family
        ) as series
    from valued
    qualify row_number() over (
        partition by
            nature, indicator_code, region_code, scope, price_basis, measure, unit, family,
            period_end
        order by
            period_kind = 'cumulative_range' desc,
            headline_rank asc,
            known_from desc,
            observation_id asc
    ) = 1
),

-- Years alone are no series up to a month.
kept as (
    select *
    from own
    where
        measure <> 'yoy_growth_pct'
        or not (
            (family = 'monthly' and month(period_end) <= 2)
            or (family = 'to_date' and month(period_end) = 1)
        )
    qualify case family
        when 'to_date'
            then
                count(*) filter (where period_kind = 'cumulative_range') over (
                    partition by series
                ) > 0
        when 'monthly'
            then
                count(*) filter (
                    where family = 'to_date' and period_kind = 'cumulative_range'
                ) over (
                    partition by nature, indicator_code, region_code, scope, price_basis, measure
                ) = 0
        else true
    end
),

together as (
    select
        series,
        nature,
        family,
        indicator_code,
        region_code,
        cast(null as varchar) as around_code,
        scope,
        price_basis,
        measure,
        unit,
        period,
        period_start,
        period_end,
        value,
        step,
        is_provisional,
        is_simulated,
        observation_id as observation_ids
    from kept
    union all
    select
        'distance|' || district.series as series,
        'distance' as nature,
        district.family,
        district.indicator_code,
        district.region_code,
        around.region_code as around_code,
        district.scope,
        district.price_basis,
        district.measure,
        '百分点' as unit,
        district.period,
        district.period_start,
        district.period_end,
        cast(district.value - around.value as decimal(30, 8)) as value,
        district.step + around.step as step,
        district.is_provisional or around.is_provisional as is_provisional,
        district.is_simulated or around.is_simulated as is_simulated,
        district.observation_id || ',' || around.observation_id as observation_ids
    from kept as district
    inner join regions
        on district.region_code = regions.region_code
    inner join kept as around
        on
            regions.parent_code = around.region_code
            and district.nature = around.nature
            and district.indicator_code = around.indicator_code
            and district.scope = around.scope
            and district.price_basis = around.price_basis
            and district.measure = around.measure
            and district.family = around.family
            and district.period = around.period
    where district.nature = 'growth'
),

ordered as (
    select
        *,
        lag(period_end) over (partition by series order by period_end) as last_end,
        12 * year(period_end) + month(period_end) as ended
    from together
),

paced as (
    select
        *,
        ended - lag(ended) over (partition by series order by period_end) as gap
    from ordered
),

timed as (
    select
        *,
        case
            when family = 'monthly' then 'month'
            when family = 'quarterly' then 'quarter'
            when family in ('annual', 'point') then 'year'
            when median(gap) over (partition by series) <= 2 then 'month'
            when median(gap) over (partition by series) <= 4 then 'quarter'
            when median(gap) over (partition by series) <= 6 then 'half'
            else 'year'
        end as frequency
    from paced
),

cut as (
    select distinct
        timed.series,
        timed.period_end
    from timed
    inner join breaks
        on
            timed.indicator_code = coalesce(breaks.indicator_code, timed.indicator_code)
            and timed.region_code = coalesce(breaks.region_code, timed.region_code)
            and timed.last_end < breaks.begins_on
            and timed.period_end >= breaks.begins_on
),

-- January and February come as one period or not at all: the next one follows December.
joined as (
    select
        timed.*,
        coalesce(
            cut.series is null
            and timed.gap <= case timed.frequency
                when 'month'
                    then
                        case
                            when month(timed.period_end) <= 3 then month(timed.period_end)
                            else 1
                        end
                when 'quarter' then 3
                when 'half' then 6
                else 12
            end,
            false
        ) as is_joined
    from timed
    left join cut
        on
            timed.series = cut.series
            and timed.period_end = cut.period_end
),

segmented as (
    select
        *,
        sum(case when is_joined then 0 else 1 end) over (
            partition by series order by period_end
            rows between unbounded preceding and current row
        ) as segment
    from joined
),

-- What is added up from January on starts anew with the year: no movement leads across.
moved as (
    select
        *,
        row_number() over (partition by series, segment order by period_end) as n,
        case
            when
                family <> 'to_date'
                or year(lag(period_end) over (partition by series, segment order by period_end))
                = year(period_end)
                then value - lag(value) over (partition by series, segment order by period_end)
        end as move,
        (step + lag(step) over (partition by series, segment order by period_end)) / 2 as noise
    from segmented
),

-- What rounding alone may do is no movement.
directed as (
    select
        *,
        case
            when move is null or abs(move) <= noise then 0
            when move > 0 then 1
            else -1
        end as direction,
        case
            when abs(value) <= step then 0
            when value > 0 then 1
            else -1
        end as side
    from moved
),

changed as (
    select
        *,
        coalesce(
            direction <> lag(direction) over (partition by series, segment order by n), true
        ) as is_new_direction,
        coalesce(side <> lag(side) over (partition by series, segment order by n), true)
            as is_new_side
    from directed
)

select
    changed.series,
    changed.nature,
    changed.family,
    changed.frequency,
    changed.indicator_code,
    changed.region_code,
    changed.around_code,
    changed.scope,
    changed.price_basis,
    changed.measure,
    changed.unit,
    directions.direction as good_direction,
    changed.period,
    changed.period_start,
    changed.period_end,
    changed.value,
    changed.step,
    cast(changed.segment as integer) as segment,
    cast(changed.n as integer) as n,
    cast(changed.move as decimal(30, 8)) as move,
    changed.direction,
    changed.side,
    cast(sum(case when changed.is_new_direction then 1 else 0 end) over in_order as integer)
        as move_run,
    cast(sum(case when changed.is_new_side then 1 else 0 end) over in_order as integer) as side_run,
    {{ as_value('median(abs(changed.move)) over before', 8) }} as usual_move,
    min(changed.value) over before_all as least_before,
    max(changed.value) over before_all as most_before,
    {{ as_value('median(changed.value) over in_segment', 8) }} as usual_value,
    {{ as_value(
        '(quantile_cont(changed.value, 0.75) over in_segment'
        ~ ' - quantile_cont(changed.value, 0.25) over in_segment) * 0.7413', 8
    ) }} as spread,
    changed.is_provisional,
    changed.is_simulated,
    changed.observation_ids,
    row_number() over (partition by changed.series order by changed.period_end desc) = 1 as is_last
from changed
left join directions
    on changed.indicator_code = directions.indicator_code
window
    in_order as (
        partition by changed.series, changed.segment order by changed.n
        rows between unbounded preceding and current row
    ),
    before as (
        partition by changed.series order by changed.period_end
        rows between 24 preceding and 1 preceding
    ),
    in_segment as (
        partition by changed.series, changed.segment order by changed.n
        rows between 24 preceding and 1 preceding
    ),
    before_all as (
        partition by changed.series, changed.segment order by changed.n
        rows between unbounded preceding and 1 preceding
    )
