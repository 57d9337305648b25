-- Grain: one row per mart, region, period, period kind, item, basis family, place and class.
with {{ mart_rows(
    ['core.figure_by_field', 'core.district_profile'],
    values=['value', 'share'],
    growths=['growth'],
    has_rank=true,
    with_localities=true,
    merged={'value': ['value', 'count', 'ratio', 'rate']}
) }}

select
    rows_named.mart,
    rows_named.field,
    rows_named.field_name_zh,
    rows_named.field_name_en,
    {{ row_keys('rows_named') }},
    {{ printed_values('rows_named', ['value', 'share']) }},
    rows_named.value_price_basis as price_basis,
    rows_named.value_scope as scope,
    {{ printed_growths('rows_named', ['growth']) }},
    rows_named.growth_kind,
    rows_named.rank,
    rows_named.rank_qualifier,
    rows_named.is_simulated,
    {{ observation_ids('rows_named', ['value', 'share', 'growth', 'rank']) }},
    nullif(rows_named.locality, '_T') as locality,
    {{ about_share('rows_named') }},
    {{ about_rank('rows_named') }},
    {{ calendar_parts('rows_named') }},
    {{ row_facts('rows_named', 'value') }}
from rows_named
