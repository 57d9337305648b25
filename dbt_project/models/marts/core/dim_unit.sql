-- Grain: one row per unit.
with units as (
    select
        *,
        cast(factor as decimal(30, 0)) as whole
    from {{ source('landing', 'unit') }}
),

reference_units as (
    select
        dimension,
        min(unit) as unit
    from units
    where factor = 1
    group by dimension
),

-- A unit is another one times a power of ten, or itself.
multiples as (
    select
        units.unit,
        reference_units.unit as unit_measure,
        cast(strlen(cast(units.whole as varchar)) - 1 as integer) as unit_mult
    from units
    inner join reference_units
        on units.dimension = reference_units.dimension
    where
        units.factor = units.whole
        and regexp_matches(cast(units.whole as varchar), '^10{1,15}$')
)

select
    units.unit,
    units.name_zh,
    units.name_en,
    units.dimension,
    units.factor,
    reference_units.unit as reference_unit,
    coalesce(multiples.unit_measure, units.unit) as unit_measure,
    coalesce(multiples.unit_mult, 0) as unit_mult,
    units.sdmx_id
from units
left join reference_units
    on units.dimension = reference_units.dimension
left join multiples
    on units.unit = multiples.unit
