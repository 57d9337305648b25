-- Grain: one row per region, period, period kind, item, basis family and class.
with {{ mart_rows(
    'public_services.urban_renewal',
    values=['area', 'count', 'length', 'rate', 'density']
) }}

select
    {{ row_keys('rows_named') }},
    {{ printed_values('rows_named', ['area', 'count', 'length', 'rate', 'density']) }},
    rows_named.is_simulated,
    {{ observation_ids('rows_named', ['area', 'count', 'length', 'rate', 'density']) }},
    {{ calendar_parts('rows_named') }},
    {{ row_facts('rows_named', 'area') }}
from rows_named
