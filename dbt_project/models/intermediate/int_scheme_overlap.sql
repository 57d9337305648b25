-- Grain: one row per member of a scheme and another one that counts some of the same.
with counting as (
    select *
    from {{ source('landing', 'scheme_cell') }}
    where sort > 0
),

overlapping_items as (
    select distinct
        item,
        overlaps_with
    from {{ ref('int_mart_item') }}
    where overlaps_with is not null
)

-- Classes of two lists cut one item in two ways, and all classes hold every one: who counts both,
-- counts twice. Of itself a member overlaps where two of its own items do.
select distinct
    one.scheme_code,
    one.sort as position,
    other.sort as other_position,
    one.valid_from,
    one.valid_to,
    other.valid_from as other_valid_from,
    other.valid_to as other_valid_to
from counting as one
inner join counting as other
    on
        one.scheme_code = other.scheme_code
        and coalesce(one.region_code, '') = coalesce(other.region_code, '')
left join overlapping_items
    on
        one.item = overlapping_items.item
        and list_contains(string_split(overlapping_items.overlaps_with, ','), other.item)
where
    overlapping_items.item is not null
    or (
        one.sort <> other.sort
        and one.item = other.item
        and (one.class_list <> other.class_list or one.class_code = other.class_code)
    )
