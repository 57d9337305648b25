-- What the marts gate compares: one view per kind of declared relation, with its arithmetic.
--
-- Only current figures of one source document meet, each in its best print there, and only where
-- region, period, scope, breakdown, basis, price basis, measure and unit agree: a document has to
-- agree with itself; figures of other documents may be of another vintage. `is_…` columns are
-- three-valued: null is undecided.

create or replace view judge.figure as
select
    observation_id,
    data_set_id,
    delivery_id,
    indicator_code,
    region_code,
    period,
    measure,
    basis,
    price_basis,
    unit,
    value,
    qualifier,
    qualifier = 'exact' as is_exact,
    qualifier = 'exceeded' as is_open,
    judge.value_low(value, qualifier, resolution) as value_low,
    judge.value_high(value, qualifier, resolution) as value_high,
    judge.printed_low(value, qualifier, resolution) as printed_low,
    judge.printed_high(value, qualifier, resolution) as printed_high,
    judge.show_figure(value, qualifier) as shown,
    judge.place(source_document, source_place, delivery_place) as place,
    concat_ws('|', source_document, region_code, period, period_kind, scope, breakdown) as frame
from core.observation
where
    known_to is null
    and value is not null
    and indicator_code in (
        select indicator_code from landing.relation
        union all
        select other_code from landing.relation
        union all
        select numerator_code from landing.relation
    )
qualify row_number() over (
    partition by
        source_document, indicator_code, region_code, period, period_kind, scope, measure, basis,
        price_basis, breakdown
    order by headline_rank, known_from desc, observation_id
) = 1;

-- Declared members of a whole (parts of a total, shares of one denominator). Members that
-- overlap another member of the same whole are never summed with it: each gets a cut of its own.
create or replace view judge.member as
with declared as (
    select
        relation_id,
        kind,
        indicator_code,
        other_code,
        tolerance,
        tolerance_kind,
        coalesce(reaches_total, false) as reaches_total,
        array_value(indicator_code, coalesce(nullif(numerator_code, ''), indicator_code)) as names
    from landing.relation
    where kind in ('part_of', 'share_of')
),

overlap as (
    select indicator_code as one, other_code as other from landing.relation where kind = 'overlaps'
    union
    select other_code as one, indicator_code as other from landing.relation where kind = 'overlaps'
),

overlapping as (
    select distinct a.relation_id
    from declared as a
    inner join declared as b
        on
            b.kind = a.kind
            and b.other_code = a.other_code
            and b.indicator_code <> a.indicator_code
    inner join overlap as o
        on
            (o.one = a.names[1] and o.other = b.names[1])
            or (o.one = a.names[2] and o.other = b.names[2])
)

select
    d.relation_id,
    d.kind,
    d.indicator_code,
    d.other_code,
    d.tolerance,
    d.tolerance_kind,
    d.reaches_total and v.relation_id is null as reaches_total,
    case when v.relation_id is null then '' else d.indicator_code end as cut
from declared as d
left join overlapping as v on v.relation_id = d.relation_id;

-- One row per total and cut: the sum of the parts beside the total.
create or replace view judge.compared_parts as
with wanted as (
    select
        other_code,
        cut,
        reaches_total,
        count(*) as members,
        bool_or(tolerance_kind = 'rounding') as is_rounded,
        max(case when tolerance_kind = 'relative' then 0 else tolerance end) as absolute_tolerance,
        max(case when tolerance_kind = 'relative' then tolerance else 0 end) as relative_tolerance
    from judge.member
    where kind = 'part_of'
    group by other_code, cut, reaches_total
),

