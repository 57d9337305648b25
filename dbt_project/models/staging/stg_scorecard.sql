-- Grain: one row per indicator on the leaders' sheet, in the order of the district.
select
    cast(indicator_code as varchar) as indicator_code,
    cast(sort as integer) as sort
from {{ source('landing', 'scorecard') }}
