-- Grain: one row per headline figure in force that counts as a member of a scheme, or as its whole.
with counting as (
    select *
    from {{ source('landing', 'scheme_cell') }}
),

schemes as (
    select
        schemes.scheme_code,
        coalesce(schemes.region_code, releases.district_code) as own_region_code
    from {{ source('landing', 'scheme') }} as schemes
    cross join {{ source('landing', 'release') }} as releases
),

placed as (
    select
        counting.*,
        schemes.own_region_code,
        coalesce(counting.region_code, schemes.own_region_code) as counted_region_code
    from counting
    inner join schemes
        on counting.scheme_code = schemes.scheme_code
),

days as (
    select distinct period_end
    from {{ ref('int_mart_cell') }}
),

-- How many figures a member has to have on a day: what counts then.
wanted as (
    select
        placed.scheme_code,
        placed.sort,
        days.period_end,
        count(*) as cells_wanted
    from placed
    inner join days
        on
            (placed.valid_from is null or placed.valid_from <= days.period_end)
            and (placed.valid_to is null or placed.valid_to >= days.period_end)
    group by placed.scheme_code, placed.sort, days.period_end
)

select
    placed.scheme_code,
    placed.sort as position,
    wanted.cells_wanted,
    placed.own_region_code as region_code,
    cells.period,
    cells.period_start,
    cells.period_end,
    cells.period_kind,
    cells.mart,
    cells.slot,
    cells.stage,
    cells.basis_family,
    cells.value,
    cells.unit,
    cells.qualifier,
    concat_ws('|', cells.unit, cells.scope, cells.price_basis) as comparable_key,
    cells.is_simulated,
    cells.observation_id
from placed
inner join {{ ref('int_mart_cell') }} as cells
    on
        placed.item = cells.item
        and placed.class_list = cells.class_list
        and placed.class_code = cells.class_code
        and placed.counted_region_code = cells.region_code
        and (placed.valid_from is null or placed.valid_from <= cells.period_end)
        and (placed.valid_to is null or placed.valid_to >= cells.period_end)
inner join wanted
    on
        placed.scheme_code = wanted.scheme_code
        and placed.sort = wanted.sort
        and cells.period_end = wanted.period_end
where
    cells.is_shown
    and cells.value is not null
    -- what does not add up, a rate, a rank, a growth, is no amount of a scheme
    and cells.measure in ('level', 'count', 'target_level')
    and cells.basis_family in ('outturn', 'target')
    and cells.subject = '_T'
    and cells.locality = '_T'
