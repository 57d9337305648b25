-- Grain: one row per region, plan indicator and evaluation rule.
with indicators as (
    select *
    from {{ ref('plan_indicator') }}
),

rules as (
    select *
    from {{ source('landing', 'evaluation_rule') }}
),

assessments as (
    select
        code,
        name_zh,
        name_en
    from {{ source('landing', 'code') }}
    where list = 'plan_assessment'
),

reasons as (
    select
        code,
        name_zh,
        name_en
    from {{ source('landing', 'code') }}
    where list = 'plan_reason'
),

observations as (
    select *
    from {{ ref('observation') }}
    where
        is_headline
        and {{ is_own_outturn() }}
        and value is not null
),

-- Indicators with annual figures take the year of the rule, the others its month.
asked as (
    select
        indicators.*,
        rules.rule_id,
        rules.name_zh as rule_name_zh,
        rules.name_en as rule_name_en,
        rules.evaluation_period,
        rules.evaluation_end,
        case indicators.figures
            when 'annual' then rules.annual_period
            else rules.evaluation_period
        end as asked_period,
        case indicators.figures
            when 'annual' then rules.annual_end
            else rules.evaluation_end
        end as asked_end,
        case indicators.figures
            when 'annual' then rules.annual_threshold_pct
            else rules.within_year_threshold_pct
        end as threshold,
        case
            when length(indicators.base_period) = 4
                then cast(date_trunc('year', indicators.base_end) as date)
            else cast(date_trunc('month', indicators.base_end) as date)
        end as base_start,
        indicators.base_end + 1 as first_day
    from indicators
    inner join rules
        on
            indicators.plan_id = rules.plan_id
            and indicators.region_code = rules.region_code
),

-- A level is that of the period; what adds up or declines is counted from the base on; average
-- growth is the growth published over the years since the base.
published as (
    select
        asked.rule_id,
        asked.region_code,
        asked.indicator_code,
        observations.period as outturn_period,
        observations.value as outturn,
        observations.qualifier as outturn_qualifier,
        observations.is_simulated,
        observations.observation_id as observation_ids,
        row_number() over (
            partition by asked.rule_id, asked.region_code, asked.indicator_code
            order by
                observations.period = asked.asked_period desc,
                observations.headline_rank asc,
                observations.known_from desc,
                observations.observation_id asc
        ) as preference
    from asked
    inner join observations
        on
            asked.indicator_code = observations.indicator_code
            and asked.region_code = observations.region_code
            and asked.scope = observations.scope
            and asked.asked_end = observations.period_end
    where
        case asked.target_kind
            when 'cumulative'
                then
                    observations.period_start = asked.first_day
                    and not {{ is_growth('observations.measure') }}
            when 'decline'
                then
                    observations.period_start in (asked.base_start, asked.first_day)
                    and observations.measure <> 'yoy_growth_pct'
            when 'average_annual_growth'
                then
                    observations.period_start in (asked.base_start, asked.first_day)
                    and observations.measure = 'cagr_pct'
            else
                (
                    observations.period = asked.asked_period
                    or observations.period_kind = 'point'
                )
                and {{ is_growth('observations.measure') }} = {{ is_growth('asked.measure') }}
        end
),

-- Where no figure over all those years is published, the figures of the single years make it:
-- average growth always, what adds up or declines where its declaration says so.
yearly as (
    select
        asked.rule_id,
        asked.region_code,
        asked.indicator_code,
        case asked.target_kind when 'average_annual_growth' then 'growth' else asked.accumulate end
            as accumulate,
        case
            when asked.first_day = date_trunc('year', asked.first_day)
                then year(asked.asked_end) - year(asked.base_end)
        end as years_needed,
        observations.period,
        observations.period_start,
        observations.period_end,
        observations.period_kind,
        observations.value,
        observations.qualifier,
        observations.unit,
        observations.price_basis,
        observations.is_simulated,
        observations.observation_id
    from asked
    inner join observations
        on
            asked.indicator_code = observations.indicator_code
            and asked.region_code = observations.region_code
            and asked.scope = observations.scope
    where
        observations.period_start >= asked.first_day
        and observations.period_end <= asked.asked_end
        and case
            when asked.target_kind = 'average_annual_growth'
                then
                    asked.figures = 'annual'
                    and observations.measure = 'yoy_growth_pct'
                    and observations.period_kind = 'annual'
            -- a year, or what there is of the last one
            when asked.accumulate in ('sum', 'chain')
                then
                    not {{ is_growth('observations.measure') }}
                    and observations.period_kind <> 'point'
                    and observations.period_start = date_trunc('year', observations.period_start)
                    and year(observations.period_start) = year(observations.period_end)
                    and (
                        observations.period_end = asked.asked_end
                        or strftime(observations.period_end, '%m-%d') = '12-31'
                    )
            else false
        end
    -- one figure a year: of several bases of prices, the one that leads
    qualify row_number() over (
        partition by
            asked.rule_id, asked.region_code, asked.indicator_code, observations.period_start
        order by
            observations.headline_rank asc,
            observations.known_from desc,
            observations.observation_id asc
    ) = 1
),

