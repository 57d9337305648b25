-- Grain: one row per region, period, period kind, item, basis family and class; one a residual.
with cells as (
    select *
    from {{ mart_cells('investment.fixed_asset_investment', with_classes=true) }}
),

items as (
    select
        item,
        item_name_zh,
        item_name_en,
        is_part_of_total
    from {{ mart_items('investment.fixed_asset_investment') }}
),

{{ mart_summable('investment.fixed_asset_investment') }},

residual_name as (
    select
        coalesce(max(name_zh), '未单列部分') as name_zh,
        coalesce(max(name_en), 'Not itemised') as name_en
    from {{ source('landing', 'code') }}
    where list = 'item' and code = '_residual'
),

printed as (
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
        {{ slot('value', 'value') }} as investment,
        {{ slot('unit', 'value') }} as investment_unit,
        {{ slot('qualifier', 'value') }} as investment_qualifier,
        {{ slot('price_basis', 'value') }} as price_basis,
        cast({{ slot('value', 'share') }} as decimal(12, 4)) as share_printed,
        {{ slot('qualifier', 'share') }} as share_printed_qualifier,
        cast({{ slot('value', 'growth') }} as decimal(12, 4)) as growth_printed,
        {{ slot('growth_kind', 'growth') }} as growth_kind,
        {{ slot('qualifier', 'growth') }} as growth_qualifier,
        {{ slot('price_basis', 'growth') }} as growth_price_basis,
        {{ slot('obs_status', 'value') }} as investment_status,
        bool_or(is_simulated) as is_simulated,
        {{ slot('observation_id', 'value') }} as investment_observation_id,
        {{ slot('observation_id', 'share') }} as share_observation_id,
        {{ slot('observation_id', 'growth') }} as growth_observation_id
    from cells
    group by
        region_code, region_name_zh, period, period_start, period_end, period_kind, item,
        basis_family, class_list, class_code
),

totals as (
    select
        region_code,
        period,
        period_kind,
        basis_family,
        investment as total,
        investment_unit as total_unit,
        investment_qualifier as total_qualifier,
        price_basis as total_price_basis,
        is_simulated as total_is_simulated,
        investment_observation_id as total_observation_id
    from printed
    where item = 'total' and class_code = '_T' and investment is not null
),

-- Shares and residuals compare figures of one unit only; the total has no share in itself, and a
-- class of it has.
joined as (
    select
        printed.*,
        items.item_name_zh,
        items.item_name_en,
        coalesce(items.is_part_of_total, false) and printed.class_code = '_T' as is_part_of_total,
        coalesce(summable.is_summable, false) as is_summable,
        totals.total,
        totals.total_unit,
        totals.total_qualifier,
        totals.total_price_basis,
        totals.total_is_simulated,
        totals.total_observation_id,
        case
            when
                (printed.item <> 'total' or printed.class_code <> '_T')
                and printed.investment_unit = totals.total_unit
                and totals.total > 0
                then bounds.of_ratio(printed.investment_qualifier, totals.total_qualifier)
        end as share_computed_qualifier
    from printed
    left join items
        on printed.item = items.item
    left join totals
        on
            printed.region_code = totals.region_code
            and printed.period = totals.period
            and printed.period_kind = totals.period_kind
            and printed.basis_family = totals.basis_family
    {{ join_summable('printed') | indent(4) }}
),

computed as (
    select
        *,
        cast(
            {{ as_bound(
                percentage('investment', 'total'), 'share_computed_qualifier', 2
            ) | indent(12) }}
            as decimal(12, 4)
        ) as share_computed
    from joined
),

-- What no listed part explains. It is known only where every listed part has a share (a value).
listed as (
    select
        region_code,
        region_name_zh,
        period,
        period_start,
        period_end,
        period_kind,
        basis_family,
        any_value(total) as total,
        any_value(total_unit) as total_unit,
        any_value(total_qualifier) as total_qualifier,
        any_value(total_price_basis) as total_price_basis,
        any_value(total_observation_id) as total_observation_id,
        bool_or(is_simulated or coalesce(total_is_simulated, false)) as is_simulated,
        case
            when bool_and(share_printed is not null) then cast(sum(share_printed) as decimal(12, 4))
        end as shares,
        bounds.of_total(share_printed_qualifier) as shares_qualifier,
        case
            when bool_and(investment is not null and investment_unit = total_unit)
                then cast(sum(investment) as decimal(30, 8))
        end as investments,
        bounds.of_total(investment_qualifier) as investments_qualifier
    from computed
    where is_part_of_total and (share_printed is not null or investment is not null)
    group by
        region_code, region_name_zh, period, period_start, period_end, period_kind, basis_family
),

residual_qualifiers as (
    select
        *,
        case
            when shares is not null
                then bounds.opposite(shares_qualifier)
        end as residual_share_qualifier,
        case
            when total is not null and investments is not null
                then bounds.of_difference(total_qualifier, investments_qualifier)
        end as residual_investment_qualifier
    from listed
),

