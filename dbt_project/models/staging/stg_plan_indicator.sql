-- Grain: one row per plan and indicator. Declared places of indicators in the table of a plan.
select
    cast(plan_id as varchar) as plan_id,
    cast(indicator_code as varchar) as indicator_code,
    cast(data_set_id as varchar) as data_set_id,
    cast(number as integer) as number,
    cast(nature as varchar) as nature,
    cast(group_zh as varchar) as group_zh,
    cast(group_en as varchar) as group_en,
    cast(target_kind as varchar) as target_kind,
    cast(figures as varchar) as figures,
    cast(base_period as varchar) as base_period,
    cast(base_end as date) as base_end,
    cast(target_period as varchar) as target_period,
    cast(target_end as date) as target_end
from {{ source('landing', 'plan_indicator') }}