accumulated as (
    select
        rule_id,
        region_code,
        indicator_code,
        accumulate,
        case
            when count(*) = 1 then min(period)
            when bool_and(period_kind = 'annual') then min(period) || '/' || max(period)
            else
                strftime(min(period_start), '%Y-%m') || '/' || strftime(max(period_end), '%Y-%m')
        end as outturn_period,
        coalesce(count(*) = any_value(years_needed), false) as is_complete,
        -- rates of growth were always taken as they lead
        accumulate = 'growth' or count(distinct concat_ws('|', unit, price_basis)) = 1 as is_alike,
        min(value) > -100 and (accumulate <> 'chain' or max(value) < 100) as is_rate,
        cast(sum(value) as decimal(30, 8)) as total,
        pow(product(1 + value / 100), 1.0 / count(*)) * 100 - 100 as growth,
        100 - product(1 - value / 100) * 100 as decline,
        bounds.of_total(qualifier) as outturn_qualifier,
        bool_or(is_simulated) as is_simulated,
        string_agg(observation_id, ',' order by period_start) as observation_ids
    from yearly
    group by rule_id, region_code, indicator_code, accumulate
),

outturns as (
    select
        rule_id,
        region_code,
        indicator_code,
        outturn_period,
        outturn,
        outturn_qualifier,
        is_simulated,
        observation_ids
    from published
    where preference = 1
    union all
    select
        accumulated.rule_id,
        accumulated.region_code,
        accumulated.indicator_code,
        accumulated.outturn_period,
        case accumulated.accumulate
            when 'sum' then {{ as_bound('accumulated.total', 'accumulated.outturn_qualifier', 8)
                | indent(16) }}
            when 'chain' then {{ as_bound('accumulated.decline', 'accumulated.outturn_qualifier', 4)
                | indent(16) }}
            else {{ as_bound('accumulated.growth', 'accumulated.outturn_qualifier', 4)
                | indent(16) }}
        end as outturn,
        accumulated.outturn_qualifier,
        accumulated.is_simulated,
        accumulated.observation_ids
    from accumulated
    left join published
        on
            accumulated.rule_id = published.rule_id
            and accumulated.region_code = published.region_code
            and accumulated.indicator_code = published.indicator_code
            and published.preference = 1
    where
        published.rule_id is null
        and accumulated.is_complete
        and accumulated.is_alike
        and (accumulated.accumulate = 'sum' or accumulated.is_rate)
),

-- The way that lies between base and target; what adds up or declines starts from nothing.
ways as (
    select
        asked.*,
        outturns.outturn_period,
        cast(outturns.outturn as decimal(30, 8)) as outturn_value,
        outturns.outturn_qualifier,
        coalesce(outturns.is_simulated, false) as outturn_is_simulated,
        outturns.observation_ids as outturn_observation_ids,
        coalesce(not accumulated.is_complete, false) as are_years_missing,
        coalesce(not accumulated.is_alike, false) as are_bases_different,
        asked.target_kind in ('level', 'cumulative', 'decline') as has_way,
        case when asked.target_kind = 'level' then asked.base_value else 0 end as start_value,
        case when asked.target_kind = 'level' then asked.base_qualifier else 'exact' end
            as start_qualifier
    from asked
    left join outturns
        on
            asked.rule_id = outturns.rule_id
            and asked.region_code = outturns.region_code
            and asked.indicator_code = outturns.indicator_code
    left join accumulated
        on
            asked.rule_id = accumulated.rule_id
            and asked.region_code = accumulated.region_code
            and asked.indicator_code = accumulated.indicator_code
),

-- Both lengths are measured towards the target, so that the one aimed at is positive.
measured as (
    select
        *,
        case
            when not has_way then null
            when target_value >= start_value then cast(target_value - start_value as decimal(30, 8))
            else cast(start_value - target_value as decimal(30, 8))
        end as aimed,
        case
            when not has_way then null
            when target_value >= start_value
                then cast(outturn_value - start_value as decimal(30, 8))
            else cast(start_value - outturn_value as decimal(30, 8))
        end as gained,
        has_way and target_value < start_value as is_downwards
    from ways
),

-- A target that is a bound names the least that is aimed at, where it points away from the base.
-- A bound on the base, or a target that points back, leaves the way itself unknown.
qualified as (
    select
        *,
        case
            when aimed is null or aimed = 0 or gained is null then null
            when start_qualifier <> 'exact' then 'indeterminate'
            when is_downwards and not bounds.has_high(target_qualifier) then 'indeterminate'
            when not is_downwards and not bounds.has_low(target_qualifier) then 'indeterminate'
            when is_downwards then bounds.opposite(outturn_qualifier)
            else outturn_qualifier
        end as progress_qualifier
    from measured
),

