-- Grain: one row per region, period, period kind, spending item, basis family and class.
with {{ mart_rows(
    'public_services.social_spending',
    values=['amount'],
    growths=['growth']
) }},

{{ mart_summable('public_services.social_spending') }},

-- The whole and what the district counts as livelihood stand in the profile.
profile as (
    select
        region_code,
        region_name_zh,
        period,
        period_start,
        period_end,
        period_kind,
        item,
        basis_family,
        class_list,
        class_code,
        any_value(class_name_zh) as class_name_zh,
        any_value(class_name_en) as class_name_en,
        cast({{ slot('value', 'value') }} as decimal(30, 8)) as amount,
        {{ slot('unit', 'value') }} as amount_unit,
        {{ slot('qualifier', 'value') }} as amount_qualifier,
        {{ slot('scope', 'value') }} as amount_scope,
        {{ slot('reference_value', 'value') }} as amount_reference,
        {{ slot('unit_dimension', 'value') }} as amount_dimension,
        {{ slot('observation_id', 'value') }} as amount_observation_id,
        {{ slot('obs_status', 'value') }} as amount_status,
        cast({{ slot('value', 'share') }} as decimal(12, 4)) as share_printed,
        {{ slot('qualifier', 'share') }} as share_printed_qualifier,
        {{ slot('observation_id', 'share') }} as share_observation_id,
        bool_or(is_simulated) as is_simulated
    from {{ mart_cells('core.district_profile', with_classes=true) }}
    where
        item in ('general_budget_expenditure', 'livelihood_expenditure')
        and item not in (select items.item from items)
    group by
        region_code, region_name_zh, period, period_start, period_end, period_kind, item,
        basis_family, class_list, class_code
),

profile_items as (
    select
        item,
        item_name_zh,
        item_name_en
    from {{ mart_items('core.district_profile') }}
),

spending as (
    select
        region_code,
        region_name_zh,
        period,
        period_start,
        period_end,
        period_kind,
        item,
        item_name_zh,
        item_name_en,
        basis_family,
        amount,
        amount_unit,
        amount_qualifier,
        amount_scope,
        amount_reference,
        amount_dimension,
        growth,
        growth_qualifier,
        growth_price_basis,
        cast(null as decimal(12, 4)) as share_printed,
        cast(null as varchar) as share_printed_qualifier,
        is_simulated,
        amount_observation_id,
        growth_observation_id,
        cast(null as varchar) as share_observation_id,
        amount_status,
        class_list,
        class_code,
        class_name_zh,
        class_name_en
    from rows_named

    union all

    select
        profile.region_code,
        profile.region_name_zh,
        profile.period,
        profile.period_start,
        profile.period_end,
        profile.period_kind,
        profile.item,
        profile_items.item_name_zh,
        profile_items.item_name_en,
        profile.basis_family,
        profile.amount,
        profile.amount_unit,
        profile.amount_qualifier,
        profile.amount_scope,
        profile.amount_reference,
        profile.amount_dimension,
        cast(null as decimal(12, 4)) as growth,
        cast(null as varchar) as growth_qualifier,
        cast(null as varchar) as growth_price_basis,
        profile.share_printed,
        profile.share_printed_qualifier,
        profile.is_simulated,
        profile.amount_observation_id,
        cast(null as varchar) as growth_observation_id,
        profile.share_observation_id,
        profile.amount_status,
        profile.class_list,
        profile.class_code,
        profile.class_name_zh,
        profile.class_name_en
    from profile
    left join profile_items
        on profile.item = profile_items.item
),

totals as (
    select
        region_code,
        period,
        period_kind,
        basis_family,
        amount_reference as total,
        amount_qualifier as total_qualifier,
        amount_scope as total_scope,
        amount_dimension as total_dimension,
        is_simulated as total_is_simulated,
        amount_observation_id as total_observation_id
    from spending
    where item = 'general_budget_expenditure' and class_code = '_T'
),

{{ population() }},

compared as (
    select
        spending.*,
        coalesce(summable.is_summable, false) as is_summable,
        -- what is neither known to hold others nor to stand apart from them is no "not total"
        case
            when spending.class_code <> '_T' then null
            when spending.item = 'general_budget_expenditure' or summable.is_whole then true
            when summable.is_summable then false
        end as is_total,
        totals.total,
        totals.total_qualifier,
        totals.total_scope,
        totals.total_dimension,
        totals.total_is_simulated,
        totals.total_observation_id,
        population.residents,
        population.residents_qualifier,
        population.residents_are_simulated,
        population.residents_observation_id
    from spending
    left join totals
        on
            spending.region_code = totals.region_code
            and spending.period = totals.period
            and spending.period_kind = totals.period_kind
            and spending.basis_family = totals.basis_family
    left join population
        on
            spending.region_code = population.region_code
            and spending.period_end = population.period_end
    {{ join_summable('spending') | indent(4) }}
),

-- Public money is spent for residents whatever the scope of the population is called.
qualified as (
    select
        *,
        case
            when
                (item <> 'general_budget_expenditure' or class_code <> '_T')
                and amount_dimension = total_dimension
                then {{ quotient_qualifier('amount', 'total') | indent(16) }}
        end as share_computed_qualifier,
        case
            when
                period_kind = 'annual' and basis_family = 'outturn'
                and amount_dimension = 'currency_cny' and amount >= 0 and residents > 0
                then bounds.of_ratio(amount_qualifier, residents_qualifier)
        end as per_resident_qualifier
    from compared
)

select
    region_code,
    region_name_zh,
    period,
    period_start,
    period_end,
    period_kind,
    item,
    item_name_zh,
    item_name_en,
    basis_family,
    is_total,
    amount,
    amount_unit,
    amount_qualifier,
    cast(growth as decimal(12, 4)) as growth,
    growth_qualifier,
    growth_price_basis,
    cast(share_printed as decimal(12, 4)) as share_printed,
    share_printed_qualifier,
    cast(
        {{ as_bound(
            percentage('amount_reference', 'total'), 'share_computed_qualifier', 2
        ) | indent(8) }}
        as decimal(12, 4)
    ) as share_computed,
    share_computed_qualifier,
    {{ as_bound(ratio('amount_reference', 'residents'), 'per_resident_qualifier', 0) | indent(4) }}
        as per_resident,
    per_resident_qualifier,
    is_simulated
    or (share_computed_qualifier is not null and total_is_simulated)
    or (per_resident_qualifier is not null and residents_are_simulated) as is_simulated,
    amount_observation_id,
    growth_observation_id,
    share_observation_id,
    case when share_computed_qualifier is not null then total_observation_id end
        as total_observation_id,
    case when per_resident_qualifier is not null then residents_observation_id end
        as residents_observation_id,
    is_summable,
    {{ calendar_parts() }},
    {{ row_facts(none, 'amount') }}
from qualified
