-- Grain: one row per target of a year and figure of that year up to a month.
-- Method. What came about so far, as a share of the target, is held against the share that the same
-- months had of the whole of each of the last full years (seasonal share: their median, of at most
-- five), and against the part of the year that is over. Growth is held against the growth aimed at.
with observations as (
    select *
    from {{ ref('observation') }}
    where
        is_headline
        and value is not null
        and subject = '_T'
        and locality = '_T'
        and figure_kind in ('outturn', 'target')
),

directions as (
    select
        indicator_code,
        direction
    from {{ source('landing', 'indicator') }}
),

grown as (
    select
        indicator_code,
        min(other_code) as other_code
    from {{ source('landing', 'relation') }}
    where kind = 'growth_of'
    group by indicator_code
),

breaks as (
    select
        indicator_code,
        region_code,
        begins_on
    from {{ ref('series_break') }}
),

reasons as (
    select
        code,
        name_zh,
        name_en
    from {{ source('landing', 'code') }}
    where list = 'plan_reason'
),

paces as (
    select
        code,
        name_zh,
        name_en
    from {{ source('landing', 'code') }}
    where list = 'plan_pace'
),

-- Of several targets of a year the one that leads.
targets as (
    select
        observations.*,
        directions.direction,
        {{ is_growth('observations.measure') }} as is_growth_target,
        coalesce(grown.other_code, observations.indicator_code) as other_code
    from observations
    left join directions
        on observations.indicator_code = directions.indicator_code
    left join grown
        on observations.indicator_code = grown.indicator_code
    where
        observations.figure_kind = 'target'
        and length(observations.period) = 4
    qualify row_number() over (
        partition by
            observations.indicator_code, observations.region_code, observations.scope,
            observations.breakdown, observations.period, observations.measure
        order by
            observations.headline_rank asc,
            observations.known_from desc,
            observations.observation_id asc
    ) = 1
),

-- Figures from the first of January on; `growth` tells rates from what they are about.
to_date as (
    select
        *,
        {{ is_growth('measure') }} as is_growth_figure,
        year(period_end) as in_year,
        month(period_end) as months
    from observations
    where
        figure_kind = 'outturn'
        and period_kind in ('cumulative_range', 'annual')
        and period_start = date_trunc('year', period_end)
        and measure not in ('mom_growth_pct', 'cagr_pct', 'rank')
),

matched as (
    select
        targets.observation_id as target_observation_id,
        targets.is_growth_target,
        targets.direction,
        targets.value as target_value,
        targets.qualifier as target_qualifier,
        targets.is_simulated as is_target_simulated,
        targets.indicator_code,
        targets.indicator_name_zh,
        targets.indicator_name_en,
        targets.period as target_period,
        targets.unit as target_unit,
        outturns.indicator_code as outturn_indicator_code,
        outturns.region_code,
        outturns.region_name_zh,
        outturns.scope,
        outturns.breakdown,
        outturns.price_basis,
        outturns.measure,
        outturns.unit,
        outturns.period,
        outturns.period_start,
        outturns.period_end,
        outturns.in_year,
        outturns.months,
        outturns.value,
        outturns.qualifier,
        outturns.is_simulated,
        outturns.observation_id
    from targets
    inner join to_date as outturns
        on
            targets.region_code = outturns.region_code
            and targets.breakdown = outturns.breakdown
            and targets.period = cast(outturns.in_year as varchar)
            and targets.is_growth_target = outturns.is_growth_figure
            and (
                (
                    targets.indicator_code = outturns.indicator_code
                    and targets.scope = outturns.scope
                )
                or (targets.is_growth_target and targets.other_code = outturns.indicator_code)
            )
    where
        outturns.period_kind = 'cumulative_range'
        and outturns.months < 12
    -- the figure of its own indicator, and of several bases of prices the one that leads
    qualify row_number() over (
        partition by targets.observation_id, outturns.months
        order by
            outturns.indicator_code = targets.indicator_code desc,
            outturns.headline_rank asc,
            outturns.known_from desc,
            outturns.observation_id asc
    ) = 1
),

-- The same months and the whole of years before, on this side of every break.
shares as (
    select
        matched.target_observation_id,
        matched.observation_id,
        parts.in_year,
        parts.value * 100 / nullif(wholes.value, 0) as share,
        parts.is_simulated or wholes.is_simulated as is_simulated,
        parts.observation_id || ',' || wholes.observation_id as observation_ids
    from matched
    inner join to_date as parts
        on
            matched.outturn_indicator_code = parts.indicator_code
            and matched.region_code = parts.region_code
            and matched.scope = parts.scope
            and matched.breakdown = parts.breakdown
            and matched.measure = parts.measure
            and matched.unit = parts.unit
            and matched.price_basis = parts.price_basis
            and matched.months = parts.months
            and matched.in_year > parts.in_year
    inner join to_date as wholes
        on
            parts.indicator_code = wholes.indicator_code
            and parts.region_code = wholes.region_code
            and parts.scope = wholes.scope
            and parts.breakdown = wholes.breakdown
            and parts.measure = wholes.measure
            and parts.unit = wholes.unit
            and parts.price_basis = wholes.price_basis
            and parts.in_year = wholes.in_year
            and wholes.months = 12
    left join breaks
        on
            parts.indicator_code = coalesce(breaks.indicator_code, parts.indicator_code)
            and parts.region_code = coalesce(breaks.region_code, parts.region_code)
            and parts.period_start < breaks.begins_on
            and matched.period_end >= breaks.begins_on
    where
        not matched.is_growth_target
        and parts.qualifier = 'exact'
        and wholes.qualifier = 'exact'
        and parts.value >= 0
        and wholes.value > 0
        and breaks.begins_on is null
    qualify
        row_number() over (
            partition by matched.target_observation_id, matched.observation_id, parts.in_year
            order by
                wholes.period_kind asc, parts.headline_rank asc, wholes.headline_rank asc,
                parts.observation_id asc, wholes.observation_id asc
        ) = 1
        and dense_rank() over (
            partition by matched.target_observation_id, matched.observation_id
            order by parts.in_year desc
        ) <= 5
),

