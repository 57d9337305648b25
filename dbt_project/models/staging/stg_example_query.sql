-- Grain: one row per question. Questions that the marts answer, with their queries.
select
    cast(question_no as integer) as question_no,
    cast(name as varchar) as name,
    cast(question_zh as varchar) as question_zh,
    cast(question_en as varchar) as question_en,
    cast(query as varchar) as query
from {{ source('landing', 'example_query') }}
