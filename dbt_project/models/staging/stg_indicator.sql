-- Grain: one row per indicator. Declared indicators and the mart cell each one stands in.
select
    cast(indicator_code as varchar) as indicator_code,
    cast(name_zh as varchar) as name_zh,
    cast(name_en as varchar) as name_en,
    cast(definition_zh as varchar) as definition_zh,
    cast(definition_en as varchar) as definition_en,
    cast(theme as varchar) as theme,
    cast(topic as varchar) as topic,
    cast(measure as varchar) as measure,
    cast(scope as varchar) as scope,
    cast(price_basis as varchar) as price_basis,
    cast(base_unit as varchar) as base_unit,
    cast(decimals as integer) as decimals,
    cast(direction as varchar) as direction,
    cast(mart as varchar) as mart,
    cast(item as varchar) as item,
    cast(role as varchar) as role,
    cast(stage as varchar) as stage,
    cast(ranked_among as varchar) as ranked_among,
    cast(data_set_id as varchar) as data_set_id
from {{ source('landing', 'indicator') }}
