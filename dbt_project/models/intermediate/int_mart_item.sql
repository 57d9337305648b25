-- Grain: one row per mart and item (what a mart row is about) that some indicator declares.
with indicators as (
    select
        mart,
        item,
        indicator_code,
        name_zh,
        name_en,
        role
    from {{ ref('stg_indicator') }}
    where mart <> ''
),

relations as (
    select
        kind,
        indicator_code,
        other_code
    from {{ ref('stg_relation') }}
),

item_codes as (
    select
        code,
        name_zh,
        name_en
    from {{ ref('stg_code') }}
    where list = 'item'
),

-- Relations between indicators, read as relations between the items they stand for.
links as (
    select distinct
        one.mart,
        relations.kind,
        one.item,
        other.item as other_item
    from relations
    inner join indicators as one
        on relations.indicator_code = one.indicator_code
    inner join indicators as other
        on
            relations.other_code = other.indicator_code
            and one.mart = other.mart
            and one.item <> other.item
),

overlapping as (
    select
        mart,
        item,
        other_item
    from links
    where kind = 'overlaps'
    union
    select
        mart,
        other_item,
        item
    from links
    where kind = 'overlaps'
),

-- Only what is declared a part or a share of the total is one: anything else may cut across.
parts as (
    select distinct
        mart,
        item
    from links
    where kind in ('part_of', 'share_of') and other_item = 'total'
),

overlapping_parts as (
    select distinct
        overlapping.mart,
        overlapping.item
    from overlapping
    inner join parts
        on
            overlapping.mart = parts.mart
            and overlapping.other_item = parts.item
),

items as (
    select
        mart,
        item,
        arg_min(name_zh, (role <> 'value', indicator_code)) as indicator_name_zh,
        arg_min(name_en, (role <> 'value', indicator_code)) as indicator_name_en
    from indicators
    group by mart, item
),

overlap_lists as (
    select
        mart,
        item,
        string_agg(other_item, ',' order by other_item) as overlaps_with
    from overlapping
    group by mart, item
)

select
    items.mart,
    items.item,
    coalesce(item_codes.name_zh, items.indicator_name_zh) as item_name_zh,
    coalesce(item_codes.name_en, items.indicator_name_en) as item_name_en,
    parts.item is not null and overlapping_parts.item is null as is_part_of_total,
    overlap_lists.overlaps_with
from items
left join item_codes
    on items.item = item_codes.code
left join parts
    on
        items.mart = parts.mart
        and items.item = parts.item
left join overlapping_parts
    on
        items.mart = overlapping_parts.mart
        and items.item = overlapping_parts.item
left join overlap_lists
    on
        items.mart = overlap_lists.mart
        and items.item = overlap_lists.item
