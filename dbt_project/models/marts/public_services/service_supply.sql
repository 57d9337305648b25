-- Grain: one row per region, period, period kind, item, basis family and class.
with {{ mart_rows(
    'public_services.service_supply',
    values=['stock', 'added', 'served', 'amount', 'level', 'years'],
    has_rank=true
) }},

{{ population() }},

-- A number that exists at a date, or that came about in one year, beside the residents of that
-- date; what came about over other ranges belongs to no date.
counted as (
    select
        rows_named.*,
        population.residents,
        population.residents_qualifier,
        population.residents_scope,
        population.residents_observation_id,
        population.residents_are_simulated,
        coalesce(
            rows_named.stock_reference, rows_named.served_reference, rows_named.added_reference
        ) as quantity,
        case
            when rows_named.stock_reference is not null then rows_named.stock_qualifier
            when rows_named.served_reference is not null then rows_named.served_qualifier
            when rows_named.added_reference is not null then rows_named.added_qualifier
        end as quantity_qualifier,
        case
            when rows_named.stock_reference is not null then rows_named.stock_scope
            when rows_named.served_reference is not null then rows_named.served_scope
            when rows_named.added_reference is not null then rows_named.added_scope
        end as quantity_scope,
        rows_named.period_kind in ('annual', 'point') as is_dated
    from rows_named
    left join population
        on
            rows_named.region_code = population.region_code
            and rows_named.period_end = population.period_end
            and rows_named.basis_family = 'outturn'
),

qualified as (
    select
        *,
        case
            when is_dated
                then {{ quotient_qualifier('quantity', 'residents') | indent(16) }}
        end as per_10k_residents_qualifier
    from counted
),

computed as (
    select
        *,
        {{ as_bound(
            ratio('quantity * 10000', 'residents'), 'per_10k_residents_qualifier', 2
        ) | indent(8) }} as per_10k_residents,
        case
            when quantity is null or basis_family = 'target' then null
            when not is_dated then '跨期累计数，没有对应日期的人口。'
            when residents is null then '没有同一日期的常住人口。'
            when quantity_scope <> residents_scope then '与常住人口的统计口径不同。'
            when per_10k_residents_qualifier = 'indeterminate' then '界限方向相互抵消。'
        end as note_zh,
        case
            when quantity is null or basis_family = 'target' then null
            when not is_dated then 'A total over a range of months: no population of its date.'
            when residents is null then 'No resident population of the same date.'
            when quantity_scope <> residents_scope
                then 'The resident population has another scope.'
            when per_10k_residents_qualifier = 'indeterminate'
                then 'The bounds point in no direction.'
        end as note_en
    from qualified
)

select
    {{ row_keys('computed') }},
    {{ printed_values('computed', ['stock', 'added', 'served', 'amount', 'level', 'years']) }},
    computed.rank,
    computed.rank_qualifier,
    computed.per_10k_residents,
    computed.per_10k_residents_qualifier,
    computed.note_zh,
    computed.note_en,
    computed.is_simulated
    or (computed.per_10k_residents_qualifier is not null and computed.residents_are_simulated)
        as is_simulated,
    {{ observation_ids('computed', [
        'stock', 'added', 'served', 'amount', 'level', 'years', 'rank'
    ]) }},
    case
        when computed.per_10k_residents_qualifier is not null
            then computed.residents_observation_id
    end as residents_observation_id,
    {{ about_rank('computed') }},
    {{ calendar_parts('computed') }},
    {{ row_facts('computed', 'stock') }}
from computed
