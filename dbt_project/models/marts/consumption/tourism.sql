-- Grain: one row per region, period, period kind, item, basis family and class.
with {{ mart_rows(
    'consumption.tourism',
    values=['revenue', 'visitors', 'share', 'count'],
    growths=['revenue_growth', 'visitors_growth'],
    has_rank=true
) }},

qualified as (
    select
        *,
        case
            when revenue_dimension = 'currency_cny'
                then {{ quotient_qualifier('revenue', 'visitors') | indent(16) }}
        end as spending_per_visit_qualifier
    from rows_named
),

computed as (
    select
        *,
        {{ as_bound(
            ratio('revenue_reference', 'visitors_reference'), 'spending_per_visit_qualifier', 1
        ) | indent(8) }} as spending_per_visit
    from qualified
)

select
    {{ row_keys('computed') }},
    {{ printed_values('computed', ['revenue', 'visitors', 'share', 'count']) }},
    {{ printed_growths('computed', ['revenue_growth', 'visitors_growth']) }},
    computed.rank,
    computed.rank_qualifier,
    computed.spending_per_visit,
    computed.spending_per_visit_qualifier,
    computed.is_simulated,
    {{ observation_ids('computed', [
        'revenue', 'visitors', 'share', 'count', 'revenue_growth', 'visitors_growth', 'rank'
    ]) }},
    {{ about_share('computed') }},
    {{ about_rank('computed') }},
    {{ calendar_parts('computed') }},
    {{ row_facts('computed', 'revenue') }}
from computed
