-- Grain: one row per document that figures are quoted from.
with counts as (
    select
        source_document,
        count(*) as observation_count,
        min(known_from) as first_known_from,
        max(known_from) as last_known_from
    from {{ ref('observation') }}
    group by source_document
)

select
    documents.source_document,
    documents.title_zh,
    nullif(documents.title_en, '') as title_en,
    nullif(documents.issuer, '') as issuer,
    nullif(documents.published, '') as published,
    documents.published_on,
    documents.source_grade,
    grades.grade_rank,
    nullif(documents.citation, '') as citation,
    nullif(documents.licence, '') as licence,
    nullif(documents.address, '') as address,
    documents.data_set_id,
    coalesce(counts.observation_count, 0) as observation_count,
    counts.first_known_from,
    counts.last_known_from
from {{ source('landing', 'source_document') }} as documents
left join {{ source('landing', 'grade') }} as grades
    on documents.source_grade = grades.source_grade
left join counts
    on documents.source_document = counts.source_document
