-- Grain: one row per region, period, period kind, item, basis family, place below it and class.
with {{ mart_rows(
    'consumption.business_districts',
    values=['sales', 'footfall', 'count'],
    with_localities=true
) }},

qualified as (
    select
        *,
        case
            when sales_dimension = 'currency_cny'
                then {{ quotient_qualifier('sales', 'footfall') | indent(16) }}
        end as sales_per_visit_qualifier
    from rows_named
),

computed as (
    select
        *,
        {{ as_bound(
            ratio('sales_reference', 'footfall_reference'), 'sales_per_visit_qualifier', 1
        ) | indent(8) }} as sales_per_visit,
        case
            when sales_per_visit_qualifier = 'indeterminate'
                then '销售额与客流量的界限方向相互抵消，每人次销售额不能确定。'
        end as note_zh,
        case
            when sales_per_visit_qualifier = 'indeterminate'
                then 'The bounds of sales and footfall point in no direction: no sales per visit.'
        end as note_en
    from qualified
)

select
    {{ row_keys('computed') }},
    {{ printed_values('computed', ['sales', 'footfall', 'count']) }},
    computed.sales_per_visit,
    computed.sales_per_visit_qualifier,
    computed.note_zh,
    computed.note_en,
    computed.is_simulated,
    {{ observation_ids('computed', ['sales', 'footfall', 'count']) }},
    nullif(computed.locality, '_T') as locality,
    {{ calendar_parts('computed') }},
    {{ row_facts('computed', 'sales') }}
from computed
