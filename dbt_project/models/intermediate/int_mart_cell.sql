-- Grain: one row per headline figure in force that a declaration sends to a mart.
with observations as (
    select
        observation_id,
        indicator_code,
        region_code,
        region_name_zh,
        period as period_printed,
        period_start as start_printed,
        period_end,
        period_kind as kind_printed,
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
    from {{ source('landing', 'indicator') }}
    where mart <> ''
),

units as (
    select
        unit,
        dimension,
        factor
    from {{ source('landing', 'unit') }}
),

-- A mart row has one scope per indicator, the declared one: figures of another scope stay in
-- core.observation, where the scope stands beside them. Growth may be on a frame of its own
-- (同口径): that is what makes it comparable. A growth whose role names it (`output_cagr`,
-- `value_added_growth`) has a column of its own; compound growth then stands in the row of its
-- last year, beside the level that it led to. A standard is what a service holds itself to and
-- stands with the outturn.
joined as (
    select
        observations.*,
        indicators.mart,
        indicators.item,
        indicators.stage,
        indicators.role,
        indicators.topic,
        observations.scope = indicators.scope as is_declared_scope,
        units.dimension as unit_dimension,
        cast(observations.value as decimal(24, 8)) * cast(units.factor as decimal(14, 4))
            as reference_value,
        regexp_matches(indicators.role, '(^|_)(cagr|increment)$')
        and observations.kind_printed = 'growth_over_range'
        and regexp_full_match(observations.period_printed, '\d{4}/\d{4}') as is_in_last_year
    from observations
    inner join indicators
        on
            observations.indicator_code = indicators.indicator_code
            and (
                observations.scope = indicators.scope
                or regexp_matches(indicators.role, '(growth|cagr)$')
            )
    left join units
        on observations.unit = units.unit
),

placed as (
    select
        *,
        case when is_in_last_year then right(period_printed, 4) else period_printed end as period,
        case when is_in_last_year then date_trunc('year', period_end) else start_printed end
            as period_start,
        case when is_in_last_year then 'annual' else kind_printed end as period_kind,
        case
            when basis in ('target', 'target_growth') and role <> 'standard'
                then 'target'
            else 'outturn'
        end as basis_family,
        case
            when regexp_matches(role, '(^cagr|_cagr|_growth)$') then role
            when measure in ('yoy_growth_pct', 'cagr_pct', 'target_growth_pct') then 'growth'
            when role = 'target' then 'value'
            else role
        end as slot,
        case measure
            when 'yoy_growth_pct' then 'yoy'
            when 'cagr_pct' then 'cagr'
            when 'target_growth_pct' then 'target'
        end as growth_kind
    from joined
)

select
    mart,
    region_code,
    region_name_zh,
    period,
    cast(period_start as date) as period_start,
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
    cast(reference_value as decimal(38, 8)) as reference_value,
    unit_dimension,
    qualifier,
    growth_kind,
    case when is_in_last_year then period_printed end as growth_period,
    is_simulated,
    observation_id,
    row_number() over (
        partition by
            mart, region_code, period, period_kind, item, stage, basis_family, slot
        order by
            is_declared_scope desc,
            headline_rank asc,
            start_printed desc,
            known_from desc,
            observation_id asc
    ) = 1 as is_shown
from placed
