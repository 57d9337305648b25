-- Grain: one row per region, period, period kind, item, basis family and class.
with {{ mart_rows(
    'industry_clusters.innovation',
    values=['value', 'count', 'share'],
    has_rank=true
) }},

ranked as (
    select
        region_code,
        period,
        period_kind,
        item,
        basis_family,
        class_list,
        class_code,
        lag(rank) over previous as rank_previous,
        lag(rank_qualifier) over previous as rank_previous_qualifier,
        lag(period) over previous as rank_previous_period,
        lag(is_simulated) over previous as previous_is_simulated
    from rows_named
    where rank is not null
    window previous as (
        partition by region_code, item, basis_family, class_list, class_code, period_kind
        order by period_end asc, period_start asc, period_kind asc
    )
),

compared as (
    select
        rows_named.*,
        rows_named.is_simulated or coalesce(ranked.previous_is_simulated, false)
            as is_any_simulated,
        ranked.rank_previous,
        ranked.rank_previous_period,
        -- a bound ("among the first ten") has no distance to another rank
        case
            when rows_named.rank_qualifier = 'exact' and ranked.rank_previous_qualifier = 'exact'
                then ranked.rank_previous - rows_named.rank
        end as rank_change
    from rows_named
    left join ranked
        on
            rows_named.region_code = ranked.region_code
            and rows_named.period = ranked.period
            and rows_named.period_kind = ranked.period_kind
            and rows_named.item = ranked.item
            and rows_named.basis_family = ranked.basis_family
            and {{ same_class('rows_named', 'ranked') }}
)

select
    {{ row_keys('compared') }},
    {{ printed_values('compared', ['value', 'count', 'share']) }},
    compared.rank,
    compared.rank_qualifier,
    compared.rank_previous,
    compared.rank_previous_period,
    compared.rank_change,
    compared.is_any_simulated as is_simulated,
    {{ observation_ids('compared', ['value', 'count', 'share', 'rank']) }},
    {{ about_share('compared') }},
    {{ about_rank('compared') }},
    {{ calendar_parts('compared') }},
    {{ row_facts('compared', 'value') }}
from compared
