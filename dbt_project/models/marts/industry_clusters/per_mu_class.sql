-- Grain: one row per region, period, period kind, item, basis family and class.
with {{ mart_rows(
    'industry_clusters.per_mu_class',
    values=[
        'firms', 'share', 'land', 'tax', 'tax_per_mu', 'value_added', 'value_added_per_mu'
    ]
) }},

{{ class_compared('rows_named', 'firms', 'per_mu_class') }},

qualified as (
    select
        *,
        {{ per_mu_qualifier('tax') | indent(8) }} as tax_per_mu_computed_qualifier,
        {{ per_mu_qualifier('value_added') | indent(8) }} as value_added_per_mu_computed_qualifier
    from compared
),

computed as (
    select
        *,
        {{ per_mu('tax') | indent(8) }} as tax_per_mu_computed,
        {{ per_mu('value_added') | indent(8) }} as value_added_per_mu_computed
    from qualified
)

select
    {{ row_keys('computed') }},
    {{ row_class('computed') }},
    {{ printed_values('computed', [
        'firms', 'share', 'land', 'tax', 'tax_per_mu', 'value_added', 'value_added_per_mu'
    ]) }},
    computed.is_any_simulated as is_simulated,
    {{ observation_ids('computed', [
        'firms', 'share', 'land', 'tax', 'tax_per_mu', 'value_added', 'value_added_per_mu'
    ]) }},
    {{ class_columns('computed', 'firms') }},
    computed.tax_per_mu_computed,
    computed.tax_per_mu_computed_qualifier,
    computed.value_added_per_mu_computed,
    computed.value_added_per_mu_computed_qualifier,
    {{ calendar_parts('computed') }}
from computed
