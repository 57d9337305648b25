-- Grain: one row per document. Documents that figures are quoted from.
select
    cast(source_document as varchar) as source_document,
    cast(title_zh as varchar) as title_zh,
    cast(title_en as varchar) as title_en,
    cast(issuer as varchar) as issuer,
    cast(published as varchar) as published,
    cast(published_on as date) as published_on,
    cast(source_grade as varchar) as source_grade,
    cast(citation as varchar) as citation,
    cast(licence as varchar) as licence,
    cast(address as varchar) as address,
    cast(data_set_id as varchar) as data_set_id
from {{ source('landing', 'source_document') }}
