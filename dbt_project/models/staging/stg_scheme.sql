-- Grain: one row per scheme. Named programmes and layouts, dated.
select
    cast(scheme_code as varchar) as scheme_code,
    cast(name_zh as varchar) as name_zh,
    cast(name_en as varchar) as name_en,
    cast(kind as varchar) as kind,
    cast(region_code as varchar) as region_code,
    cast(valid_from as varchar) as valid_from,
    cast(valid_to as varchar) as valid_to,
    cast(predecessor_codes as varchar) as predecessor_codes,
    cast(note_zh as varchar) as note_zh,
    cast(note_en as varchar) as note_en,
    cast(source_document as varchar) as source_document,
    cast(citation as varchar) as citation
from {{ source('landing', 'scheme') }}
