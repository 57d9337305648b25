-- Grain: one row per region, period, period kind, item, basis family and class.
with {{ mart_rows(
    'public_services.environment_and_rural',
    values=['value', 'count', 'rate', 'floor'],
    growths=['growth']
) }}

select
    {{ row_keys('rows_named') }},
    {{ printed_values('rows_named', ['value', 'count', 'rate', 'floor']) }},
    {{ printed_growths('rows_named', ['growth']) }},
    rows_named.is_simulated,
    {{ observation_ids('rows_named', ['value', 'count', 'rate', 'floor', 'growth']) }},
    {{ calendar_parts('rows_named') }},
    {{ row_facts('rows_named', 'value') }}
from rows_named
