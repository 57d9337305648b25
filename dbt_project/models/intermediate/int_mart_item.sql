-- Grain: one row per mart and item (what a mart row is about) that some indicator declares.
with indicators as (
    select
        mart,
        item,
        indicator_code,
        name_zh,
        name_en,
        role
    from {{ source('landing', 'indicator') }}
    where mart <> ''
),

relations as (
    select
        kind,
        indicator_code,
        other_code,
        note_zh,
        note_en
    from {{ source('landing', 'relation') }}
),

item_codes as (
    select
        code,
        name_zh,
        name_en
    from {{ source('landing', 'code') }}
    where list = 'item'
),

-- Relations between indicators, read as relations between the items they stand for.
links as (
    select distinct
        one.mart,
        relations.kind,
        one.item,
        other.item as other_item,
        relations.note_zh,
        relations.note_en
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
        other_item,
        note_zh,
        note_en
    from links
    where kind = 'overlaps'
    union
    select
        mart,
        other_item,
        item,
        note_zh,
        note_en
    from links
    where kind = 'overlaps'
),

-- Only what is declared a part or a share of the total is one: anything else may cut across, and
-- a part of another part is in that one already.
parts as (
    select
        mart,
        item
    from links
    where kind in ('part_of', 'share_of')
    group by mart, item
    having bool_or(other_item = 'total') and bool_and(other_item = 'total')
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
        overlapping.mart,
        overlapping.item,
        array_to_string(list_sort(list(distinct overlapping.other_item)), ',') as overlaps_with,
        array_to_string(
            list_sort(list(distinct coalesce(others.name_zh, overlapping.other_item))), '、'
        ) as overlaps_with_zh,
        array_to_string(
            list_sort(list(distinct coalesce(others.name_en, overlapping.other_item))), ', '
        ) as overlaps_with_en,
        arg_min(nullif(overlapping.note_zh, ''), overlapping.other_item) as overlap_note_zh,
        arg_min(nullif(overlapping.note_en, ''), overlapping.other_item) as overlap_note_en
    from overlapping
    left join item_codes as others
        on overlapping.other_item = others.code
    group by overlapping.mart, overlapping.item
),

-- The one item of the mart that an item is declared a part of.
wholes as (
    select
        mart,
        item,
        case when count(distinct other_item) = 1 then min(other_item) end as part_of_item
    from links
    where kind = 'part_of'
    group by mart, item
)

select
    items.mart,
    items.item,
    coalesce(item_codes.name_zh, items.indicator_name_zh) as item_name_zh,
    coalesce(item_codes.name_en, items.indicator_name_en) as item_name_en,
    parts.item is not null and overlapping_parts.item is null as is_part_of_total,
    overlap_lists.overlaps_with,
    overlap_lists.overlaps_with_zh,
    overlap_lists.overlaps_with_en,
    overlap_lists.overlap_note_zh,
    overlap_lists.overlap_note_en,
    wholes.part_of_item
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
left join wholes
    on
        items.mart = wholes.mart
        and items.item = wholes.item
