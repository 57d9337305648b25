-- Grain: one row per correction of a data set that is free to publish.
select
    corrections.correction_id,
    corrections.data_set_id,
    corrections.kind,
    corrections.files,
    corrections.place,
    corrections.expected,
    corrections.corrected,
    corrections.reason_zh,
    corrections.reason_en,
    corrections.reported_by,
    corrections.reported_on,
    nullif(corrections.document, '') as document
from {{ source('landing', 'correction') }} as corrections
inner join {{ source('landing', 'data_set') }} as data_sets
    on corrections.data_set_id = data_sets.data_set_id
where data_sets.conf_status = 'F'