paired as (
    select
        t.observation_id as total_id,
        w.*,
        p.observation_id as part_id,
        p.indicator_code as part_code,
        p.shown,
        p.place,
        p.value,
        p.is_exact,
        p.is_open,
        -- a count cannot be negative: an upper bound on it has a low end after all
        coalesce(
            case when w.is_rounded then p.printed_low else p.value_low end,
            case when p.measure = 'count' then 0 end
        ) as low,
        case when w.is_rounded then p.printed_high else p.value_high end as high
    from judge.figure as t
    inner join wanted as w on w.other_code = t.indicator_code
    inner join judge.member as m
        on
            m.kind = 'part_of'
            and m.other_code = w.other_code
            and m.cut = w.cut
            and m.reaches_total = w.reaches_total
    left join judge.figure as p
        on
            p.indicator_code = m.indicator_code
            and p.frame = t.frame
            and p.basis = t.basis
            and p.price_basis = t.price_basis
            and p.measure = t.measure
            and p.unit = t.unit
),

summed as (
    select
        total_id,
        cut,
        reaches_total,
        members,
        is_rounded,
        absolute_tolerance,
        relative_tolerance,
        count(part_id) as parts,
        sum(value) as value,
        bool_and(is_exact) as is_exact,
        bool_or(is_open) as is_open,
        case when count(low) = count(part_id) then sum(low) end as low,
        case when count(high) = count(part_id) then sum(high) end as high,
        string_agg(shown, ' + ' order by part_code, part_id) as shown,
        string_agg(place, '; ' order by part_code, part_id) as place,
        string_agg(part_id, ' ' order by part_code, part_id) as part_ids
    from paired
    group by all
),

compared as (
    select
        t.*,
        s.* exclude (value, is_exact, is_open, shown, place),
        s.value as parts_value,
        s.shown as parts_shown,
        s.place as parts_place,
        s.is_open as parts_is_open,
        s.is_exact and t.is_exact as both_exact,
        case when s.is_rounded then t.printed_low else t.value_low end as total_low,
        case when s.is_rounded then t.printed_high else t.value_high end as total_high,
        s.absolute_tolerance
        + judge.tolerance_of(s.relative_tolerance, 'relative', t.value) as tolerance
    from summed as s
    inner join judge.figure as t on t.observation_id = s.total_id
)

select
    data_set_id,
    delivery_id,
    indicator_code,
    region_code,
    period,
    place as place_a,
    parts_place as place_b,
    observation_id as observation_a,
    part_ids as observation_b,
    reaches_total,
    parts,
    members,
    judge.is_above(low, parts_is_open, high, total_low, total_high, tolerance, both_exact)
        as is_above,
    case
        when not reaches_total then false
        when parts < members then null
        else judge.is_above(total_low, is_open, total_high, low, high, tolerance, both_exact)
    end as is_below,
    concat(
        parts_shown, ' = ', judge.show(parts_value), ' [', coalesce(judge.show(low), '?'), ', ',
        coalesce(judge.show(high), '?'), ']; total ', shown, ' [',
        coalesce(judge.show(total_low), '?'), ', ', coalesce(judge.show(total_high), '?'),
        ']; tolerance ', judge.show(tolerance)
    ) as arithmetic
from compared;

-- One row per printed share whose numerator is declared: printed beside computed.
create or replace view judge.compared_shares as
with paired as (
    select
        s.*,
        n.observation_id as numerator_id,
        d.observation_id as denominator_id,
        n.shown as numerator_shown,
        d.shown as denominator_shown,
        n.place as numerator_place,
        d.place as denominator_place,
        s.is_exact and n.is_exact and d.is_exact as all_exact,
        n.is_open as numerator_is_open,
        judge.tolerance_of(r.tolerance, r.tolerance_kind, s.value) as tolerance,
        r.tolerance_kind = 'rounding' as is_rounded,
        case when is_rounded then s.printed_low else s.value_low end as low,
        case when is_rounded then s.printed_high else s.value_high end as high,
        case when is_rounded then n.printed_low else n.value_low end as numerator_low,
        case when is_rounded then n.printed_high else n.value_high end as numerator_high,
        case when is_rounded then d.printed_low else d.value_low end as denominator_low,
        case when is_rounded then d.printed_high else d.value_high end as denominator_high
    from judge.figure as s
    inner join landing.relation as r
        on
            r.indicator_code = s.indicator_code
            and r.kind = 'share_of'
            and r.numerator_code <> ''
    left join judge.figure as d on d.indicator_code = r.other_code and d.frame = s.frame
    left join judge.figure as n
        on
            n.indicator_code = r.numerator_code
            and n.frame = s.frame
            and n.basis = d.basis
            and n.price_basis = d.price_basis
            and n.unit = d.unit
    where s.measure = 'share_pct'
    -- where the price basis of the share is published too, the others do not concern it
    qualify rank() over (
        partition by s.observation_id, r.relation_id
        order by
            case when n.observation_id is null then 1 else 0 end,
            case when d.price_basis = s.price_basis then 0 else 1 end
    ) = 1
),

