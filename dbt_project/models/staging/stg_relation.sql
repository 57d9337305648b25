-- Grain: one row per relation. Declared relations between indicators.
select
    cast(relation_id as varchar) as relation_id,
    cast(kind as varchar) as kind,
    cast(indicator_code as varchar) as indicator_code,
    cast(other_code as varchar) as other_code,
    cast(numerator_code as varchar) as numerator_code,
    cast(tolerance as decimal(30, 8)) as tolerance,
    cast(tolerance_kind as varchar) as tolerance_kind,
    cast(tolerance_reason as varchar) as tolerance_reason,
    cast(reaches_total as boolean) as reaches_total,
    cast(denominator as varchar) as denominator,
    cast(note_zh as varchar) as note_zh,
    cast(note_en as varchar) as note_en
from {{ source('landing', 'relation') }}
