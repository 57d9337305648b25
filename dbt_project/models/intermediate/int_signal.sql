-- Grain: one row per rule, series and movement that trips it; each movement is told once.
-- Far is so many times the usual movement (1.4826 times the median of the last 24) as a rule says.
with points as (
    select *
    from {{ ref('int_signal_point') }}
),

rules as (
    select *
    from {{ source('landing', 'signal_rule') }}
),

releases as (
    select district_code
    from {{ source('landing', 'release') }}
),

inside as (
    select regions.region_code
    from {{ source('landing', 'region') }} as regions
    cross join releases
    where
        regions.region_code = releases.district_code
        or regions.parent_code = releases.district_code
),

series as (
    select distinct
        series,
        nature,
        frequency,
        indicator_code,
        region_code
    from points
),

-- The series that each rule looks at.
asked as (
    select
        rules.*,
        series.series,
        series.indicator_code,
        series.region_code
    from rules
    inner join series
        on
            rules.nature = series.nature
            and list_contains(string_split(rules.frequencies, ','), series.frequency)
            and (
                rules.indicators = ''
                or list_contains(string_split(rules.indicators, ','), series.indicator_code)
            )
    left join inside
        on series.region_code = inside.region_code
    where rules.regions = 'all' or inside.region_code is not null
),

-- Movements that go one way.
runs as (
    select
        series,
        segment,
        move_run,
        any_value(direction) as direction,
        any_value(good_direction) as good_direction,
        count(*) as k,
        min(n) - 1 as from_n,
        max(n) as to_n,
        arg_min(value, n) - arg_min(move, n) as value_from,
        arg_max(value, n) as value_to,
        arg_min(usual_move, n) as usual_move,
        min(side) as least_side,
        max(side) as most_side
    from points
    where direction <> 0
    group by series, segment, move_run
),

falls as (
    select
        asked.rule_id,
        asked.kind,
        asked.priority,
        runs.series,
        runs.segment,
        runs.from_n,
        runs.to_n,
        runs.k,
        runs.value_from,
        runs.value_to,
        greatest(asked.at_least, asked.deviations * 1.4826 * runs.usual_move) as threshold
    from asked
    inner join runs
        on asked.series = runs.series
    where
        asked.kind = 'falls_in_a_row'
        and runs.direction = case runs.good_direction when 'lower_is_better' then 1 else -1 end
        and runs.k >= asked.periods
        and runs.to_n >= asked.min_points
        and abs(runs.value_to - runs.value_from)
        >= greatest(asked.at_least, asked.deviations * 1.4826 * runs.usual_move)
),

-- A distance that grows on its own side of zero all the while.
widenings as (
    select
        asked.rule_id,
        asked.kind,
        asked.priority,
        runs.series,
        runs.segment,
        runs.from_n,
        runs.to_n,
        runs.k,
        runs.value_from,
        runs.value_to,
        greatest(asked.at_least, asked.deviations * 1.4826 * runs.usual_move) as threshold
    from asked
    inner join runs
        on asked.series = runs.series
    where
        asked.kind = 'distance_widening'
        and runs.least_side = runs.direction
        and runs.most_side = runs.direction
        and runs.k >= asked.periods
        and runs.to_n >= asked.min_points
        and abs(runs.value_to - runs.value_from)
        >= greatest(asked.at_least, asked.deviations * 1.4826 * runs.usual_move)
),

sides as (
    select
        series,
        segment,
        side_run,
        any_value(side) as side,
        count(*) as k,
        min(n) as from_n,
        arg_min(value, n) as value_from,
        arg_min(usual_move, n) as usual_move
    from points
    group by series, segment, side_run
),

sides_before as (
    select
        *,
        lag(side) over in_order as last_side,
        lag(k) over in_order as last_k,
        lag(from_n) over in_order as last_from_n
    from sides
    window in_order as (partition by series, segment order by side_run)
),

