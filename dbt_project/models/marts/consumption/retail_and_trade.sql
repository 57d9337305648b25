-- Grain: one row per region, period, period kind, item, basis family and class.
with {{ mart_rows(
    'consumption.retail_and_trade',
    values=['value', 'count', 'moved', 'share_of_nation'],
    growths=['growth', 'cagr'],
    has_rank=true
) }},

qualified as (
    select
        *,
        {{ base_implied_qualifier('value', 'cagr') | indent(8) }} as base_implied_qualifier,
        case
            when moved_dimension = value_dimension
                then {{ quotient_qualifier('moved', 'value') | indent(16) }}
        end as multiplier_qualifier
    from rows_named
),

computed as (
    select
        *,
        {{ as_bound(base_implied('value', 'cagr'), 'base_implied_qualifier', 1) | indent(8) }}
            as base_implied,
        case when base_implied_qualifier is not null then left(cagr_period, 4) end
            as base_implied_period,
        {{ as_bound(
            ratio('moved_reference', 'value_reference'), 'multiplier_qualifier', 1
        ) | indent(8) }} as multiplier,
        case
            when multiplier_qualifier = 'indeterminate'
                then '发放额与撬动额的界限方向相互抵消，倍数不能确定。'
            when cagr is not null and value is not null and base_implied_qualifier is null
                then '增速不是现价口径，不推算基期。'
            when base_implied_qualifier = 'indeterminate'
                then '界限方向相互抵消，不推算基期。'
        end as note_zh,
        case
            when multiplier_qualifier = 'indeterminate'
                then 'The bounds of vouchers and what they moved leave it open: no multiplier.'
            when cagr is not null and value is not null and base_implied_qualifier is null
                then 'Growth is not nominal: it implies no base.'
            when base_implied_qualifier = 'indeterminate'
                then 'The bounds point in no direction: no base is implied.'
        end as note_en
    from qualified
)

select
    {{ row_keys('computed') }},
    {{ printed_values('computed', ['value', 'count', 'moved', 'share_of_nation']) }},
    {{ printed_growths('computed', ['growth', 'cagr'], with_period=['cagr']) }},
    computed.rank,
    computed.rank_qualifier,
    computed.base_implied,
    computed.base_implied_qualifier,
    computed.base_implied_period,
    computed.multiplier,
    computed.multiplier_qualifier,
    computed.note_zh,
    computed.note_en,
    computed.is_simulated,
    {{ observation_ids('computed', [
        'value', 'count', 'moved', 'share_of_nation', 'growth', 'cagr', 'rank'
    ]) }},
    {{ about_rank('computed') }},
    {{ calendar_parts('computed') }},
    {{ row_facts('computed', 'value') }}
from computed
