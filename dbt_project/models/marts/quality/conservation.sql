-- Grain: one row per delivery: what was read must be accepted, quarantined or declared no data.
with deliveries as (
    select
        *,
        cast(cells_accepted + cells_quarantined + cells_non_data as bigint) as cells_explained
    from {{ source('landing', 'delivery') }}
)

select
    delivery_id,
    data_set_id,
    receipt_sha256,
    file_name,
    delivered_on,
    delivery_seq,
    counted_unit,
    cells_read,
    cells_accepted,
    cells_quarantined,
    cells_non_data,
    cast(cells_read - cells_explained as bigint) as cells_unexplained,
    cells_read = cells_explained as is_balanced,
    verdict,
    nullif(refused_by, '') as refused_by,
    nullif(reason_zh, '') as reason_zh,
    nullif(reason_en, '') as reason_en,
    is_simulated,
    nullif(settled_by, '') as settled_by
from deliveries