computed as (
    select
        *,
        case
            when numerator_low >= 0 and denominator_low > 0
                then cast(
                    round(numerator_low / nullif(denominator_high, 0) * 100, 8) as decimal(30, 8)
                )
        end as computed_low,
        case
            when numerator_high >= 0 and denominator_low > 0
                then cast(
                    round(numerator_high / nullif(denominator_low, 0) * 100, 8) as decimal(30, 8)
                )
        end as computed_high
    from paired
)

select
    data_set_id,
    delivery_id,
    indicator_code,
    region_code,
    period,
    place as place_a,
    concat_ws('; ', numerator_place, denominator_place) as place_b,
    observation_id as observation_a,
    concat_ws(' ', numerator_id, denominator_id) as observation_b,
    judge.is_different(
        computed_low, numerator_is_open, computed_high, low, is_open, high, qualifier,
        tolerance, all_exact
    ) as is_different,
    concat(
        numerator_shown, ' / ', denominator_shown, ' * 100 = [',
        -- to two decimals, outwards: the comparison itself is exact
        coalesce(judge.show(cast(floor(computed_low * 100) / 100 as decimal(30, 8))), '?'), ', ',
        coalesce(judge.show(cast(ceil(computed_high * 100) / 100 as decimal(30, 8))), '?'),
        ']; printed ', shown, ' [', coalesce(judge.show(low), '?'), ', ',
        coalesce(judge.show(high), '?'), ']; tolerance ', judge.show(tolerance)
    ) as arithmetic
from computed;

-- One row per denominator, frame and cut with at least two shares: their sum beside 100.
create or replace view judge.compared_share_sums as
with summed as (
    select
        m.other_code as denominator_code,
        m.reaches_total,
        s.region_code,
        s.period,
        s.frame,
        s.price_basis,
        min(s.data_set_id) as data_set_id,
        min(s.delivery_id) as delivery_id,
        bool_and(s.is_exact) as is_exact,
        bool_or(s.is_open) as is_open,
        max(judge.tolerance_of(m.tolerance, m.tolerance_kind, 100)) as tolerance,
        -- a share cannot be negative: an upper bound on it has a low end after all
        sum(
            coalesce(
                case when m.tolerance_kind = 'rounding' then s.printed_low else s.value_low end, 0
            )
        ) as low,
        case
            when count(s.value_high) = count(*) then sum(
                case when m.tolerance_kind = 'rounding' then s.printed_high else s.value_high end
            )
        end as high,
        sum(s.value) as value,
        string_agg(s.shown, ' + ' order by s.indicator_code, s.observation_id) as shown,
        string_agg(s.place, '; ' order by s.indicator_code, s.observation_id) as place,
        string_agg(s.observation_id, ' ' order by s.indicator_code, s.observation_id) as share_ids
    from judge.figure as s
    inner join judge.member as m
        on m.kind = 'share_of' and m.cut = '' and m.indicator_code = s.indicator_code
    where s.measure = 'share_pct'
    group by all
    having count(*) > 1
)

select
    data_set_id,
    delivery_id,
    denominator_code as indicator_code,
    region_code,
    period,
    place as place_a,
    share_ids as observation_a,
    judge.is_above(low, is_open, high, 100, 100, tolerance, is_exact) as is_above,
    concat(
        shown, ' = ', judge.show(value), ' [', judge.show(low), ', ',
        coalesce(judge.show(high), '?'), ']; at most 100; tolerance ', judge.show(tolerance)
    ) as arithmetic