seasons as (
    select
        target_observation_id,
        observation_id,
        count(*) as n,
        min(in_year) as first_year,
        max(in_year) as last_year,
        median(share) as usual,
        min(share) as least,
        max(share) as most,
        bool_or(is_simulated) as is_simulated,
        string_agg(observation_ids, ',' order by in_year) as observation_ids
    from shares
    group by target_observation_id, observation_id
),

measured as (
    select
        matched.*,
        coalesce(seasons.n, 0) as n,
        seasons.first_year,
        seasons.last_year,
        seasons.usual,
        seasons.least,
        seasons.most,
        seasons.observation_ids as season_observation_ids,
        coalesce(seasons.is_simulated, false) as is_season_simulated,
        {{ percentage('matched.value', 'matched.target_value') }} as done,
        case
            when matched.qualifier <> 'exact' or not bounds.has_low(matched.target_qualifier)
                then 'bounds_do_not_decide'
            when matched.unit <> matched.target_unit then 'bases_differ'
            when matched.target_value <= 0 and not matched.is_growth_target then 'target_is_zero'
            when matched.direction = 'neutral' then 'no_direction'
            when not matched.is_growth_target and coalesce(seasons.n, 0) < 2
                then 'too_few_full_years'
        end as obstacle
    from matched
    left join seasons
        on
            matched.target_observation_id = seasons.target_observation_id
            and matched.observation_id = seasons.observation_id
),

-- Ahead and behind lie outside all that these years had; for growth it is the target that decides.
placed as (
    select
        *,
        case
            when obstacle is not null then null
            when is_growth_target then sign(value - target_value)
            when done > most then 1
            when done < least then -1
            else 0
        end as side
    from measured
),

judged as (
    select
        *,
        case
            when side is null then 'unassessable'
            when is_growth_target and side = 0 then 'on_pace'
            when side = 0 then 'on_pace'
            when (side > 0) = (direction = 'higher_is_better') then 'ahead'
            else 'behind'
        end as pace
    from placed
)

select
    judged.target_observation_id,
    judged.region_code,
    judged.region_name_zh,
    judged.indicator_code,
    judged.indicator_name_zh,
    judged.indicator_name_en,
    judged.scope,
    judged.breakdown,
    judged.direction,
    judged.period,
    judged.period_start,
    judged.period_end,
    row_number() over (
        partition by judged.target_observation_id order by judged.period_end desc
    ) = 1 as is_latest,
    case when judged.is_growth_target then 'growth_to_date' else 'seasonal_share' end as method,
    judged.target_period,
    judged.target_value,
    judged.target_unit,
    judged.target_qualifier,
    judged.value as outturn_value,
    judged.unit as outturn_unit,
    judged.qualifier as outturn_qualifier,
    case
        when not judged.is_growth_target and judged.unit = judged.target_unit
            then {{ as_value('judged.done', 2) }}
    end as done_pct,
    {{ as_value('judged.months * 100 / 12', 2) }} as time_elapsed_pct,
    case
        when not judged.is_growth_target and judged.unit = judged.target_unit
            then {{ as_value('judged.done - judged.months * 100 / 12', 2) }}
    end as gap_to_time,
    case when judged.n >= 2 then {{ as_value('judged.usual', 2) }} end as seasonal_share_pct,
    case when judged.n >= 2 then {{ as_value('judged.least', 2) }} end as seasonal_share_low_pct,
    case when judged.n >= 2 then {{ as_value('judged.most', 2) }} end as seasonal_share_high_pct,
    cast(judged.n as integer) as season_years,
    case when judged.n >= 2 then cast(judged.first_year as integer) end as season_first_year,
    case when judged.n >= 2 then cast(judged.last_year as integer) end as season_last_year,
    case
        when judged.obstacle is not null then null
        when judged.is_growth_target then {{ as_value('judged.value - judged.target_value', 2) }}
        else {{ as_value('judged.done - judged.usual', 2) }}
    end as gap_to_pace,
    judged.pace,
    paces.name_zh as pace_name_zh,
    paces.name_en as pace_name_en,
    coalesce(
        judged.obstacle,
        case
            when judged.is_growth_target then 'growth_' || judged.pace
            else 'season_' || judged.pace
        end
    ) as reason,
    reasons.name_zh as reason_zh,
    reasons.name_en as reason_en,
    judged.is_simulated or judged.is_target_simulated or judged.is_season_simulated
        as is_simulated,
    judged.observation_id as outturn_observation_id,
    judged.season_observation_ids,
    {{ calendar_parts('judged') }}
from judged
left join paces
    on judged.pace = paces.code
left join reasons
    on
        reasons.code
        = coalesce(
            judged.obstacle,
            case
                when judged.is_growth_target then 'growth_' || judged.pace
                else 'season_' || judged.pace
            end
        )
