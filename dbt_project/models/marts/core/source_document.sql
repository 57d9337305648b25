-- Grain: one row per document that figures are quoted from.
select
    source_document,
    title_zh,
    title_en,
    issuer,
    published,
    published_on,
    source_grade,
    citation,
    licence,
    address,
    data_set_id,
    observation_count
from {{ ref('dim_source') }}
