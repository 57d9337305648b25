-- Grain: one row per region, period, period kind, item, basis family and class.
with {{ mart_rows(
    'industry_clusters.land_performance',
    values=['firms', 'land', 'amount', 'saving'],
    has_rank=true
) }},

qualified as (
    select
        *,
        case
            when land_dimension = 'area_mu'
                then {{ quotient_qualifier('land', 'firms') | indent(16) }}
        end as land_per_firm_qualifier,
        case
            when amount_dimension = 'currency_cny'
                then {{ quotient_qualifier('amount', 'firms') | indent(16) }}
        end as amount_per_firm_qualifier,
        case
            when saving_dimension = amount_dimension
                then {{ quotient_qualifier('saving', 'amount') | indent(16) }}
        end as saving_rate_qualifier
    from rows_named
),

computed as (
    select
        *,
        {{ as_bound(
            ratio('land_reference', 'firms_reference'), 'land_per_firm_qualifier', 2
        ) | indent(8) }} as land_per_firm,
        {{ as_bound(
            ratio('amount_reference / 10000', 'firms_reference'), 'amount_per_firm_qualifier', 1
        ) | indent(8) }} as amount_per_firm,
        {{ as_bound(
            percentage('saving_reference', 'amount_reference'), 'saving_rate_qualifier', 3
        ) | indent(8) }} as saving_rate
    from qualified
)

select
    {{ row_keys('computed') }},
    {{ printed_values('computed', ['firms', 'land', 'amount', 'saving']) }},
    computed.rank,
    computed.rank_qualifier,
    computed.land_per_firm,
    computed.land_per_firm_qualifier,
    computed.amount_per_firm,
    computed.amount_per_firm_qualifier,
    computed.saving_rate,
    computed.saving_rate_qualifier,
    computed.is_simulated,
    {{ observation_ids('computed', ['firms', 'land', 'amount', 'saving', 'rank']) }},
    {{ about_rank('computed') }},
    {{ calendar_parts('computed') }},
    {{ row_facts('computed', 'land') }}
from computed
