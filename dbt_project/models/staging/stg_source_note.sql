-- Grain: one row per note of a delivery. What stands under and beside the tables.
select
    cast(delivery_id as varchar) as delivery_id,
    cast(data_set_id as varchar) as data_set_id,
    cast(note_no as integer) as note_no,
    cast(place as varchar) as place,
    cast(mark as varchar) as mark,
    cast(note as varchar) as note
from {{ source('landing', 'source_note') }}
