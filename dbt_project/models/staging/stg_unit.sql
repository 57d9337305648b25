-- Grain: one row per unit. Units and how they convert to the reference unit of their dimension.
select
    cast(unit as varchar) as unit,
    cast(dimension as varchar) as dimension,
    cast(factor as decimal(30, 8)) as factor
from {{ source('landing', 'unit') }}
