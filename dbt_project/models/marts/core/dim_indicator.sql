-- Grain: one row per declared indicator.
with counts as (
    select
        indicator_code,
        count(*) as observation_count
    from {{ ref('observation') }}
    group by indicator_code
),

-- What an indicator is the growth, a part, a share or the rank of.
relations as (
    select
        indicator_code,
        min(other_code) filter (where kind = 'growth_of') as growth_of,
        min(other_code) filter (where kind = 'part_of') as part_of,
        min(other_code) filter (where kind in ('share_of', 'ratio_of')) as share_of,
        min(other_code) filter (where kind = 'rank_of') as rank_of
    from {{ source('landing', 'relation') }}
    group by indicator_code
),

-- The column of a mart in which a figure stands, by the observation that the column names.
mart_columns as (
    select
        schema_name || '.' || table_name as mart,
        observation_column,
        arg_min(column_name, ordinal) as mart_column
    from {{ source('landing', 'column_dictionary') }}
    where observation_column <> '' and role in ('value', 'ordinal')
    group by schema_name, table_name, observation_column
),

roles as (
    select
        code as role,
        bool_or(maps_to <> '') as is_growth_role
    from {{ source('landing', 'code') }}
    where list = 'role'
    group by code
),

-- As `int_mart_cell` places it.
indicators as (
    select
        declared.*,
        case
            when coalesce(roles.is_growth_role, false) then declared.role
            when declared.measure in ('yoy_growth_pct', 'cagr_pct', 'target_growth_pct')
                then 'growth'
            when declared.role = 'target' then 'value'
            else declared.role
        end as slot
    from {{ source('landing', 'indicator') }} as declared
    left join roles
        on declared.role = roles.role
)

select
    indicators.indicator_code,
    indicators.name_zh,
    indicators.name_en,
    nullif(indicators.definition_zh, '') as definition_zh,
    nullif(indicators.definition_en, '') as definition_en,
    indicators.theme,
    nullif(indicators.topic, '') as topic,
    indicators.measure,
    case
        when coalesce(indicators.is_stock, false) then 'stock'
        when {{ adds_up('indicators.measure') }} then 'flow'
        else 'rate'
    end as nature,
    indicators.scope,
    indicators.price_basis,
    indicators.base_unit,
    indicators.decimals,
    indicators.direction,
    indicators.is_stock,
    nullif(indicators.adds_over_time, '') as adds_over_time,
    nullif(indicators.adds_over_regions, '') as adds_over_regions,
    nullif(indicators.adds_over_classes, '') as adds_over_classes,
    relations.growth_of,
    relations.part_of,
    relations.share_of,
    relations.rank_of,
    nullif(indicators.mart, '') as mart,
    coalesce(mart_columns.mart_column, value_columns.mart_column) as mart_column,
    nullif(indicators.item, '') as item,
    nullif(indicators.role, '') as role,
    nullif(indicators.stage, '') as stage,
    indicators.data_set_id,
    coalesce(counts.observation_count, 0) as observation_count
from indicators
left join counts
    on indicators.indicator_code = counts.indicator_code
left join relations
    on indicators.indicator_code = relations.indicator_code
left join mart_columns
    on
        indicators.mart = mart_columns.mart
        and indicators.slot || '_observation_id' = mart_columns.observation_column
-- A mart that has no column for counts, ratios and rates shows them as its value.
left join mart_columns as value_columns
    on
        indicators.mart = value_columns.mart
        and indicators.slot in ('count', 'ratio', 'rate')
        and value_columns.observation_column = 'value_observation_id'
