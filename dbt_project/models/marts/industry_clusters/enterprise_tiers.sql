-- Grain: one row per region, period, period kind, item, basis family and class.
--
-- What is computed is computed of exact outturns in one unit and scope: a bound has no distance.
with {{ mart_rows(
    'industry_clusters.enterprise_tiers',
    values=['stock', 'added', 'cultivated', 'exited', 'net_gain'],
    has_rank=true
) }},

-- The stock at the end of a day, whatever kind of period it was told of.
{{ tier_stocks('rows_named') }},

{{ tier_targets('rows_named') }},

moved as (
    select
        rows_named.*,
        before.stock as stock_before,
        before.observation_id as stock_before_observation_id,
        at_end.stock as stock_at_end,
        at_end.observation_id as stock_at_end_observation_id,
        {{ tier_net_gain('rows_named') }} as net_gain_computed,
        at_end.stock - before.stock as stock_change,
        coalesce(before.is_simulated, false) or coalesce(at_end.is_simulated, false)
            as is_stock_simulated
    from rows_named
    left join stocks as before
        on
            rows_named.basis_family = 'outturn'
            and {{ same_tier('rows_named', 'before') }}
            and before.stock_on = {{ day_before('rows_named.period_start') }}
    left join stocks as at_end
        on
            rows_named.basis_family = 'outturn'
            and {{ same_tier('rows_named', 'at_end') }}
            and rows_named.period_end = at_end.stock_on
            and coalesce(before.unit = at_end.unit and before.scope = at_end.scope, true)
),

aimed as (
    select
        moved.*,
        moved.stock_before + moved.net_gain_computed as stock_computed,
        targets.period as target_period,
        coalesce(targets.net_gain, targets.stock - begun.stock) as net_gain_target,
        coalesce(targets.net_gain_qualifier, targets.stock_qualifier) as net_gain_target_qualifier,
        coalesce(targets.net_gain_observation_id, targets.stock_observation_id)
            as net_gain_target_observation_id,
        case
            when begun.stock is not null then moved.stock_at_end - begun.stock
            when moved.period_start = targets.period_start then moved.net_gain_computed
        end as net_gain_to_date,
        coalesce(targets.is_simulated, false) or coalesce(begun.is_simulated, false)
            as is_target_simulated
    from moved
    left join targets
        on
            moved.basis_family = 'outturn'
            and {{ same_tier('moved', 'targets') }}
            and moved.period_start >= targets.period_start
            and moved.period_end <= targets.period_end
    left join stocks as begun
        on
            {{ same_tier('targets', 'begun') }}
            and begun.stock_on = {{ day_before('targets.period_start') }}
            and targets.unit = begun.unit
    -- of several targets that a period lies in, the nearest
    qualify row_number() over (
        partition by
            moved.region_code, moved.period, moved.period_kind, moved.item, moved.basis_family,
            moved.class_list, moved.class_code
        order by targets.period_end asc, targets.period_start desc
    ) = 1
)

select
    {{ row_keys('aimed') }},
    {{ printed_values('aimed', ['stock', 'added', 'cultivated']) }},
    aimed.rank,
    aimed.rank_qualifier,
    aimed.is_simulated or aimed.is_stock_simulated or aimed.is_target_simulated as is_simulated,
    {{ observation_ids('aimed', ['stock', 'added', 'cultivated', 'rank']) }},
    {{ about_rank('aimed') }},
    {{ calendar_parts('aimed') }},
    {{ row_facts('aimed', 'stock') }},
    {{ printed_values('aimed', ['exited', 'net_gain']) }},
    {{ observation_ids('aimed', ['exited', 'net_gain']) }},
    cast(aimed.net_gain_computed as decimal(30, 8)) as net_gain_computed,
    cast(aimed.stock_before as decimal(30, 8)) as stock_before,
    aimed.stock_before_observation_id,
    cast(aimed.stock_at_end as decimal(30, 8)) as stock_at_end,
    aimed.stock_at_end_observation_id,
    cast(aimed.stock_change as decimal(30, 8)) as stock_change,
    cast(aimed.stock_computed as decimal(30, 8)) as stock_computed,
    cast(aimed.stock_at_end - aimed.stock_computed as decimal(30, 8)) as stock_difference,
    aimed.target_period,
    cast(aimed.net_gain_target as decimal(30, 8)) as net_gain_target,
    aimed.net_gain_target_qualifier,
    aimed.net_gain_target_observation_id,
    cast(aimed.net_gain_to_date as decimal(30, 8)) as net_gain_to_date,
    {{ as_value(percentage('aimed.net_gain_to_date', 'aimed.net_gain_target'), 2) }}
        as net_gain_progress
from aimed
