-- Grain: one row per region, period, period kind, item, basis family and class.
with {{ mart_rows(
    'industry_clusters.enterprise_tiers',
    values=['stock', 'added', 'cultivated'],
    has_rank=true
) }}

select
    {{ row_keys('rows_named') }},
    {{ printed_values('rows_named', ['stock', 'added', 'cultivated']) }},
    rows_named.rank,
    rows_named.rank_qualifier,
    rows_named.is_simulated,
    {{ observation_ids('rows_named', ['stock', 'added', 'cultivated', 'rank']) }},
    {{ about_rank('rows_named') }},
    {{ calendar_parts('rows_named') }},
    {{ row_facts('rows_named', 'stock') }}
from rows_named
