-- Grain: one row per note of an admitted delivery of a data set that is free to publish.
select
    notes.delivery_id,
    notes.note_no,
    notes.data_set_id,
    notes.place,
    nullif(notes.mark, '') as mark,
    notes.note
from {{ source('landing', 'source_note') }} as notes
inner join {{ source('landing', 'delivery') }} as deliveries
    on notes.delivery_id = deliveries.delivery_id
inner join {{ source('landing', 'data_set') }} as data_sets
    on notes.data_set_id = data_sets.data_set_id
where deliveries.verdict = 'admitted' and data_sets.conf_status = 'F'
