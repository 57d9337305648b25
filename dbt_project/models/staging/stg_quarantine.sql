-- Grain: one row per quarantined cell. Cells that could not be read.
select
    cast(quarantine_id as varchar) as quarantine_id,
    cast(delivery_id as varchar) as delivery_id,
    cast(data_set_id as varchar) as data_set_id,
    cast(rule_id as varchar) as rule_id,
    cast(delivery_place as varchar) as delivery_place,
    cast(reason_zh as varchar) as reason_zh,
    cast(reason_en as varchar) as reason_en
from {{ source('landing', 'quarantine') }}