from summed;

-- One row per figure that is declared not to be above another one.
create or replace view judge.compared_limits as
with paired as (
    select
        a.*,
        b.observation_id as limit_id,
        b.shown as limit_shown,
        b.place as limit_place,
        a.is_exact and b.is_exact as both_exact,
        judge.tolerance_of(r.tolerance, r.tolerance_kind, b.value) as tolerance,
        r.tolerance_kind = 'rounding' as is_rounded,
        case when is_rounded then a.printed_low else a.value_low end as low,
        case when is_rounded then a.printed_high else a.value_high end as high,
        case when is_rounded then b.printed_low else b.value_low end as limit_low,
        case when is_rounded then b.printed_high else b.value_high end as limit_high
    from judge.figure as a
    inner join landing.relation as r
        on r.indicator_code = a.indicator_code and r.kind = 'not_above'
    left join judge.figure as b
        on
            b.indicator_code = r.other_code
            and b.frame = a.frame
            and b.basis = a.basis
            and b.price_basis = a.price_basis
            and b.measure = a.measure
            and b.unit = a.unit
)

select
    data_set_id,
    delivery_id,
    indicator_code,
    region_code,
    period,
    place as place_a,
    limit_place as place_b,
    observation_id as observation_a,
    limit_id as observation_b,
    judge.is_above(low, is_open, high, limit_low, limit_high, tolerance, both_exact) as is_above,
    concat(
        shown, ' [', coalesce(judge.show(low), '?'), ', ', coalesce(judge.show(high), '?'),
        '] > ', limit_shown, ' [', coalesce(judge.show(limit_low), '?'), ', ',
        coalesce(judge.show(limit_high), '?'), ']; tolerance ', judge.show(tolerance)
    ) as arithmetic
from paired;

-- One row per two prints of one figure at different places of one document.
create or replace view judge.compared_repeats as
with current_version as (
    select
        *,
        concat_ws(
            '|', source_document, indicator_code, region_code, period, period_kind, scope, measure,
            basis, price_basis, breakdown, unit, estimate_stage
        ) as figure
    from core.observation
    where known_to is null and value is not null and source_document <> ''
),

repeated as (
    select figure from current_version
    group by figure
    having count(*) > 1
),

printed as (
    select
        *,
        judge.printed_low(value, qualifier, resolution) as low,
        judge.printed_high(value, qualifier, resolution) as high,
        judge.place(source_document, source_place, delivery_place) as place
    from current_version
    where figure in (select figure from repeated)
)

select
    a.data_set_id,
    a.delivery_id,
    a.indicator_code,
    a.region_code,
    a.period,
    a.place as place_a,
    b.place as place_b,
    a.observation_id as observation_a,
    b.observation_id as observation_b,
    case
        when a.value = b.value and a.qualifier = b.qualifier then false
        when judge.is_different(
            a.low, a.qualifier = 'exceeded', a.high, b.low, b.qualifier = 'exceeded', b.high,
            b.qualifier, 0, false
        ) then true
        when a.resolution is null and a.qualifier in ('exact', 'approx') then null
        when b.resolution is null and b.qualifier in ('exact', 'approx') then null
        else false
    end as is_contradictory,
    concat(
        judge.show_figure(a.value, a.qualifier), ' [', coalesce(judge.show(a.low), '?'), ', ',
        coalesce(judge.show(a.high), '?'), '] / ', judge.show_figure(b.value, b.qualifier), ' [',
        coalesce(judge.show(b.low), '?'), ', ', coalesce(judge.show(b.high), '?'), ']'
    ) as arithmetic
from printed as a
inner join printed as b
    on
        b.figure = a.figure
        and (b.source_place, b.observation_id) > (a.source_place, a.observation_id)
        and b.source_place is distinct from a.source_place;
