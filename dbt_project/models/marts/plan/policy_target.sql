-- Grain: one row per headline figure in force that is a target or standard, whatever mart it is in.
with observations as (
    select *
    from {{ ref('observation') }}
    where
        is_headline
        and value is not null
        and subject = '_T'
        and locality = '_T'
        and figure_kind in ('outturn', 'target', 'standard')
),

indicators as (
    select
        indicator_code,
        mart,
        item,
        role,
        direction
    from {{ source('landing', 'indicator') }}
),

items as (
    select
        code,
        name_zh,
        name_en
    from {{ source('landing', 'code') }}
    where list = 'item'
),

documents as (
    select
        source_document,
        title_zh,
        title_en,
        issuer,
        published
    from {{ source('landing', 'source_document') }}
),

grown as (
    select
        indicator_code,
        min(other_code) as other_code
    from {{ source('landing', 'relation') }}
    where kind = 'growth_of'
    group by indicator_code
),

-- What is aimed at, and what has to hold; thresholds of evaluations are those of plan.plan_summary.
targets as (
    select
        observations.*,
        indicators.mart,
        indicators.item,
        indicators.direction,
        case
            when observations.figure_kind = 'standard' then 'standard'
            when indicators.role = 'floor' then 'floor'
            else 'target'
        end as target_role,
        grown.other_code,
        {{ is_growth('observations.measure') }} as is_growth_target
    from observations
    left join indicators
        on observations.indicator_code = indicators.indicator_code
    left join grown
        on observations.indicator_code = grown.indicator_code
    where
        observations.figure_kind in ('target', 'standard')
        and coalesce(indicators.mart, '') <> 'plan.plan_summary'
),

-- The latest outturn of the indicator itself, growth beside growth; otherwise of the indicator
-- whose growth is aimed at.
candidates as (
    select
        targets.observation_id as target_observation_id,
        outturns.indicator_code as outturn_indicator_code,
        outturns.period as outturn_period,
        outturns.period_start as outturn_start,
        outturns.period_end as outturn_end,
        outturns.basis as outturn_basis,
        outturns.value as outturn,
        outturns.unit as outturn_unit,
        outturns.qualifier as outturn_qualifier,
        outturns.measure as outturn_measure,
        {{ is_growth('outturns.measure') }} as is_growth_outturn,
        outturns.is_simulated as outturn_is_simulated,
        outturns.observation_id as outturn_observation_id,
        row_number() over (
            partition by targets.observation_id
            order by
                outturns.indicator_code = targets.indicator_code desc,
                {{ is_growth('outturns.measure') }} = targets.is_growth_target desc,
                -- the target's own period, else the latest before its end
                (
                    outturns.period = targets.period
                    and outturns.period_kind in (targets.period_kind, 'annual')
                ) desc,
                outturns.period_end <= targets.period_end desc,
                outturns.period_end desc,
                outturns.headline_rank asc,
                outturns.known_from desc,
                outturns.observation_id asc
        ) as preference
    from targets
    inner join observations as outturns
        on
            targets.region_code = outturns.region_code
            and targets.breakdown = outturns.breakdown
            and (
                (
                    targets.indicator_code = outturns.indicator_code
                    and targets.scope = outturns.scope
                )
                or targets.other_code = outturns.indicator_code
            )
    where outturns.figure_kind = 'outturn'
),

joined as (
    select
        targets.*,
        candidates.outturn_indicator_code,
        candidates.outturn_period,
        candidates.outturn,
        candidates.outturn_unit,
        candidates.outturn_qualifier,
        candidates.outturn_measure,
        candidates.outturn_is_simulated,
        candidates.outturn_observation_id,
        -- What was added up before the target's time says nothing about it, and growth of one
        -- year nothing about that of another.
        case
            when candidates.outturn is null then 'no_outturn'
            when
                targets.is_growth_target <> candidates.is_growth_outturn
                or targets.unit is null
                or candidates.outturn_unit is null
                or targets.unit <> candidates.outturn_unit
                then 'other_measure'
            when targets.is_growth_target and targets.period <> candidates.outturn_period
                then 'other_period'
            when
                candidates.outturn_basis = 'cumulative'
                and (
                    candidates.outturn_start < targets.period_start
                    or candidates.outturn_end < targets.period_end
                )
                then 'other_period'
        end as obstacle
    from targets
    left join candidates
        on
            targets.observation_id = candidates.target_observation_id
            and candidates.preference = 1
),

compared as (
    select
        *,
        case
            when obstacle is null
                then bounds.meets(outturn, outturn_qualifier, value, qualifier, direction)
        end as is_met
    from joined
)

select
    compared.region_code,
    compared.region_name_zh,
    compared.period,
    compared.period_start,
    compared.period_end,
    compared.period_kind,
    compared.indicator_code,
    compared.indicator_name_zh,
    compared.indicator_name_en,
    nullif(compared.mart, '') as mart,
    nullif(compared.item, '') as item,
    items.name_zh as item_name_zh,
    items.name_en as item_name_en,
    compared.target_role,
    compared.scope,
    compared.price_basis,
    compared.basis,
    compared.breakdown,
    compared.direction,
    case when not compared.is_growth_target then compared.value end as target,
    case when not compared.is_growth_target then compared.unit end as target_unit,
    case when compared.is_growth_target then cast(compared.value as decimal(12, 4)) end
        as growth_target,
    compared.qualifier as target_qualifier,
    compared.is_period_inferred,
    compared.source_document,
    documents.title_zh as document_title_zh,
    documents.title_en as document_title_en,
    nullif(documents.issuer, '') as issuer,
    nullif(documents.published, '') as published,
    compared.source_grade,
    compared.outturn_indicator_code,
    compared.outturn_period,
    compared.outturn,
    compared.outturn_unit,
    compared.outturn_qualifier,
    compared.outturn_measure,
    compared.is_met,
    case
        when compared.obstacle = 'no_outturn' then '没有同一指标的实绩。'
        when compared.obstacle = 'other_measure' then '实绩与目标度量不同，不作比较。'
        when compared.obstacle = 'other_period' then '实绩与目标所指期间不同，不作比较。'
        when compared.is_met is null then '界限值、约数或指标方向不能判定。'
    end as note_zh,
    case
        when compared.obstacle = 'no_outturn' then 'There is no outturn of the indicator.'
        when compared.obstacle = 'other_measure'
            then 'Outturn and target are different measures: not compared.'
        when compared.obstacle = 'other_period'
            then 'Outturn and target are about different times: not compared.'
        when compared.is_met is null
            then 'Bounds, an approximation or the direction of the indicator do not decide.'
    end as note_en,
    compared.is_simulated or coalesce(compared.outturn_is_simulated, false) as is_simulated,
    compared.observation_id as target_observation_id,
    compared.outturn_observation_id,
    {{ calendar_parts('compared') }}
from compared
left join items
    on compared.item = items.code
left join documents
    on compared.source_document = documents.source_document
