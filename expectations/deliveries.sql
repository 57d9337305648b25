-- What the rules of the delivery gate compare deliveries by. It follows what lies in
-- `landing`, and costs nothing where no rule asks.

-- Figures that can be told from each other by their value: one row per figure of a delivery that was
-- read as a whole. `figure` is what and where, whatever the period, its kind and the basis: so half a
-- year can be held against a whole one. `facts` says how little chance there is in an equal value:
-- about how many decimal digits of it move from one period to the next. A small number of things, or
-- of what stands at a day, may stay as it is for years, and growth of the year to date for months: that
-- says half as much (`is_slow`).
create or replace macro judge.delivered_figure() as table
select
    c.data_set_id,
    c.delivery_id,
    d.delivery_seq,
    c.place_order,
    c.indicator_code,
    c.region_code,
    c.period,
    c.period_start,
    c.period_end,
    c.period_kind,
    c.measure,
    c.basis,
    c.value,
    c.resolution,
    c.unit,
    c.delivery_place,
    judge.printed_column(c.delivery_place) as printed_column,
    hash(
        c.data_set_id, c.indicator_code, c.region_code, c.scope, c.measure, c.price_basis,
        judge.division(c.breakdown, c.figure_kind, c.subject, c.locality)
    ) as figure,
    (
        (c.measure = 'count' or c.basis = 'point_in_time' or c.period_kind = 'point')
        and abs(c.value) < 1000 * c.resolution
    )
    or (c.measure = 'yoy_growth_pct' and c.period_kind = 'cumulative_range') as is_slow,
    judge.facts(c.value, c.resolution) as facts
from landing.candidate as c
inner join landing.delivery as d on c.delivery_id = d.delivery_id
left join landing.data_set as s on c.data_set_id = s.data_set_id
where
    c.value <> 0
    and c.period_end is not null
    and c.measure <> 'rank'
    and c.period_kind <> 'target'
    and not starts_with(c.measure, 'target')
    and c.basis <> 'standard'
    -- printed again, a figure is still one; what stays out for its quarantined cells is nothing
    and c.occurrence = 1
    and coalesce(d.verdict, '') <> 'refused'
    and coalesce(d.cells_quarantined, 0) <= coalesce(s.max_quarantined, 0);