implied_qualifiers as (
    select
        *,
        case
            when total is not null and investments is null
                then bounds.of_product(total_qualifier, residual_share_qualifier)
        end as residual_investment_implied_qualifier
    from residual_qualifiers
),

residuals as (
    select
        *,
        {{ as_bound('100 - shares', 'residual_share_qualifier', 4) | indent(8) }} as residual_share,
        {{ as_bound('total - investments', 'residual_investment_qualifier', 8) | indent(8) }}
            as residual_investment,
        {{ as_bound(
            'total * (100 - shares) / 100', 'residual_investment_implied_qualifier', 2
        ) | indent(8) }} as residual_investment_implied
    from implied_qualifiers
),

combined as (
    select
        region_code,
        region_name_zh,
        period,
        period_start,
        period_end,
        period_kind,
        basis_family,
        item,
        item_name_zh,
        item_name_en,
        is_part_of_total,
        is_summable,
        investment,
        investment_unit,
        investment_qualifier,
        price_basis,
        share_printed,
        share_printed_qualifier,
        share_computed,
        share_computed_qualifier,
        case
            when share_printed_qualifier = 'exact' and share_computed_qualifier = 'exact'
                then share_printed - share_computed
        end as share_difference,
        cast(null as decimal(30, 8)) as residual_share,
        cast(null as varchar) as residual_share_qualifier,
        cast(null as decimal(30, 8)) as residual_investment,
        cast(null as varchar) as residual_investment_qualifier,
        cast(null as decimal(30, 8)) as residual_investment_implied,
        cast(null as varchar) as residual_investment_implied_qualifier,
        growth_printed,
        growth_kind,
        growth_qualifier,
        growth_price_basis,
        is_simulated
        or (share_computed_qualifier is not null and total_is_simulated) as is_simulated,
        investment_observation_id,
        share_observation_id,
        growth_observation_id,
        total_observation_id,
        class_list,
        class_code,
        class_name_zh,
        class_name_en,
        investment_status
    from computed

    union all

    select
        residuals.region_code,
        residuals.region_name_zh,
        residuals.period,
        residuals.period_start,
        residuals.period_end,
        residuals.period_kind,
        residuals.basis_family,
        '_residual' as item,
        residual_name.name_zh as item_name_zh,
        residual_name.name_en as item_name_en,
        false as is_part_of_total,
        false as is_summable,
        cast(null as decimal(30, 8)) as investment,
        residuals.total_unit as investment_unit,
        cast(null as varchar) as investment_qualifier,
        residuals.total_price_basis as price_basis,
        cast(null as decimal(12, 4)) as share_printed,
        cast(null as varchar) as share_printed_qualifier,
        cast(null as decimal(12, 4)) as share_computed,
        cast(null as varchar) as share_computed_qualifier,
        cast(null as decimal(12, 4)) as share_difference,
        residuals.residual_share,
        residuals.residual_share_qualifier,
        residuals.residual_investment,
        residuals.residual_investment_qualifier,
        residuals.residual_investment_implied,
        residuals.residual_investment_implied_qualifier,
        cast(null as decimal(12, 4)) as growth_printed,
        cast(null as varchar) as growth_kind,
        cast(null as varchar) as growth_qualifier,
        cast(null as varchar) as growth_price_basis,
        residuals.is_simulated,
        cast(null as varchar) as investment_observation_id,
        cast(null as varchar) as share_observation_id,
        cast(null as varchar) as growth_observation_id,
        residuals.total_observation_id,
        '_T' as class_list,
        '_T' as class_code,
        cast(null as varchar) as class_name_zh,
        cast(null as varchar) as class_name_en,
        cast(null as varchar) as investment_status
    from residuals
    cross join residual_name
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
    is_part_of_total,
    cast(investment as decimal(30, 8)) as investment,
    investment_unit,
    investment_qualifier,
    share_printed,
    share_printed_qualifier,
    share_computed,
    share_computed_qualifier,
    cast(share_difference as decimal(12, 4)) as share_difference,
    cast(residual_share as decimal(12, 4)) as residual_share,
    cast(residual_share_qualifier as varchar) as residual_share_qualifier,
    cast(residual_investment as decimal(30, 8)) as residual_investment,
    cast(residual_investment_qualifier as varchar) as residual_investment_qualifier,
    cast(residual_investment_implied as decimal(30, 8)) as residual_investment_implied,
    cast(residual_investment_implied_qualifier as varchar)
        as residual_investment_implied_qualifier,
    growth_printed,
    growth_kind,
    growth_qualifier,
    price_basis,
    growth_price_basis,
    is_simulated,
    investment_observation_id,
    share_observation_id,
    growth_observation_id,
    total_observation_id,
    basis_family,
    is_summable,
    {{ calendar_parts() }},
    {{ row_facts(none, 'investment') }}
from combined