-- Compared before it is rounded. A target that excludes its number is not reached by equalling it.
tested as (
    select
        *,
        case
            when has_way and bounds.is_open(target_qualifier) and threshold >= 100
                then bounds.exceeds(gained * 100, progress_qualifier, aimed * threshold)
            when has_way
                then bounds.reaches(gained * 100, progress_qualifier, aimed * threshold)
            when target_kind = 'not_exceed' and bounds.has_high(target_qualifier)
                then bounds.meets(
                    outturn_value, outturn_qualifier, target_value, target_qualifier,
                    'lower_is_better'
                )
            when target_kind = 'maintain' and target_value is null
                then bounds.meets(
                    outturn_value, outturn_qualifier, base_value,
                    case when base_qualifier = 'exact' then 'exact' end, direction
                )
            when target_kind in ('maintain', 'average_annual_growth')
                then bounds.meets(
                    outturn_value, outturn_qualifier, target_value, target_qualifier, direction
                )
        end as is_passed,
        case
            when target_kind = 'maintain' and base_value is null and target_value is null
                then 'no_base'
            when target_value is null and target_kind <> 'maintain' then 'no_target'
            when target_kind = 'level' and base_value is null then 'no_base'
            when outturn_value is null and outturn_qualifier = 'indeterminate'
                then 'bounds_do_not_decide'
            when outturn_value is null and are_years_missing then 'years_missing'
            when outturn_value is null and are_bases_different then 'bases_differ'
            when outturn_value is null then 'no_outturn'
            when target_kind = 'level' and aimed = 0 then 'target_equals_base'
            when has_way and aimed = 0 then 'target_is_zero'
            when
                target_kind = 'level'
                and direction = case
                    when is_downwards then 'higher_is_better' else 'lower_is_better'
                end
                then 'target_against_direction'
            when
                target_kind in ('maintain', 'average_annual_growth')
                and direction = 'neutral'
                and coalesce(target_qualifier, base_qualifier) = 'exact'
                then 'no_direction'
        end as obstacle
    from qualified
),

judged as (
    select
        *,
        case
            when obstacle is not null or is_passed is null then 'unassessable'
            when is_passed then 'on_track'
            else 'behind'
        end as assessment,
        case
            when obstacle is not null then obstacle
            when is_passed is null then 'bounds_do_not_decide'
            when has_way and is_passed then 'threshold_reached'
            when has_way then 'threshold_missed'
            when is_passed then 'test_passed'
            else 'test_failed'
        end as reason,
        case
            when obstacle is null
                then {{ as_bound(percentage('gained', 'aimed'), 'progress_qualifier', 2)
                    | indent(16) }}
        end as progress
    from tested
),

-- Evaluations of a plan one after the other, each beside the one before it.
compared as (
    select
        *,
        row_number() over in_order as evaluation_no,
        lag(rule_id) over in_order as previous_rule_id,
        lag(assessment) over in_order as previous_assessment,
        lag(progress) over in_order as previous_progress,
        lag(progress_qualifier) over in_order as previous_progress_qualifier
    from judged
    window
        in_order as (
            partition by region_code, plan_id, indicator_code
            order by evaluation_end, asked_end, rule_id
        )
)

select
    judged.region_code,
    judged.region_name_zh,
    judged.plan_id,
    judged.rule_id,
    judged.rule_name_zh,
    judged.rule_name_en,
    judged.evaluation_period,
    judged.number,
    judged.indicator_code,
    judged.name_zh,
    judged.name_en,
    judged.nature,
    judged.target_kind,
    judged.direction,
    judged.unit,
    judged.base_period,
    judged.base_value,
    judged.base_qualifier,
    judged.target_period,
    judged.target_value,
    judged.target_qualifier,
    judged.asked_period,
    judged.outturn_period,
    judged.outturn_value,
    judged.outturn_qualifier,
    cast(judged.progress as decimal(18, 4)) as progress_pct,
    case when judged.obstacle is null then judged.progress_qualifier end as progress_qualifier,
    case when judged.has_way then cast(judged.threshold as decimal(18, 4)) end as threshold_pct,
    judged.assessment,
    assessments.name_zh as assessment_name_zh,
    assessments.name_en as assessment_name_en,
    judged.reason,
    reasons.name_zh as reason_zh,
    reasons.name_en as reason_en,
    judged.is_simulated or judged.outturn_is_simulated as is_simulated,
    judged.base_observation_id,
    judged.target_observation_id,
    judged.outturn_observation_ids,
    judged.accumulate,
    -- how much of the plan was over at the end of the period that it asks for
    cast(
        least(
            round(
                datediff('month', judged.first_day, judged.asked_end + 1) * 100.0
                / nullif(datediff('month', judged.first_day, judged.target_end + 1), 0),
                2
            ),
            100
        ) as decimal(18, 4)
    ) as time_elapsed_pct,
    cast(judged.evaluation_no as integer) as evaluation_no,
    judged.previous_rule_id,
    judged.previous_assessment,
    earlier.name_zh as previous_assessment_name_zh,
    earlier.name_en as previous_assessment_name_en,
    cast(judged.previous_progress as decimal(18, 4)) as previous_progress_pct,
    case
        when judged.progress_qualifier = 'exact' and judged.previous_progress_qualifier = 'exact'
            then cast(judged.progress - judged.previous_progress as decimal(18, 4))
    end as progress_change
from compared as judged
left join assessments as earlier
    on judged.previous_assessment = earlier.code
left join assessments
    on judged.assessment = assessments.code
left join reasons
    on judged.reason = reasons.code
