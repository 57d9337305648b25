-- Grain: one row per region, period, period kind, kind of capital, basis family and class.
with cells as (
    select *
    from {{ mart_cells('investment.capital_attraction', with_classes=true) }}
),

items as (
    select
        item,
        item_name_zh,
        item_name_en,
        overlaps_with
    from {{ mart_items('investment.capital_attraction') }}
),

printed as (
    select
        region_code,
        region_name_zh,
        period,
        period_start,
        period_end,
        period_kind,
        item as kind,
        basis_family,
        class_list,
        class_code,
        any_value(class_name_zh) as class_name_zh,
        any_value(class_name_en) as class_name_en,
        {{ slot('value', 'value') }} as amount,
        {{ slot('unit', 'value') }} as amount_unit,
        {{ slot('qualifier', 'value') }} as amount_qualifier,
        {{ slot('value', 'count') }} as quantity,
        {{ slot('unit', 'count') }} as quantity_unit,
        {{ slot('qualifier', 'count') }} as quantity_qualifier,
        cast({{ slot('value', 'growth') }} as decimal(12, 4)) as growth_printed,
        {{ slot('growth_kind', 'growth') }} as growth_kind,
        {{ slot('qualifier', 'growth') }} as growth_qualifier,
        {{ slot('obs_status', 'value') }} as amount_status,
        bool_or(is_simulated) as is_simulated,
        {{ slot('observation_id', 'value') }} as amount_observation_id,
        {{ slot('observation_id', 'count') }} as quantity_observation_id,
        {{ slot('observation_id', 'growth') }} as growth_observation_id
    from cells
    group by
        region_code, region_name_zh, period, period_start, period_end, period_kind, item,
        basis_family, class_list, class_code
)

select
    printed.region_code,
    printed.region_name_zh,
    printed.period,
    printed.period_start,
    printed.period_end,
    printed.period_kind,
    printed.kind,
    items.item_name_zh as kind_name_zh,
    items.item_name_en as kind_name_en,
    printed.amount,
    printed.amount_unit,
    printed.amount_qualifier,
    printed.quantity,
    printed.quantity_unit,
    printed.quantity_qualifier,
    printed.growth_printed,
    printed.growth_kind,
    printed.growth_qualifier,
    items.overlaps_with,
    printed.is_simulated,
    printed.amount_observation_id,
    printed.quantity_observation_id,
    printed.growth_observation_id,
    printed.basis_family,
    {{ calendar_parts('printed') }},
    {{ row_facts('printed', 'amount') }}
from printed
left join items
    on printed.kind = items.item
