-- Grain: one row per delivery.
select
    cast(delivery_id as varchar) as delivery_id,
    cast(data_set_id as varchar) as data_set_id,
    cast(receipt_sha256 as varchar) as receipt_sha256,
    cast(file_name as varchar) as file_name,
    cast(delivered_on as date) as delivered_on,
    cast(delivery_seq as integer) as delivery_seq,
    cast(size_bytes as bigint) as size_bytes,
    cast(connector as varchar) as connector,
    cast(is_simulated as boolean) as is_simulated,
    cast(counted_unit as varchar) as counted_unit,
    cast(cells_read as bigint) as cells_read,
    cast(cells_accepted as bigint) as cells_accepted,
    cast(cells_quarantined as bigint) as cells_quarantined,
    cast(cells_non_data as bigint) as cells_non_data,
    cast(verdict as varchar) as verdict,
    cast(refused_by as varchar) as refused_by,
    cast(reason_zh as varchar) as reason_zh,
    cast(reason_en as varchar) as reason_en,
    cast(settled_by as varchar) as settled_by
from {{ source('landing', 'delivery') }}
