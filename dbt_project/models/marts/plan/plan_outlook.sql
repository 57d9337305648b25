-- Grain: one row per region, plan indicator and evaluation (a rule, or all that is known by now).
-- Methods. linear_trend: least squares through the yearly figures since the base, with an interval
-- of a prediction. mean_continued: the years that are left come like the mean of those that were
-- (amounts add up; growth and declines are chained, so their logarithms do).
with indicators as (
    select *
    from {{ ref('plan_indicator') }}
),

methods as (
    select
        code as target_kind,
        maps_to as method
    from {{ source('landing', 'code') }}
    where list = 'plan_method_of'
),

codes as (
    select
        list,
        code,
        name_zh,
        name_en
    from {{ source('landing', 'code') }}
    where list in ('plan_method', 'plan_verdict', 'plan_reason')
),

evaluations as (
    select
        rule_id,
        plan_id,
        region_code,
        name_zh as rule_name_zh,
        name_en as rule_name_en,
        annual_end as data_end
    from {{ source('landing', 'evaluation_rule') }}
    union all
    select distinct
        '_latest' as rule_id,
        plan_id,
        region_code,
        '最新数据' as rule_name_zh,
        'Latest figures' as rule_name_en,
        cast(null as date) as data_end
    from indicators
),

observations as (
    select *
    from {{ ref('observation') }}
    where
        is_headline
        and {{ is_own_outturn() }}
        and value is not null
),

breaks as (
    select
        indicator_code,
        region_code,
        begins_on
    from {{ ref('series_break') }}
),

asked as (
    select
        indicators.*,
        evaluations.rule_id,
        evaluations.rule_name_zh,
        evaluations.rule_name_en,
        methods.method,
        coalesce(evaluations.data_end, indicators.target_end) as data_end,
        -- which side of the target is aimed at
        case
            when indicators.target_kind in ('cumulative', 'decline') then 'higher_is_better'
            when indicators.target_kind = 'not_exceed' then 'lower_is_better'
            when indicators.target_kind <> 'level' then indicators.direction
            when indicators.target_value > indicators.base_value then 'higher_is_better'
            when indicators.target_value < indicators.base_value then 'lower_is_better'
            else indicators.direction
        end as wanted,
        case
            when indicators.target_kind = 'maintain'
                then coalesce(indicators.target_value, indicators.base_value)
            else indicators.target_value
        end as goal,
        case
            when indicators.target_kind = 'maintain' and indicators.target_value is null
                then indicators.base_qualifier
            else indicators.target_qualifier
        end as goal_qualifier
    from indicators
    inner join evaluations
        on
            indicators.plan_id = evaluations.plan_id
            and indicators.region_code = evaluations.region_code
    left join methods
        on indicators.target_kind = methods.target_kind
),

-- One figure a year: a level as it stood at its end, else what came about in it.
yearly as (
    select
        asked.rule_id,
        asked.plan_id,
        asked.region_code,
        asked.indicator_code,
        asked.target_kind,
        year(observations.period_end) as in_year,
        observations.period_end,
        observations.value,
        observations.qualifier,
        observations.unit,
        observations.price_basis,
        coalesce(observations.resolution, 0) as resolution,
        observations.is_simulated,
        observations.observation_id
    from asked
    inner join observations
        on
            asked.indicator_code = observations.indicator_code
            and asked.region_code = observations.region_code
            and asked.scope = observations.scope
    where
        observations.period_end <= asked.data_end
        and strftime(observations.period_end, '%m-%d') = '12-31'
        and case
            when asked.method = 'linear_trend'
                then
                    observations.period_end >= asked.base_end
                    and observations.period_kind in ('annual', 'point')
                    and {{ is_growth('observations.measure') }} = {{ is_growth('asked.measure') }}
            when asked.target_kind = 'average_annual_growth'
                then
                    observations.period_end > asked.base_end
                    and observations.period_kind = 'annual'
                    and observations.measure = 'yoy_growth_pct'
            else
                observations.period_end > asked.base_end
                and observations.period_kind = 'annual'
                and not {{ is_growth('observations.measure') }}
        end
    qualify row_number() over (
        partition by
            asked.rule_id,
            asked.plan_id,
            asked.region_code,
            asked.indicator_code,
            year(observations.period_end)
        order by
            observations.headline_rank asc,
            observations.known_from desc,
            observations.observation_id asc
    ) = 1
),

-- What a year adds: an amount, or the logarithm of what it is multiplied by.
stepped as (
    select
        *,
        cast(in_year as double) as x,
        case target_kind
            when 'average_annual_growth' then ln(nullif(greatest(1 + value / 100, 0), 0))
            when 'decline' then ln(nullif(greatest(1 - value / 100, 0), 0))
            else cast(value as double)
        end as y,
        -- rounding alone spreads them so far
        cast(resolution as double) / 3.4641 as noise
    from yearly
),

