-- Grain: one row per question that the marts answer.
select
    question_no,
    name,
    question_zh,
    question_en,
    query
from {{ source('landing', 'example_query') }}
