-- Grain: one row per correction. Declared corrections of known errors.
select
    cast(correction_id as varchar) as correction_id,
    cast(data_set_id as varchar) as data_set_id,
    cast(kind as varchar) as kind,
    cast(files as varchar) as files,
    cast(place as varchar) as place,
    cast(expected as varchar) as expected,
    cast(corrected as varchar) as corrected,
    cast(reason_zh as varchar) as reason_zh,
    cast(reason_en as varchar) as reason_en,
    cast(reported_by as varchar) as reported_by,
    cast(reported_on as date) as reported_on,
    cast(document as varchar) as document
from {{ source('landing', 'correction') }}
