-- Grain: one row per headline figure in force that a declaration sends to a mart.
with observations as (
    select
        observation_id,
        indicator_code,
        indicator_name_zh,
        indicator_name_en,
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
        known_from,
        figure_kind,
        subject,
        locality,
        data_set_id,
        breakdown,
        obs_status
    from {{ ref('observation') }}
    where is_headline
),

-- Of a figure of a class the list that its data set breaks figures down by.
classes as (
    select
        data_set_id,
        code,
        class_list,
        name_zh,
        name_en
    from {{ source('landing', 'class') }}
),

-- The code list says which roles are growth, and which of them stand in the row of the last year.
roles as (
    select
        code as role,
        bool_or(list = 'role' and maps_to <> '') as is_growth_role,
        bool_or(list = 'last_year_role') as is_last_year_role
    from {{ source('landing', 'code') }}
    where list in ('role', 'last_year_role')
    group by code
),

-- Of a share the whole that it is of, of a rank what is ranked, where they are indicators.
wholes as (
    select
        indicator_code,
        min(other_code) filter (where kind in ('share_of', 'ratio_of')) as whole_code,
        min(other_code) filter (where kind = 'rank_of') as ranked_code
    from {{ source('landing', 'relation') }}
    group by indicator_code
),

indicators as (
    select
        declared.indicator_code,
        declared.mart,
        declared.item,
        coalesce(nullif(declared.stage, ''), 'all') as stage,
        declared.role,
        declared.topic,
        declared.field,
        declared.scope,
        nullif(declared.ranked_among, '') as ranked_among,
        wholes.whole_code,
        wholes.ranked_code,
        coalesce(roles.is_growth_role, false) as is_growth_role,
        coalesce(roles.is_last_year_role, false) as is_last_year_role
    from {{ source('landing', 'indicator') }} as declared
    left join roles
        on declared.role = roles.role
    left join wholes
        on declared.indicator_code = wholes.indicator_code
    where declared.mart <> ''
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
-- last year, beside the level that it led to.
joined as (
    select
        observations.*,
        indicators.mart,
        indicators.item,
        indicators.stage,
        indicators.role,
        indicators.topic,
        indicators.field,
        indicators.ranked_among,
        indicators.whole_code,
        indicators.ranked_code,
        observations.scope = indicators.scope as is_declared_scope,
        units.dimension as unit_dimension,
        {{ in_reference_unit('observations.value', 'units.factor') | indent(8) }}
            as reference_value,
        case
            when observations.breakdown = '_T' then '_T'
            else coalesce(classes.class_list, 'breakdown')
        end as class_list,
        case
            when observations.breakdown <> '_T'
                then coalesce(classes.name_zh, observations.breakdown)
        end as class_name_zh,
        case
            when observations.breakdown <> '_T'
                then coalesce(classes.name_en, observations.breakdown)
        end as class_name_en,
        indicators.is_growth_role,
        indicators.is_last_year_role
        and observations.kind_printed = 'growth_over_range'
        and regexp_matches(observations.period_printed, '^\d{4}/\d{4}$') as is_in_last_year
    from observations
    inner join indicators
        on
            observations.indicator_code = indicators.indicator_code
            and (
                observations.scope = indicators.scope
                or indicators.is_growth_role
            )
    left join units
        on observations.unit = units.unit
    left join classes
        on
            observations.data_set_id = classes.data_set_id
            and observations.breakdown = classes.code
),

placed as (
    select
        *,
        case when is_in_last_year then right(period_printed, 4) else period_printed end as period,
        case when is_in_last_year then date_trunc('year', period_end) else start_printed end
            as period_start,
        case when is_in_last_year then 'annual' else kind_printed end as period_kind,
        figure_kind as basis_family,
        case
            when is_growth_role then role
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
),

-- Most places have one figure alone: nothing has to be sorted to know that it is shown. What may
-- have more is found by a short hash; where two places share one, they are sorted for nothing.
keyed as materialized (
    select
        *,
        hash(
            mart, region_code, period, period_kind, item, stage, basis_family, slot, subject,
            locality, breakdown
        ) as place_hash
    from placed
),

crowded as (
    select place_hash
    from keyed
    group by place_hash
    having count(*) > 1
),

shown as (
    select
        *,
        true as is_shown
    from keyed
    where place_hash not in (select crowded.place_hash from crowded)
    union all
    select
        *,
        row_number() over (
            partition by
                mart, region_code, period, period_kind, item, stage, basis_family, slot, subject,
                locality, breakdown
            order by
                is_declared_scope desc,
                headline_rank asc,
                start_printed desc,
                known_from desc,
                observation_id asc
        ) = 1 as is_shown
    from keyed
    where place_hash in (select crowded.place_hash from crowded)
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
    measure,
    basis,
    price_basis,
    value,
    unit,
    cast(reference_value as decimal(38, 8)) as reference_value,
    unit_dimension,
    qualifier,
    growth_kind,
    case when is_in_last_year then period_printed end as growth_period,
    is_simulated,
    subject,
    locality,
    indicator_name_zh,
    indicator_name_en,
    ranked_among,
    whole_code,
    ranked_code,
    observation_id,
    class_list,
    breakdown as class_code,
    class_name_zh,
    class_name_en,
    field,
    obs_status,
    is_shown
from shown
