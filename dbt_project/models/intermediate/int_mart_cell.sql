-- Grain: one row per headline figure in force that a declaration sends to a mart.
with observations as (
    select
        observation_id,
        indicator_code,
        region_code,
        region_name_zh,
        period,
        period_start,
        period_end,
        period_kind,
        basis,
        measure,
        scope,
        price_basis,
        value,
        unit,
        qualifier,
        is_simulated,
        headline_rank,
        known_from
    from {{ ref('observation') }}
    where is_headline and breakdown = '_T'
),

indicators as (
    select
        indicator_code,
        mart,
        item,
        coalesce(nullif(stage, ''), 'all') as stage,
        role,
        topic,
        scope
    from {{ ref('stg_indicator') }}
    where mart <> ''
),

-- A mart row has one scope per indicator, the declared one: figures of another scope stay in
-- core.observation, where the scope stands beside them. Growth may be on a frame of its own
-- (同口径): that is what makes it comparable.
placed as (
    select
        indicators.mart,
        observations.region_code,
        observations.region_name_zh,
        observations.period,
        observations.period_start,
        observations.period_end,
        observations.period_kind,
        indicators.item,
        indicators.stage,
        case
            when observations.basis in ('target', 'target_growth') then 'target' else 'outturn'
        end as basis_family,
        case
            when observations.measure in ('yoy_growth_pct', 'cagr_pct', 'target_growth_pct')
                then 'growth'
            when indicators.role = 'target' then 'value'
            else indicators.role
        end as slot,
        indicators.topic,
        observations.indicator_code,
        observations.scope,
        observations.price_basis,
        observations.value,
        observations.unit,
        observations.qualifier,
        case observations.measure
            when 'yoy_growth_pct' then 'yoy'
            when 'cagr_pct' then 'cagr'
            when 'target_growth_pct' then 'target'
        end as growth_kind,
        observations.is_simulated,
        observations.headline_rank,
        observations.known_from,
        observations.observation_id
    from observations
    inner join indicators
        on
            observations.indicator_code = indicators.indicator_code
            and (observations.scope = indicators.scope or indicators.role = 'growth')
)

select
    mart,
    region_code,
    region_name_zh,
    period,
    period_start,
    period_end,
    period_kind,
    item,
    stage,
    basis_family,
    slot,
    topic,
    indicator_code,
    scope,
    price_basis,
    value,
    unit,
    qualifier,
    growth_kind,
    is_simulated,
    observation_id,
    row_number() over (
        partition by
            mart, region_code, period, period_kind, item, stage, basis_family, slot
        order by headline_rank asc, known_from desc, observation_id asc
    ) = 1 as is_shown
from placed
