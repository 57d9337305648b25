-- Grain: one row per movement that a rule of signals finds, told by the first that it trips.
with candidates as (
    select *
    from {{ ref('int_signal') }}
),

points as (
    select *
    from {{ ref('int_signal_point') }}
),

rules as (
    select *
    from {{ source('landing', 'signal_rule') }}
),

paces as (
    select *
    from {{ ref('plan_pace') }}
),

releases as (
    select district_code
    from {{ source('landing', 'release') }}
),

regions as (
    select
        region_code,
        region_name_zh,
        region_name_en,
        parent_code
    from {{ source('landing', 'region') }}
),

indicators as (
    select
        indicator_code,
        name_zh,
        name_en
    from {{ source('landing', 'indicator') }}
),

periods as (
    select
        period,
        label_zh,
        label_en
    from {{ ref('period') }}
),

units as (
    select
        unit,
        name_en
    from {{ source('landing', 'unit') }}
),

outturns as (
    select
        observation_id,
        price_basis,
        obs_status,
        estimate_stage
    from {{ ref('observation') }}
),

provisional as (
    select code as estimate_stage
    from {{ source('landing', 'code') }}
    where list = 'estimate_stage' and maps_to = 'P'
),

-- Figures up to a month say what the year says in the end: of such series the first tells.
once as (
    select *
    from candidates
    qualify row_number() over (
        partition by rule_id, indicator_code, region_code, period_end
        order by
            case family
                when 'to_date' then 1
                when 'monthly' then 2
                when 'quarterly' then 3
                when 'annual' then 4
                else 5
            end asc,
            series asc
    ) = 1
),

first_told as (
    select
        *,
        row_number() over by_priority as place,
        string_agg(rule_id, ',') over (
            partition by series, period_end order by priority asc, rule_id asc
            rows between unbounded preceding and unbounded following
        ) as all_rules
    from once
    window by_priority as (partition by series, period_end order by priority asc, rule_id asc)
),

chosen as (
    select *
    from first_told
    where place = 1
),

-- What each movement is concluded from, in the order of time.
evidence as (
    select
        chosen.rule_id,
        chosen.series,
        chosen.to_n,
        chosen.segment,
        string_agg(points.observation_ids, ',' order by points.n) as observation_ids,
        string_agg(
            case
                when points.n > chosen.to_n - 13
                    then points.period || ': ' || {{ plain('points.value') }}
            end,
            '; '
            order by points.n
        ) as shown,
        count(*) as point_count,
        bool_or(points.is_simulated) as is_simulated
    from chosen
    inner join points
        on
            chosen.series = points.series
            and chosen.segment = points.segment
            and points.n between chosen.from_n and chosen.to_n
    group by chosen.rule_id, chosen.series, chosen.to_n, chosen.segment
),

-- A series that nobody goes on with says nothing about now.
newest as (
    select
        region_code,
        frequency,
        max(period_end) as newest_end
    from points
    group by region_code, frequency
),

moved as (
    select
        chosen.rule_id,
        chosen.kind,
        chosen.series,
        chosen.nature,
        chosen.frequency,
        chosen.indicator_code,
        chosen.region_code,
        chosen.around_code,
        chosen.scope,
        chosen.price_basis,
        chosen.measure,
        chosen.unit,
        chosen.period_from,
        chosen.period,
        chosen.period_start,
        chosen.period_end,
        chosen.period_count,
        chosen.value_from,
        chosen.value_to as value,
        cast(null as decimal(30, 8)) as value_beyond,
        chosen.threshold,
        chosen.is_last
        and chosen.period_end >= newest.newest_end - interval 400 day
        and (
            chosen.frequency = 'year' or chosen.period_end >= newest.newest_end - interval 100 day
        ) as is_current,
        chosen.is_provisional,
        evidence.is_simulated,
        evidence.observation_ids,
        case when evidence.point_count > 13 then '… ' else '' end || evidence.shown as shown,
        nullif(
            substr(chosen.all_rules, length(chosen.rule_id) + 2), ''
        ) as other_rules
    from chosen
    inner join evidence
        on
            chosen.rule_id = evidence.rule_id
            and chosen.series = evidence.series
            and chosen.segment = evidence.segment
            and chosen.to_n = evidence.to_n
    inner join newest
        on
            chosen.region_code = newest.region_code
            and chosen.frequency = newest.frequency
),

