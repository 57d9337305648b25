-- Grain: one row per region, period, period kind, item, basis family and class.
with {{ mart_rows(
    'public_services.service_coverage',
    values=['standard', 'count', 'coverage', 'rate', 'ratio']
) }}

select
    {{ row_keys('rows_named') }},
    {{ printed_values('rows_named', ['standard', 'count', 'coverage', 'rate', 'ratio']) }},
    rows_named.is_simulated,
    {{ observation_ids('rows_named', ['standard', 'count', 'coverage', 'rate', 'ratio']) }},
    {{ calendar_parts('rows_named') }},
    {{ row_facts('rows_named', 'rate') }}
from rows_named
