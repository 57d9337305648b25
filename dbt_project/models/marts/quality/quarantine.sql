-- Grain: one row per quarantined cell: rule, place and reason, never the text of the cell.
select
    quarantine_id,
    delivery_id,
    data_set_id,
    rule_id,
    delivery_place,
    reason_zh,
    reason_en
from {{ source('landing', 'quarantine') }}
