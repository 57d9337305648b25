-- Grain: one row per region, period, period kind, item, basis family and move (class).
with {{ mart_rows('industry_clusters.per_mu_move', values=['firms']) }},

codes as (
    select
        list,
        code,
        name_zh,
        name_en,
        sort,
        split_part(maps_to, '>', 1) as from_class,
        split_part(maps_to, '>', 2) as to_class
    from {{ source('landing', 'code') }}
    where list in ('per_mu_move', 'per_mu_class')
),

-- What the classes had before and have now, of the same firms where item and period agree.
stocks as (
    select
        region_code,
        period,
        period_kind,
        item,
        basis_family,
        class_code,
        firms,
        firms_before,
        period_before
    from {{ ref('per_mu_class') }}
),

moved as (
    select
        rows_named.*,
        moves.from_class,
        begun.name_zh as from_class_name_zh,
        begun.name_en as from_class_name_en,
        moves.to_class,
        ended.name_zh as to_class_name_zh,
        ended.name_en as to_class_name_en,
        cast(begun.sort - ended.sort as integer) as steps_up,
        case
            when
                moves.from_class is not null
                and bool_and(rows_named.firms_qualifier = 'exact') over from_one
                then sum(rows_named.firms) over from_one
        end as from_total,
        case
            when
                moves.to_class is not null
                and bool_and(rows_named.firms_qualifier = 'exact') over to_one
                then sum(rows_named.firms) over to_one
        end as to_total
    from rows_named
    left join codes as moves
        on rows_named.class_code = moves.code and moves.list = 'per_mu_move'
    left join codes as begun
        on moves.from_class = begun.code and begun.list = 'per_mu_class'
    left join codes as ended
        on moves.to_class = ended.code and ended.list = 'per_mu_class'
    window
        from_one as (
            partition by
                rows_named.region_code, rows_named.period, rows_named.period_kind,
                rows_named.item, rows_named.basis_family, moves.from_class
        ),
        to_one as (
            partition by
                rows_named.region_code, rows_named.period, rows_named.period_kind,
                rows_named.item, rows_named.basis_family, moves.to_class
        )
)

select
    {{ row_keys('moved') }},
    {{ row_class('moved') }},
    moved.from_class,
    moved.from_class_name_zh,
    moved.from_class_name_en,
    moved.to_class,
    moved.to_class_name_zh,
    moved.to_class_name_en,
    moved.steps_up,
    {{ printed_values('moved', ['firms']) }},
    {{ as_value(percentage('moved.firms', 'moved.from_total'), 2) }} as share_of_from,
    before.period_before,
    cast(moved.from_total as decimal(30, 8)) as from_total,
    before.firms_before as from_stock,
    cast(moved.to_total as decimal(30, 8)) as to_total,
    later.firms as to_stock,
    moved.is_simulated,
    {{ observation_ids('moved', ['firms']) }},
    {{ calendar_parts('moved') }}
from moved
left join stocks as before
    on
        moved.region_code = before.region_code
        and moved.period = before.period
        and moved.period_kind = before.period_kind
        and moved.item = before.item
        and moved.basis_family = before.basis_family
        and moved.from_class = before.class_code
left join stocks as later
    on
        moved.region_code = later.region_code
        and moved.period = later.period
        and moved.period_kind = later.period_kind
        and moved.item = later.item
        and moved.basis_family = later.basis_family
        and moved.to_class = later.class_code
