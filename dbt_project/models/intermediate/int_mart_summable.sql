-- Grain: one row per mart row with an amount or a number, and whether it may be added to others.
--
-- A flag has to make a naive sum right, `sum(amount) where is_summable` over a whole table with no
-- further condition, or to refuse it. So a row counts only where everything in it is declared a
-- part of one and the same whole, is the smallest declared part, overlaps nothing, is an exact
-- outturn of the region itself, and lies in no other period or region that counts too. Figures of
-- classes have no row here: they are in the figure of all classes, and lists of classes cut across.
with recursive parts as (
    select distinct
        indicator_code,
        other_code
    from {{ source('landing', 'relation') }}
    where kind = 'part_of' and indicator_code <> other_code
),

-- Every indicator with all that it is a part of, parts of parts too.
above as (
    select
        indicator_code,
        other_code as whole_code
    from parts
    union
    select
        nearer.indicator_code,
        parts.other_code as whole_code
    from above as nearer
    inner join parts
        on nearer.whole_code = parts.indicator_code
),

-- A whole that is cut in several ways: what belongs to one cut is in the others, too.
cut_twice as (
    select other_code as whole_code
    from {{ source('landing', 'relation') }}
    where kind = 'part_of'
    group by other_code
    having count(distinct coalesce(cut, '')) > 1
),

overlapping as (
    select relations.indicator_code
    from {{ source('landing', 'relation') }} as relations
    inner join cut_twice
        on relations.other_code = cut_twice.whole_code
    where relations.kind = 'part_of'
    union
    select indicator_code
    from {{ source('landing', 'relation') }}
    where kind = 'overlaps'
    union
    select other_code as indicator_code
    from {{ source('landing', 'relation') }}
    where kind = 'overlaps'
),

declared_wholes as (
    select distinct other_code as whole_code
    from parts
),

-- The smallest declared parts with the one whole that is a part of nothing. Where a part, or what
-- it is a part of, overlaps anything, so may the part itself.
smallest as (
    select
        above.indicator_code,
        min(above.whole_code) filter (where parts.indicator_code is null) as root_code
    from above
    left join parts
        on above.whole_code = parts.indicator_code
    where
        above.indicator_code not in (select declared_wholes.whole_code from declared_wholes)
        and above.indicator_code not in (select overlapping.indicator_code from overlapping)
    group by above.indicator_code
    having
        count(distinct above.whole_code) filter (where parts.indicator_code is null) = 1
        and bool_and(
            above.whole_code not in (select overlapping.indicator_code from overlapping)
        )
),

regions as (
    select
        region_code,
        parent_code,
        region_kind
    from {{ source('landing', 'region') }}
),

-- Every region with those that it lies in.
inside as (
    select
        region_code,
        parent_code as outer_code
    from regions
    where parent_code <> region_code
    union
    select
        inside.region_code,
        regions.parent_code as outer_code
    from inside
    inner join regions
        on inside.outer_code = regions.region_code
    where regions.parent_code <> inside.region_code
),

amounts as (
    select
        cells.*,
        concat_ws(
            '|', cells.mart, cells.region_code, cells.period, cells.period_kind, cells.item,
            cells.stage, cells.basis_family, cells.subject, cells.locality
        ) as row_key,
        concat_ws('|', cells.mart, cells.slot, cells.item, cells.stage) as what,
        smallest.root_code,
        cells.indicator_code in (select declared_wholes.whole_code from declared_wholes)
            as is_whole,
        -- what comes about year after year adds up over years; what is there, or is counted
        -- without saying so, does not
        cells.price_basis in ('current', 'comparable', 'constant')
        and cells.basis in ('current', 'cumulative') as is_flow
    from {{ ref('int_mart_cell') }} as cells
    left join smallest
        on cells.indicator_code = smallest.indicator_code
    where
        cells.is_shown
        and cells.class_code = '_T'
        and cells.value is not null
        and cells.measure in ('level', 'count', 'target_level')
),

-- Rows of which every amount is such a part.
eligible as (
    select amounts.*
    from amounts
    inner join regions
        on
            amounts.region_code = regions.region_code
            and regions.region_kind <> 'aggregate'
    qualify
        bool_and(
            amounts.root_code is not null
            and amounts.basis_family = 'outturn'
            and amounts.subject = '_T'
            and amounts.locality = '_T'
            and amounts.qualifier = 'exact'
        ) over (partition by amounts.row_key)
),