fitted as (
    select
        rule_id,
        plan_id,
        region_code,
        indicator_code,
        count(*) as n,
        min(in_year) as first_year,
        max(in_year) as last_year,
        min(period_end) as first_end,
        max(period_end) as last_end,
        arg_max(value, in_year) as last_value,
        count(distinct concat_ws('|', unit, price_basis)) = 1 as is_alike,
        bool_and(qualifier = 'exact') and count(y) = count(*) as is_exact,
        bool_or(is_simulated) as is_simulated,
        sum(y) as total,
        avg(x) as mean_x,
        avg(y) as mean_y,
        sum(x * x) - count(*) * avg(x) * avg(x) as sxx,
        sum((x - 2000) * y) - sum(x - 2000) * avg(y) as sxy,
        stddev_samp(y) as deviation,
        var_samp(y) * (count(*) - 1) as syy,
        max(noise) as noise,
        string_agg(cast(in_year as varchar) || ': ' || {{ plain('value') }}, '; ' order by in_year)
            as points,
        string_agg(observation_id, ',' order by in_year) as observation_ids
    from stepped
    group by rule_id, plan_id, region_code, indicator_code
),

broken as (
    select distinct
        fitted.rule_id,
        fitted.plan_id,
        fitted.region_code,
        fitted.indicator_code
    from fitted
    inner join breaks
        on
            fitted.indicator_code = coalesce(breaks.indicator_code, fitted.indicator_code)
            and fitted.region_code = coalesce(breaks.region_code, fitted.region_code)
            and fitted.first_end < breaks.begins_on
            and fitted.last_end >= breaks.begins_on
),

-- How far it is to the end, and how far off the years lie from what the method says of them.
spanned as (
    select
        asked.*,
        coalesce(fitted.n, 0) as n,
        fitted.first_year,
        fitted.last_year,
        fitted.last_value,
        fitted.is_alike,
        fitted.is_exact,
        coalesce(fitted.is_simulated, false) as are_points_simulated,
        fitted.total,
        fitted.mean_x,
        fitted.mean_y,
        fitted.sxx,
        fitted.points,
        fitted.observation_ids,
        broken.indicator_code is not null as is_broken,
        year(asked.target_end) as end_year,
        year(asked.target_end) - fitted.last_year as years_left,
        fitted.last_year - year(asked.base_end) as years_gone,
        case when asked.method = 'linear_trend' then fitted.n - 2 else fitted.n - 1 end as freedom,
        fitted.sxy / nullif(fitted.sxx, 0) as slope,
        greatest(
            case
                when asked.method = 'linear_trend'
                    then
                        sqrt(
                            greatest(
                                fitted.syy - fitted.sxy * fitted.sxy / nullif(fitted.sxx, 0), 0
                            ) / nullif(fitted.n - 2, 0)
                        )
                else fitted.deviation
            end,
            case
                when asked.target_kind in ('average_annual_growth', 'decline')
                    then fitted.noise / 100
                else fitted.noise
            end
        ) as spread
    from asked
    left join fitted
        on
            asked.rule_id = fitted.rule_id
            and asked.plan_id = fitted.plan_id
            and asked.region_code = fitted.region_code
            and asked.indicator_code = fitted.indicator_code
    left join broken
        on
            asked.rule_id = broken.rule_id
            and asked.plan_id = broken.plan_id
            and asked.region_code = broken.region_code
            and asked.indicator_code = broken.indicator_code
),

obstructed as (
    select
        *,
        -- a level of the last year is known; what adds up needs all years
        years_left = 0
        and (method = 'linear_trend' or n = years_gone) as is_known,
        {{ t_quantile('freedom') | indent(8) }} as quantile,
        case
            when method is null then 'no_method'
            when goal is null and target_kind = 'maintain' then 'no_base'
            when goal is null then 'no_target'
            when n = 0 then 'no_outturn'
            when wanted = 'neutral' and goal_qualifier = 'exact' then 'no_direction'
            when not is_exact then 'bounds_do_not_decide'
            when not is_alike then 'bases_differ'
            when is_broken then 'series_breaks'
            when method = 'mean_continued' and n < years_gone then 'years_missing'
            when years_left > 0 and n < {{ outlook_points() }} then 'too_few_points'
        end as obstacle
    from spanned
),

-- In the scale in which it was fitted: the middle, and how far the interval reaches from it.
extended as (
    select
        *,
        case
            when method = 'linear_trend' and is_known then last_value
            when method = 'linear_trend' then mean_y + slope * (end_year - mean_x)
            else total + years_left * mean_y
        end as middle,
        case
            when is_known then 0
            when method = 'linear_trend'
                then
                    quantile * spread
                    * sqrt(1 + 1.0 / n + (end_year - mean_x) * (end_year - mean_x) / nullif(sxx, 0))
            else quantile * spread * sqrt(years_left + 1.0 * years_left * years_left / n)
        end as reach
    from obstructed
    where obstacle is null
),

