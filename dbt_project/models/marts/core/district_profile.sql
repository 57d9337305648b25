-- Grain: one row per region, period, period kind, item, basis family and class.
{#- An item has one value, whatever it is called: an amount, a number, a ratio or a rate. #}
{%- set values = ['value', 'count', 'ratio', 'rate'] %}
with cells as (
    select *
    from {{ mart_cells('core.district_profile', with_classes=true) }}
),

items as (
    select
        item,
        item_name_zh,
        item_name_en
    from {{ mart_items('core.district_profile') }}
),

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
        min(topic) as topic,
        {{ slot('value', values) }} as value,
        {{ slot('unit', values) }} as unit,
        {{ slot('qualifier', values) }} as qualifier,
        {{ slot('obs_status', values) }} as obs_status,
        {{ slot('scope', values) }} as scope,
        {{ slot('price_basis', values) }} as price_basis,
        {{ slot('value', 'growth') }} as growth,
        {{ slot('growth_kind', 'growth') }} as growth_kind,
        {{ slot('qualifier', 'growth') }} as growth_qualifier,
        {{ slot('scope', 'growth') }} as growth_scope,
        {{ slot('price_basis', 'growth') }} as growth_price_basis,
        {{ slot('value', 'share') }} as share,
        {{ slot('qualifier', 'share') }} as share_qualifier,
        {{ slot('value', 'rank') }} as rank,
        {{ slot('qualifier', 'rank') }} as rank_qualifier,
        {{ what_is_shared() | indent(8) }},
        {{ what_is_ranked() | indent(8) }},
        bool_or(is_simulated) as is_simulated,
        {{ slot('observation_id', values) }} as value_observation_id,
        {{ slot('observation_id', 'growth') }} as growth_observation_id,
        {{ slot('observation_id', 'share') }} as share_observation_id,
        {{ slot('observation_id', 'rank') }} as rank_observation_id
    from cells
    group by
        region_code, region_name_zh, period, period_start, period_end, period_kind, item,
        basis_family, class_list, class_code
)

select
    profile.region_code,
    profile.region_name_zh,
    profile.period,
    profile.period_start,
    profile.period_end,
    profile.period_kind,
    profile.topic,
    profile.item,
    items.item_name_zh,
    items.item_name_en,
    profile.basis_family,
    profile.value,
    profile.unit,
    profile.qualifier,
    profile.scope,
    profile.price_basis,
    cast(profile.growth as decimal(12, 4)) as growth,
    profile.growth_kind,
    profile.growth_qualifier,
    profile.growth_scope,
    profile.growth_price_basis,
    cast(profile.share as decimal(12, 4)) as share,
    profile.share_qualifier,
    cast(profile.rank as integer) as rank,
    profile.rank_qualifier,
    profile.is_simulated,
    profile.value_observation_id,
    profile.growth_observation_id,
    profile.share_observation_id,
    profile.rank_observation_id,
    {{ about_share('profile') }},
    {{ about_rank('profile') }},
    {{ value_ends('profile') }},
    {{ calendar_parts('profile') }},
    {{ row_class('profile') }},
    profile.obs_status
from profile
left join items
    on profile.item = items.item