-- A column adds up in one unit, at one kind of prices, to one whole.
columns_of_one_kind as (
    select
        mart,
        slot
    from eligible
    group by mart, slot
    having count(distinct concat_ws('|', root_code, unit, price_basis)) = 1
),

of_one_kind as (
    select eligible.*
    from eligible
    inner join columns_of_one_kind
        on
            eligible.mart = columns_of_one_kind.mart
            and eligible.slot = columns_of_one_kind.slot
),

-- What is counted in a longer period too, or beside a period that it overlaps; of what does not
-- add up over time, all but the last.
counted_in_time as (
    select distinct one.observation_id
    from of_one_kind as one
    inner join of_one_kind as other
        on
            one.what = other.what
            and one.region_code = other.region_code
            and one.observation_id <> other.observation_id
    where
        (not (one.is_flow and other.is_flow) and one.period_end < other.period_end)
        or (
            one.period_start <= other.period_end
            and other.period_start <= one.period_end
            and not (
                one.period_start <= other.period_start
                and one.period_end >= other.period_end
                and (
                    one.period_start < other.period_start
                    or one.period_end > other.period_end
                    or one.period_kind < other.period_kind
                )
            )
        )
),

-- What is counted in a region inside too.
counted_inside as (
    select distinct one.observation_id
    from of_one_kind as one
    inner join inside
        on one.region_code = inside.outer_code
    inner join of_one_kind as other
        on
            one.what = other.what
            and inside.region_code = other.region_code
),

once as (
    select of_one_kind.*
    from of_one_kind
    left join counted_in_time
        on of_one_kind.observation_id = counted_in_time.observation_id
    left join counted_inside
        on of_one_kind.observation_id = counted_inside.observation_id
    where counted_in_time.observation_id is null and counted_inside.observation_id is null
),

places as (
    select
        region_code,
        region_code as outer_code
    from regions
    union
    select
        region_code,
        outer_code
    from inside
),

-- Every printed whole with the parts of it that lie in its region and in its period.
parts_of_wholes as (
    select
        once.observation_id,
        once.mart,
        once.slot,
        once.reference_value,
        wholes.observation_id as whole_id,
        wholes.reference_value as whole_value,
        wholes.qualifier as whole_qualifier
    from once
    inner join above
        on once.indicator_code = above.indicator_code
    inner join places
        on once.region_code = places.region_code
    inner join amounts as wholes
        on
            above.whole_code = wholes.indicator_code
            and places.outer_code = wholes.region_code
            and once.period_start >= wholes.period_start
            and once.period_end <= wholes.period_end
            and wholes.basis_family = 'outturn'
            and wholes.subject = '_T'
            and wholes.locality = '_T'
),

-- Parts that come to more than what they are parts of are not what they are declared to be.
too_large as (
    select
        mart,
        slot,
        whole_id
    from parts_of_wholes
    group by mart, slot, whole_id, whole_value, whole_qualifier
    having bounds.has_high(whole_qualifier) and sum(reference_value) > whole_value
),

refused as (
    select distinct parts_of_wholes.observation_id
    from parts_of_wholes
    inner join too_large
        on
            parts_of_wholes.mart = too_large.mart
            and parts_of_wholes.slot = too_large.slot
            and parts_of_wholes.whole_id = too_large.whole_id
),

counted as (
    select once.observation_id
    from once
    left join refused
        on once.observation_id = refused.observation_id
    where refused.observation_id is null
)

select
    amounts.mart,
    amounts.region_code,
    amounts.period,
    amounts.period_kind,
    amounts.item,
    amounts.stage,
    amounts.basis_family,
    amounts.subject,
    amounts.locality,
    bool_and(counted.observation_id is not null) as is_summable,
    bool_or(amounts.is_whole) as is_whole
from amounts
left join counted
    on amounts.observation_id = counted.observation_id
group by
    amounts.mart, amounts.region_code, amounts.period, amounts.period_kind, amounts.item,
    amounts.stage, amounts.basis_family, amounts.subject, amounts.locality