behind as (
    select
        rules.rule_id,
        rules.kind,
        'pace|' || paces.target_observation_id as series,
        'pace' as nature,
        'month' as frequency,
        paces.indicator_code,
        paces.region_code,
        cast(null as varchar) as around_code,
        paces.scope,
        outturns.price_basis,
        case when paces.method = 'growth_to_date' then 'yoy_growth_pct' else 'level' end as measure,
        '百分点' as unit,
        paces.target_period as period_from,
        paces.period,
        paces.period_start,
        paces.period_end,
        cast(paces.season_years as bigint) as period_count,
        case
            when paces.method = 'growth_to_date' then cast(paces.target_value as decimal(30, 8))
            else cast(paces.seasonal_share_pct as decimal(30, 8))
        end as value_from,
        case
            when paces.method = 'growth_to_date' then cast(paces.outturn_value as decimal(30, 8))
            else cast(paces.done_pct as decimal(30, 8))
        end as value,
        cast(
            case
                when paces.gap_to_pace < 0 then paces.seasonal_share_low_pct
                else paces.seasonal_share_high_pct
            end as decimal(30, 8)
        ) as value_beyond,
        {{ as_value('rules.at_least', 2) }} as threshold,
        paces.is_latest as is_current,
        coalesce(outturns.obs_status = 'P', false) or provisional.estimate_stage is not null
            as is_provisional,
        paces.is_simulated,
        concat_ws(
            ',',
            paces.target_observation_id, paces.outturn_observation_id, paces.season_observation_ids
        ) as observation_ids,
        concat_ws(
            '',
            case
                when paces.method = 'growth_to_date' then {{ plain('paces.outturn_value') }}
                else
                    {{ plain('paces.outturn_value') }} || ' / ' || {{ plain('paces.target_value') }}
                    || ' = ' || {{ plain('paces.done_pct') }} || ' %'
            end,
            '; ',
            case
                when paces.method = 'growth_to_date'
                    then 'target ' || {{ plain('paces.target_value') }}
                else
                    'seasonal share ' || {{ plain('paces.seasonal_share_pct') }} || ' % ['
                    || {{ plain('paces.seasonal_share_low_pct') }} || ', '
                    || {{ plain('paces.seasonal_share_high_pct') }} || ']'
            end
        ) as shown,
        cast(null as varchar) as other_rules
    from rules
    inner join paces
        on
            rules.kind = 'plan_pace_gap'
            and paces.is_latest
            and paces.pace = 'behind'
            and abs(paces.gap_to_pace) >= rules.at_least
    left join regions
        on paces.region_code = regions.region_code
    cross join releases
    left join outturns
        on paces.outturn_observation_id = outturns.observation_id
    left join provisional
        on outturns.estimate_stage = provisional.estimate_stage
    where
        (
            rules.indicators = ''
            or list_contains(string_split(rules.indicators, ','), paces.indicator_code)
        )
        and (
            rules.regions = 'all'
            or regions.region_code = releases.district_code
            or regions.parent_code = releases.district_code
        )
),

found as (
    select * from moved
    union all
    select * from behind
),

told as (
    select
        found.*,
        rules.title_zh as rule_title_zh,
        rules.title_en as rule_title_en,
        rules.guidance_zh,
        rules.guidance_en,
        indicators.name_zh as indicator_name_zh,
        indicators.name_en as indicator_name_en,
        own.region_name_zh,
        own.region_name_en,
        around.region_name_zh as around_zh,
        around.region_name_en as around_en,
        starts.label_zh as from_zh,
        starts.label_en as from_en,
        ends.label_zh as to_zh,
        ends.label_en as to_en,
        units.name_en as unit_en,
        {{ plain('found.value_from') }} as number_from,
        {{ plain('found.value') }} as number_to,
        {{ plain('found.value_beyond') }} as number_beyond,
        {{ plain_size('found.value - found.value_from') }} as number_moved,
        found.value < found.value_from as is_lower,
        found.value < 0 as is_negative
    from found
    inner join rules
        on found.rule_id = rules.rule_id
    left join indicators
        on found.indicator_code = indicators.indicator_code
    left join regions as own
        on found.region_code = own.region_code
    left join regions as around
        on found.around_code = around.region_code
    left join periods as starts
        on found.period_from = starts.period
    left join periods as ends
        on found.period = ends.period
    left join units
        on found.unit = units.unit
)