-- Back in the unit of the target.
expected as (
    select
        rule_id,
        plan_id,
        region_code,
        indicator_code,
        {{ outlook_value('0') }} as middle,
        {{ outlook_value('-reach') }} as one_end,
        {{ outlook_value('reach') }} as other_end
    from extended
),

tested as (
    select
        obstructed.*,
        expected.middle as expected_value,
        least(expected.one_end, expected.other_end) as low_value,
        greatest(expected.one_end, expected.other_end) as high_value,
        bounds.meets(
            least(expected.one_end, expected.other_end),
            'exact',
            obstructed.goal,
            obstructed.goal_qualifier,
            obstructed.wanted
        ) as is_low_met,
        bounds.meets(
            greatest(expected.one_end, expected.other_end),
            'exact',
            obstructed.goal,
            obstructed.goal_qualifier,
            obstructed.wanted
        ) as is_high_met
    from obstructed
    left join expected
        on
            obstructed.rule_id = expected.rule_id
            and obstructed.plan_id = expected.plan_id
            and obstructed.region_code = expected.region_code
            and obstructed.indicator_code = expected.indicator_code
),

judged as (
    select
        *,
        case
            when obstacle is not null or is_low_met is null or is_high_met is null
                then 'unassessable'
            when is_low_met and is_high_met then 'expected_met'
            when is_low_met or is_high_met then 'undecided'
            else 'expected_missed'
        end as verdict,
        case
            when obstacle is not null then obstacle
            when is_low_met is null or is_high_met is null then 'bounds_do_not_decide'
            when is_low_met <> is_high_met then 'interval_straddles'
            when is_known and is_low_met then 'test_passed'
            when is_known then 'test_failed'
            when is_low_met then 'interval_meets'
            else 'interval_misses'
        end as reason,
        case when is_known then 'outturn' else method end as method_used
    from tested
)

select
    judged.region_code,
    judged.region_name_zh,
    judged.plan_id,
    judged.rule_id,
    judged.rule_name_zh,
    judged.rule_name_en,
    judged.number,
    judged.indicator_code,
    judged.name_zh,
    judged.name_en,
    judged.nature,
    judged.target_kind,
    judged.direction,
    judged.unit,
    judged.target_period,
    judged.goal as target_value,
    judged.goal_qualifier as target_qualifier,
    judged.method_used as method,
    methods_named.name_zh as method_name_zh,
    methods_named.name_en as method_name_en,
    cast(judged.first_year as integer) as first_year,
    cast(judged.last_year as integer) as last_year,
    cast(judged.n as integer) as point_count,
    case when judged.obstacle is null then judged.expected_value end as expected_value,
    case when judged.obstacle is null then judged.low_value end as expected_low,
    case when judged.obstacle is null then judged.high_value end as expected_high,
    case
        when judged.obstacle is null and not judged.is_known
            then cast({{ outlook_interval() }} as decimal(5, 2))
    end as interval_pct,
    judged.verdict,
    verdicts.name_zh as verdict_name_zh,
    verdicts.name_en as verdict_name_en,
    judged.reason,
    reasons.name_zh as reason_zh,
    reasons.name_en as reason_en,
    case
        when judged.obstacle is null
            then
                concat_ws(
                    '',
                    judged.points,
                    ' -> ',
                    judged.end_year,
                    ': ',
                    {{ plain('judged.expected_value') }},
                    case
                        when not judged.is_known
                            then
                                concat_ws(
                                    '',
                                    ' [',
                                    {{ plain('judged.low_value') }},
                                    ', ',
                                    {{ plain('judged.high_value') }},
                                    '], n = ',
                                    judged.n,
                                    ', t = ',
                                    judged.quantile
                                )
                    end,
                    '; ',
                    judged.goal_qualifier,
                    ' ',
                    {{ plain('judged.goal') }}
                )
    end as arithmetic,
    judged.is_simulated or judged.are_points_simulated as is_simulated,
    case
        when judged.target_kind = 'maintain' and judged.target_value is null
            then judged.base_observation_id
        else judged.target_observation_id
    end as target_observation_id,
    judged.observation_ids as outturn_observation_ids
from judged
left join codes as methods_named
    on judged.method_used = methods_named.code and methods_named.list = 'plan_method'
left join codes as verdicts
    on judged.verdict = verdicts.code and verdicts.list = 'plan_verdict'
left join codes as reasons
    on judged.reason = reasons.code and reasons.list = 'plan_reason'
