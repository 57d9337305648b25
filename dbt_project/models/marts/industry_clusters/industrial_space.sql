-- Grain: one row per region, period, period kind, item, basis family and class.
with {{ mart_rows(
    'industry_clusters.industrial_space',
    values=['area', 'count', 'added', 'rate', 'amount', 'standard']
) }},

-- Fifteen mu are one hectare.
square as (
    select
        *,
        case area_dimension
            when 'area_m2' then area_reference
            when 'area_mu' then area_reference * 10000 / 15
        end as square_metres
    from rows_named
),

measured as (
    select
        *,
        {{ as_value('square_metres', 0) }} as area_square_metres
    from square
)

select
    {{ row_keys('measured') }},
    {{ printed_values('measured', ['area', 'count', 'added', 'rate', 'amount', 'standard']) }},
    measured.area_square_metres,
    measured.is_simulated,
    {{ observation_ids('measured', ['area', 'count', 'added', 'rate', 'amount', 'standard']) }},
    {{ calendar_parts('measured') }},
    {{ row_facts('measured', 'area') }}
from measured