turns as (
    select
        asked.rule_id,
        asked.kind,
        asked.priority,
        sides_before.series,
        sides_before.segment,
        sides_before.last_from_n as from_n,
        sides_before.from_n as to_n,
        sides_before.last_k as k,
        cast(null as decimal(30, 8)) as value_from,
        sides_before.value_from as value_to,
        greatest(asked.at_least, asked.deviations * 1.4826 * sides_before.usual_move) as threshold
    from asked
    inner join sides_before
        on asked.series = sides_before.series
    where
        asked.kind = 'turning_point'
        and sides_before.side <> 0
        and sides_before.last_side = -sides_before.side
        and sides_before.last_k >= asked.periods
        and sides_before.from_n >= asked.min_points
        and abs(sides_before.value_from)
        >= greatest(asked.at_least, asked.deviations * 1.4826 * sides_before.usual_move)
),

-- Beyond all that was before; a record right after a record is the same movement.
records as (
    select
        asked.rule_id,
        asked.kind,
        asked.priority,
        points.series,
        points.segment,
        points.n,
        points.value,
        case
            when points.value < points.least_before then points.least_before
            else points.most_before
        end as record_before,
        case
            when points.value < points.least_before then -1
            when points.value > points.most_before then 1
            else 0
        end as side,
        case
            when points.nature = 'growth' then 0
            when points.good_direction = 'lower_is_better' then 1
            else -1
        end as bad_side,
        asked.min_points,
        points.step,
        greatest(asked.at_least, asked.deviations * 1.4826 * points.usual_move) as threshold
    from asked
    inner join points
        on asked.series = points.series
    where asked.kind = 'extreme'
),

records_before as (
    select
        *,
        lag(side) over (partition by rule_id, series, segment order by n) as last_side
    from records
),

extremes as (
    select
        rule_id,
        kind,
        priority,
        series,
        segment,
        1 as from_n,
        n as to_n,
        n as k,
        record_before as value_from,
        value as value_to,
        threshold
    from records_before
    where
        side <> 0
        and coalesce(last_side, 0) <> side
        and side = coalesce(nullif(bad_side, 0), side)
        and n >= min_points
        and abs(value - record_before) > step
        and abs(value - record_before) >= threshold
),

strays as (
    select
        asked.rule_id,
        asked.kind,
        asked.priority,
        points.series,
        points.segment,
        points.n,
        points.usual_value,
        points.value,
        greatest(asked.at_least, asked.deviations * points.spread) as threshold,
        points.n >= asked.min_points
        and abs(points.value - points.usual_value)
        >= greatest(asked.at_least, asked.deviations * points.spread) as is_far
    from asked
    inner join points
        on asked.series = points.series
    where asked.kind = 'distance_jump'
),

strays_before as (
    select
        *,
        lag(is_far) over (partition by rule_id, series, segment order by n) as was_far
    from strays
),

jumps as (
    select
        rule_id,
        kind,
        priority,
        series,
        segment,
        greatest(n - 24, 1) as from_n,
        n as to_n,
        n - greatest(n - 24, 1) as k,
        usual_value as value_from,
        value as value_to,
        threshold
    from strays_before
    where is_far and not coalesce(was_far, false)
),

found as (
    select * from falls
    union all
    select * from widenings
    union all
    select * from turns
    union all
    select * from extremes
    union all
    select * from jumps
)

select
    found.rule_id,
    found.kind,
    found.priority,
    found.series,
    points.nature,
    points.family,
    points.frequency,
    points.indicator_code,
    points.region_code,
    points.around_code,
    points.scope,
    points.price_basis,
    points.measure,
    points.unit,
    starts.period as period_from,
    points.period,
    points.period_start,
    points.period_end,
    cast(found.segment as integer) as segment,
    cast(found.from_n as integer) as from_n,
    cast(found.to_n as integer) as to_n,
    cast(found.k as integer) as period_count,
    {{ as_value('found.value_from', 8) }} as value_from,
    {{ as_value('found.value_to', 8) }} as value_to,
    {{ as_value('found.threshold', 2) }} as threshold,
    points.is_last,
    points.is_provisional
from found
inner join points
    on
        found.series = points.series
        and found.segment = points.segment
        and found.to_n = points.n
inner join points as starts
    on
        found.series = starts.series
        and found.segment = starts.segment
        and found.from_n = starts.n
