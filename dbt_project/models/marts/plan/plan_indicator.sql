-- Grain: one row per region, plan and indicator of a delivered indicator table.
with declared as (
    select *
    from {{ source('landing', 'plan_indicator') }}
),

indicators as (
    select
        indicator_code,
        name_zh,
        name_en,
        measure,
        scope,
        base_unit,
        direction
    from {{ source('landing', 'indicator') }}
),

plans as (
    select
        plan_id,
        region_code,
        arg_min(plan_name_zh, rule_id) as plan_name_zh,
        arg_min(plan_name_en, rule_id) as plan_name_en
    from {{ source('landing', 'evaluation_rule') }}
    group by plan_id, region_code
),

natures as (
    select
        code,
        name_zh,
        name_en
    from {{ source('landing', 'code') }}
    where list = 'stage'
),

target_kinds as (
    select
        code,
        name_zh,
        name_en
    from {{ source('landing', 'code') }}
    where list = 'plan_target_kind'
),

observations as (
    select *
    from {{ ref('observation') }}
    where
        known_to is null
        and figure_kind in ('outturn', 'target')
        and {{ is_of_region() }}
),

-- Regions for which the table itself was delivered: other data sets may have the indicator too.
delivered as (
    select distinct
        declared.plan_id,
        declared.indicator_code,
        observations.region_code,
        observations.region_name_zh
    from declared
    inner join observations
        on
            declared.indicator_code = observations.indicator_code
            and declared.data_set_id = observations.data_set_id
),

listed as (
    select
        declared.*,
        delivered.region_code,
        delivered.region_name_zh,
        indicators.name_zh,
        indicators.name_en,
        indicators.measure,
        indicators.scope,
        indicators.base_unit,
        indicators.direction
    from delivered
    inner join declared
        on
            delivered.plan_id = declared.plan_id
            and delivered.indicator_code = declared.indicator_code
    inner join indicators
        on declared.indicator_code = indicators.indicator_code
),

candidates as (
    select
        listed.plan_id,
        listed.region_code,
        listed.indicator_code,
        observations.figure_kind = 'target' as is_target,
        observations.value,
        observations.qualifier,
        observations.is_simulated,
        observations.observation_id,
        observations.source_document,
        row_number() over (
            partition by
                listed.plan_id,
                listed.region_code,
                listed.indicator_code,
                observations.figure_kind = 'target'
            order by
                {{ is_growth('observations.measure') }}
                = (listed.target_kind = 'average_annual_growth') desc,
                observations.period in (listed.base_period, listed.target_period) desc,
                observations.headline_rank asc,
                observations.known_from desc,
                observations.observation_id asc
        ) as preference
    from listed
    inner join observations
        on
            listed.indicator_code = observations.indicator_code
            and listed.region_code = observations.region_code
            and listed.scope = observations.scope
    where
        observations.is_headline
        and observations.value is not null
        and case
            when observations.figure_kind = 'target'
                then observations.period_end = listed.target_end
            else
                observations.period_end = listed.base_end
                and (
                    observations.period = listed.base_period
                    or observations.period_kind = 'point'
                )
                and {{ is_growth('observations.measure') }} = {{ is_growth('listed.measure') }}
        end
),

bases as (
    select *
    from candidates
    where not is_target and preference = 1
),

targets as (
    select *
    from candidates
    where is_target and preference = 1
)

select
    listed.region_code,
    listed.region_name_zh,
    listed.plan_id,
    plans.plan_name_zh,
    plans.plan_name_en,
    listed.number,
    listed.indicator_code,
    listed.name_zh,
    listed.name_en,
    listed.group_zh,
    listed.group_en,
    listed.nature,
    natures.name_zh as nature_name_zh,
    natures.name_en as nature_name_en,
    listed.direction,
    listed.target_kind,
    target_kinds.name_zh as target_kind_name_zh,
    target_kinds.name_en as target_kind_name_en,
    listed.figures,
    listed.measure,
    listed.scope,
    listed.base_unit as unit,
    listed.base_period,
    listed.base_end,
    bases.value as base_value,
    bases.qualifier as base_qualifier,
    listed.target_period,
    listed.target_end,
    targets.value as target_value,
    targets.qualifier as target_qualifier,
    coalesce(bases.is_simulated, false) or coalesce(targets.is_simulated, false) as is_simulated,
    listed.data_set_id,
    targets.source_document,
    bases.observation_id as base_observation_id,
    targets.observation_id as target_observation_id,
    listed.accumulate
from listed
left join plans
    on
        listed.plan_id = plans.plan_id
        and listed.region_code = plans.region_code
left join natures
    on listed.nature = natures.code
left join target_kinds
    on listed.target_kind = target_kinds.code
left join bases
    on
        listed.plan_id = bases.plan_id
        and listed.region_code = bases.region_code
        and listed.indicator_code = bases.indicator_code
left join targets
    on
        listed.plan_id = targets.plan_id
        and listed.region_code = targets.region_code
        and listed.indicator_code = targets.indicator_code
