-- Grain: one row per grade. Precedence of source grades.
select
    cast(source_grade as varchar) as source_grade,
    cast(grade_rank as integer) as grade_rank
from {{ source('landing', 'grade') }}