select
    's' || substr(md5(concat_ws('|', told.rule_id, told.series, told.period)), 1, 16) as signal_id,
    told.rule_id,
    told.rule_title_zh,
    told.rule_title_en,
    told.kind,
    told.nature,
    told.frequency,
    told.indicator_code,
    told.indicator_name_zh,
    told.indicator_name_en,
    told.region_code,
    told.region_name_zh,
    told.around_code,
    told.scope,
    told.price_basis,
    told.measure,
    told.period,
    told.period_start,
    told.period_end,
    told.period_from,
    cast(told.period_count as integer) as period_count,
    told.value,
    told.value_from,
    told.value_beyond,
    told.unit,
    told.threshold,
    told.is_current,
    told.is_provisional,
    concat_ws(
        '',
        told.region_name_zh,
        told.indicator_name_zh,
        case
            when told.kind = 'falls_in_a_row'
                then
                    concat_ws(
                        '', '：同比连续', told.period_count, '期',
                        case when told.is_lower then '走低' else '走高' end, '，由', told.from_zh, '的',
                        told.number_from, '%到', told.to_zh, '的', told.number_to, '%，变动',
                        told.number_moved, '个百分点。'
                    )
            when told.kind = 'distance_widening'
                then
                    concat_ws(
                        '', '：同比与', told.around_zh, '之差连续', told.period_count,
                        '期扩大，由', told.from_zh, '的', told.number_from, '个百分点到', told.to_zh,
                        '的', told.number_to, '个百分点。'
                    )
            when told.kind = 'turning_point'
                then
                    concat_ws(
                        '', '：同比连续', told.period_count, '期为',
                        case when told.is_negative then '正' else '负' end, '之后转',
                        case when told.is_negative then '负' else '正' end, '，', told.to_zh, '为',
                        told.number_to, '%。'
                    )
            when told.kind = 'extreme' and told.nature = 'growth'
                then
                    concat_ws(
                        '', '：', told.to_zh, '同比', told.number_to, '%，为', told.from_zh, '以来最',
                        case when told.is_lower then '低' else '高' end, '，此前最',
                        case when told.is_lower then '低' else '高' end, '为', told.number_from, '%。'
                    )
            when told.kind = 'extreme'
                then
                    concat_ws(
                        '', '：', told.to_zh, '为', told.number_to, told.unit, '，为',
                        told.from_zh, '以来最',
                        case when told.is_lower then '低' else '高' end, '，此前最',
                        case when told.is_lower then '低' else '高' end, '为',
                        told.number_from, told.unit,
                        '。'
                    )
            when told.kind = 'distance_jump'
                then
                    concat_ws(
                        '', '：', told.to_zh, '同比与', told.around_zh, '之差为', told.number_to,
                        '个百分点，此前', told.period_count, '期的中位数为', told.number_from, '个百分点。'
                    )
            when told.measure = 'yoy_growth_pct'
                then
                    concat_ws(
                        '', '：', told.to_zh, '累计增速', told.number_to, '%，与全年目标', told.number_from,
                        '%相差', told.number_moved, '个百分点。'
                    )
            else
                concat_ws(
                    '', '：', told.to_zh, '累计完成全年目标的', told.number_to, '%，往年同期份额的中位数为',
                    told.number_from, '%，最', case when told.is_lower then '低' else '高' end, '为',
                    told.number_beyond, '%（', told.period_count, '个年度）。'
                )
        end,
        case when told.is_provisional then '其中有初步数。' end
    ) as message_zh,
    concat_ws(
        '',
        told.indicator_name_en,
        ', ',
        coalesce(told.region_name_en, told.region_name_zh),
        case
            when told.kind = 'falls_in_a_row'
                then
                    concat_ws(
                        '', ': growth ', case when told.is_lower then 'fell ' else 'rose ' end,
                        told.period_count, ' periods in a row, from ', told.number_from, ' % (',
                        told.from_en, ') to ', told.number_to, ' % (', told.to_en, '), by ',
                        told.number_moved, ' points.'
                    )
            when told.kind = 'distance_widening'
                then
                    concat_ws(
                        '', ': growth less that of ', told.around_en, ' moved away from zero ',
                        told.period_count, ' periods in a row, from ', told.number_from,
                        ' points (',
                        told.from_en, ') to ', told.number_to, ' points (', told.to_en, ').'
                    )
            when told.kind = 'turning_point'
                then
                    concat_ws(
                        '', ': growth was ',
                        case when told.is_negative then 'above' else 'below' end, ' zero ',
                        told.period_count, ' periods in a row and is ', told.number_to, ' % (',
                        told.to_en, ').'
                    )
            when told.kind = 'extreme'
                then
                    concat_ws(
                        '', ': ', told.number_to,
                        case
                            when told.nature = 'growth' then ' % growth'
                            else ' ' || told.unit_en
                        end,
                        ' (', told.to_en, ') is the ',
                        case when told.is_lower then 'lowest' else 'highest' end,
                        ' since ', told.from_en,
                        '; before, the ', case when told.is_lower then 'lowest' else 'highest' end,
                        ' was ', told.number_from, '.'
                    )
            when told.kind = 'distance_jump'
                then
                    concat_ws(
                        '', ': growth less that of ', told.around_en, ' is ', told.number_to,
                        ' points (', told.to_en, '); the median of the ', told.period_count,
                        ' periods before is ', told.number_from, '.'
                    )
            when told.measure = 'yoy_growth_pct'
                then
                    concat_ws(
                        '', ': growth so far is ', told.number_to, ' % (', told.to_en,
                        '), the target of the year ', told.number_from, ' %, ', told.number_moved,
                        ' points apart.'
                    )
            else
                concat_ws(
                    '', ': ', told.number_to, ' % of the target of the year are done (', told.to_en,
                    '); the median share of the same months in past years is ', told.number_from,
                    ' %, the ', case when told.is_lower then 'lowest ' else 'highest ' end,
                    told.number_beyond, ' % (years: ', told.period_count, ').'
                )
        end,
        case when told.is_provisional then ' Some figures are preliminary.' end
    ) as message_en,
    told.shown || '; threshold ' || {{ plain('told.threshold') }} as arithmetic,
    told.guidance_zh,
    told.guidance_en,
    told.other_rules,
    told.is_simulated,
    told.observation_ids,
    {{ calendar_parts('told') }}
from told
