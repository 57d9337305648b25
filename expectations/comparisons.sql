-- What the marts gate compares: one view per kind of comparison, with its arithmetic and sentences.
--
-- Only current figures meet, each document's in its best print there, and only where region,
-- period, period kind, scope, division (breakdown, kind of figure, subject, locality), basis and
-- price basis agree. A document has to agree with
-- itself; figures of other documents may be of another vintage, so where they are used the sentence
-- names them. `is_…` columns are three-valued: null is undecided.

-- How units go together in a quotient: what one of `dimension` is worth in `numerator` per
-- `denominator`; `goes_with` is all three. Without those two, any quotient of two figures of one
-- dimension can be meant. What is not listed is not computed: a figure per head could be per
-- thousand heads as well.
create or replace view judge.quotient_unit as
select
    concat_ws('|', dimension, numerator, denominator) as goes_with,
    cast(worth as double) as worth
from (
    values
    ('percent', null, null, '0.01'),
    ('permille', null, null, '0.001'),
    ('permyriad', null, null, '0.0001'),
    ('dimensionless', null, null, '1'),
    ('times_as_much', null, null, '1'),
    ('currency_cny', 'currency_cny', 'persons', '1'),
    ('currency_cny', 'currency_cny', 'households', '1'),
    ('currency_usd', 'currency_usd', 'persons', '1'),
    ('cny_per_person', 'currency_cny', 'persons', '1'),
    ('cny_per_mu', 'currency_cny', 'area_mu', '1'),
    ('cny_per_m2', 'currency_cny', 'area_m2', '1'),
    ('cny100m_per_km2', 'currency_cny', 'area_m2', '100'),
    ('persons_per_km2', 'persons', 'area_m2', '0.000001'),
    ('persons_per_10k', 'persons', 'persons', '0.0001'),
    ('beds_per_1000', 'count', 'persons', '0.001'),
    ('pieces_per_10k', 'count', 'persons', '0.0001'),
    ('tce_per_cny10k', 'energy_tce', 'currency_cny', '0.0001')
) as listed (dimension, numerator, denominator, worth);

-- Figures of indicators that a relation names. `situation` is what has to agree, `frame` is the
-- same within one document, `edition` within one document as published on one day; without a date
-- of publication, within one delivery of it. Words to count with (个, 家, 座; 人, 名) are one
-- dimension: a declared relation says that the same things are counted.
create or replace view judge.figure as
with related as (
    select indicator_code from landing.relation
    union
    select other_code from landing.relation
    union
    select numerator_code from landing.relation
    union
    select indicator_code from landing.indicator where over_regions <> ''
)

select
    o.observation_id,
    o.data_set_id,
    o.delivery_id,
    o.indicator_code,
    o.region_code,
    o.period,
    o.period_start,
    o.period_end,
    o.period_kind,
    o.scope,
    judge.division(o.breakdown, o.figure_kind, o.subject, o.locality) as division,
    o.measure,
    o.basis,
    o.price_basis,
    o.unit,
    o.value,
    o.qualifier,
    o.resolution,
    o.estimate_stage,
    o.source_document,
    o.is_headline,
    o.qualifier = 'exact' as is_exact,
    bounds.is_open(o.qualifier) as is_open,
    judge.value_low(o.value, o.qualifier, o.resolution) as value_low,
    judge.value_high(o.value, o.qualifier, o.resolution) as value_high,
    judge.printed_low(o.value, o.qualifier, o.resolution) as printed_low,
    judge.printed_high(o.value, o.qualifier, o.resolution) as printed_high,
    judge.show_figure(o.value, o.qualifier) as shown,
    judge.place(o.source_document, o.source_place, o.delivery_place) as place,
    case
        when starts_with(u.dimension, 'count_') then 'count'
        when u.dimension = 'named_persons' then 'persons'
        else coalesce(u.dimension, o.unit)
    end as dimension,
    coalesce(u.factor, 1) as factor,
    o.source_place,
    judge.figures_printed(o.value, o.resolution) as figures_printed,
    concat_ws('|', o.region_code, o.period, o.period_kind, o.scope, division) as situation,
    concat_ws(
        '|', o.source_document, o.region_code, o.period, o.period_kind, o.scope, division
    ) as frame,
    concat_ws(
        '|', o.source_document, o.known_from,
        case when coalesce(d.published, '') = '' then o.delivery_id end, o.region_code, o.scope,
        division
    ) as edition,
    coalesce(i.name_zh, o.indicator_code) as name_zh,
    coalesce(i.name_en, o.indicator_code) as name_en,
    coalesce(g.region_name_zh, o.region_code) as region_zh,
    coalesce(g.region_name_en, o.region_code) as region_en
from core.observation as o
left join landing.unit as u on u.unit = o.unit
left join landing.indicator as i on i.indicator_code = o.indicator_code
left join landing.region as g on g.region_code = o.region_code
left join landing.source_document as d on d.source_document = o.source_document
where
    o.known_to is null
    and o.value is not null
    and o.indicator_code in (select indicator_code from related)
qualify row_number() over (
    partition by
        o.source_document, o.indicator_code, o.region_code, o.period, o.period_kind, o.scope,
        o.measure, o.basis, o.price_basis, division
    order by o.headline_rank, o.known_from desc, o.observation_id
) = 1;

-- Declared members of a whole (parts of a total, shares of one denominator). Members that
-- overlap another member of the same cut are never summed with it: each gets a cut of its own.
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
        coalesce(cut, '') as cut,
        note_zh,
        note_en,
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
            and b.cut = a.cut
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
    case when v.relation_id is null then d.cut else d.cut || '/' || d.indicator_code end as cut,
    v.relation_id is not null as is_apart,
    d.note_zh,
    d.note_en
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
        max(case when tolerance_kind = 'relative' then tolerance else 0 end) as relative_tolerance,
        case when min(note_zh) = max(note_zh) then min(note_zh) end as note_zh,
        case when min(note_en) = max(note_en) then min(note_en) end as note_en
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
        p.is_open and p.value_low is not null as is_low_open,
        p.is_open and p.value_high is not null as is_high_open,
        concat(p.name_zh, ' ', judge.said_zh(p.value, p.qualifier, p.unit)) as said_zh,
        concat(p.name_en, ', ', judge.said_en(p.value, p.qualifier, p.unit)) as said_en,
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
            and p.dimension = t.dimension
            and p.factor = t.factor
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
        note_zh,
        note_en,
        count(part_id) as parts,
        sum(value) as value,
        bool_and(is_exact) as is_exact,
        bool_or(is_low_open) as is_low_open,
        bool_or(is_high_open) as is_high_open,
        case when count(low) = count(part_id) then sum(low) end as low,
        case when count(high) = count(part_id) then sum(high) end as high,
        string_agg(shown, ' + ' order by part_code, part_id) as shown,
        string_agg(place, '; ' order by part_code, part_id) as place,
        string_agg(part_id, ' ' order by part_code, part_id) as part_ids,
        string_agg(said_zh, '、' order by part_code, part_id) as said_zh,
        string_agg(said_en, '; ' order by part_code, part_id) as said_en
    from paired
    group by all
),

compared as (
    select
        t.*,
        s.* exclude (value, is_exact, shown, place),
        s.value as parts_value,
        s.shown as parts_shown,
        s.place as parts_place,
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
    judge.is_above(
        low, is_low_open, high, total_low, is_open, total_high, tolerance, both_exact
    ) as is_above,
    case
        when not reaches_total then false
        when parts < members then null
        else judge.is_above(
            total_low, is_open, total_high, low, is_high_open, high, tolerance, both_exact
        )
    end as is_below,
    concat(
        parts_shown, ' = ', judge.show(parts_value), ' [', coalesce(judge.show(low), '?'), ', ',
        coalesce(judge.show(high), '?'), ']; total ', shown, ' [',
        coalesce(judge.show(total_low), '?'), ', ', coalesce(judge.show(total_high), '?'),
        ']; tolerance ', judge.show(tolerance)
    ) as arithmetic,
    concat(
        judge.about_zh(region_zh, period, name_zh), ' 印为 ',
        judge.said_zh(value, qualifier, unit), '，而分项 ', said_zh,
        case
            when parts > 1
                then concat(' 之和为 ', judge.with_unit(judge.show(parts_value), unit))
            else ''
        end
    ) as said_zh,
    concat(
        judge.about_en(region_en, period, name_en), ', is printed as ',
        judge.said_en(value, qualifier, unit), ', while ',
        case
            when parts > 1
                then concat(
                    'its parts (', said_en, ') add up to ',
                    judge.with_unit(judge.show(parts_value), unit)
                )
            else concat('its part is ', said_en)
        end
    ) as said_en,
    judge.note_zh(note_zh) as note_zh,
    judge.note_en(note_en) as note_en
from compared;

-- One row per printed share or ratio whose numerator is declared: printed beside computed. What
-- the document does not print itself is taken from the headline of other documents; figures of
-- different stages of estimate are then not compared.
create or replace view judge.compared_quotients as
with relation as (
    select
        relation_id,
        kind,
        indicator_code,
        other_code,
        numerator_code,
        tolerance,
        tolerance_kind,
        denominator = 'mean_of_year_ends' as is_mean,
        note_zh,
        note_en
    from landing.relation
    where kind in ('share_of', 'ratio_of') and numerator_code <> ''
),

-- A denominator is found by its situation or, where it is a mean of year ends, by the day.
denominators as (
    select
        *,
        situation as found_by
    from judge.figure
    where indicator_code in (select other_code from relation where not is_mean)
    union all
    select
        *,
        concat_ws('|', region_code, period_end, scope, division) as found_by
    from judge.figure
    where
        basis = 'point_in_time'
        and month(period_end) = 12
        and day(period_end) = 31
        and indicator_code in (select other_code from relation where is_mean)
),

wanted as (
    select
        s.*,
        r.relation_id,
        r.kind,
        r.other_code,
        r.numerator_code,
        r.is_mean,
        r.note_zh,
        r.note_en,
        judge.tolerance_of(r.tolerance, r.tolerance_kind, s.value) as tolerance,
        r.tolerance_kind = 'rounding' as is_rounded,
        case
            when not r.is_mean then s.situation
            when s.period_kind = 'annual'
                then concat_ws('|', s.region_code, s.period_end, s.scope, s.division)
        end as found_by,
        case
            when r.is_mean and s.period_kind = 'annual'
                then concat_ws(
                    '|', s.region_code, cast(s.period_start - interval 1 day as date), s.scope,
                    s.division
                )
        end as found_before_by
    from judge.figure as s
    inner join relation as r on r.indicator_code = s.indicator_code
    where
        s.measure = 'share_pct'
        or (r.kind = 'ratio_of' and s.measure in ('ratio', 'level', 'count'))
),

-- Its denominators: those of the document, and the headlines of others.
denominators_of as (
    select
        w.observation_id as of_id,
        w.relation_id,
        w.is_mean,
        w.found_before_by,
        w.source_document as of_document,
        d.*
    from wanted as w
    inner join denominators as d
        on d.indicator_code = w.other_code and d.found_by = w.found_by
    where d.source_document = w.source_document or d.is_headline
),

year_before as (
    select
        d.of_id,
        d.relation_id,
        d.observation_id as end_id,
        b.*
    from denominators_of as d
    inner join denominators as b
        on
            b.indicator_code = d.indicator_code
            and b.found_by = d.found_before_by
            and b.unit = d.unit
    where b.source_document = d.of_document or b.is_headline
),

numerators_of as (
    select
        w.observation_id as of_id,
        w.relation_id,
        n.*
    from wanted as w
    inner join judge.figure as n
        on n.indicator_code = w.numerator_code and n.situation = w.situation
    where n.source_document = w.source_document or n.is_headline
),

matched as (
    select
        d.of_id,
        d.relation_id,
        d.observation_id as denominator_id,
        n.observation_id as numerator_id,
        b.observation_id as before_id
    from denominators_of as d
    inner join numerators_of as n on n.of_id = d.of_id and n.relation_id = d.relation_id
    left join year_before as b
        on
            b.of_id = d.of_id
            and b.relation_id = d.relation_id
            and b.end_id = d.observation_id
    where
        case when d.is_mean then b.observation_id is not null else n.basis = d.basis end
        and (n.price_basis = d.price_basis or d.price_basis = 'not_applicable')
),

paired as (
    select
        s.*,
        n.observation_id as numerator_id,
        d.observation_id as denominator_id,
        b.observation_id as before_id,
        n.shown as numerator_shown,
        d.shown as denominator_shown,
        b.shown as before_shown,
        n.unit as numerator_unit,
        d.unit as denominator_unit,
        n.place as numerator_place,
        d.place as denominator_place,
        b.place as before_place,
        n.name_zh as numerator_zh,
        n.name_en as numerator_en,
        d.name_zh as denominator_zh,
        d.name_en as denominator_en,
        judge.said_zh(n.value, n.qualifier, n.unit) as numerator_said_zh,
        judge.said_en(n.value, n.qualifier, n.unit) as numerator_said_en,
        judge.said_zh(d.value, d.qualifier, d.unit) as denominator_said_zh,
        judge.said_en(d.value, d.qualifier, d.unit) as denominator_said_en,
        judge.said_zh(b.value, b.qualifier, b.unit) as before_said_zh,
        judge.said_en(b.value, b.qualifier, b.unit) as before_said_en,
        n.source_document as numerator_document,
        d.source_document as denominator_document,
        b.source_document as before_document,
        n.estimate_stage as numerator_stage,
        d.estimate_stage as denominator_stage,
        b.estimate_stage as before_stage,
        s.is_exact and n.is_exact and d.is_exact and coalesce(b.is_exact, true) as all_exact,
        -- 0 divided by anything is 0 itself
        n.is_open
        or (n.value <> 0 and (d.is_open or coalesce(b.is_open, false))) as quotient_is_open,
        case when s.is_rounded then s.printed_low else s.value_low end as low,
        case when s.is_rounded then s.printed_high else s.value_high end as high,
        case when s.is_rounded then n.printed_low else n.value_low end as numerator_low,
        case when s.is_rounded then n.printed_high else n.value_high end as numerator_high,
        case
            when not s.is_mean and s.is_rounded then d.printed_low
            when not s.is_mean then d.value_low
            when s.is_rounded then (b.printed_low + d.printed_low) * cast(0.5 as decimal(2, 1))
            else (b.value_low + d.value_low) * cast(0.5 as decimal(2, 1))
        end as denominator_low,
        case
            when not s.is_mean and s.is_rounded then d.printed_high
            when not s.is_mean then d.value_high
            when s.is_rounded then (b.printed_high + d.printed_high) * cast(0.5 as decimal(2, 1))
            else (b.value_high + d.value_high) * cast(0.5 as decimal(2, 1))
        end as denominator_high,
        cast(n.value as double) as numerator_value,
        cast(case when s.is_mean then (b.value + d.value) / 2 else d.value end as double)
            as denominator_value,
        -- what to multiply the quotient of the printed numbers by
        cast(n.factor as double) / cast(nullif(d.factor, 0) as double)
        / nullif(
            coalesce(q.worth, case when n.dimension = d.dimension then p.worth end)
            * cast(s.factor as double), 0
        ) as scale
    from wanted as s
    left join matched as t on t.of_id = s.observation_id and t.relation_id = s.relation_id
    left join judge.figure as n on n.observation_id = t.numerator_id
    left join judge.figure as d on d.observation_id = t.denominator_id
    left join judge.figure as b on b.observation_id = t.before_id
    left join judge.quotient_unit as q
        on q.goes_with = concat_ws('|', s.dimension, n.dimension, d.dimension)
    left join judge.quotient_unit as p on p.goes_with = s.dimension
    -- where the price basis of the share is published too, the others do not concern it; what
    -- the document prints itself goes before what others print
    qualify rank() over (
        partition by s.observation_id, s.relation_id
        order by
            case when d.price_basis = s.price_basis then 0 else 1 end,
            case when n.source_document = s.source_document then 0 else 1 end
            + case when d.source_document = s.source_document then 0 else 1 end
            + case when b.source_document <> s.source_document then 1 else 0 end
    ) = 1
),

staged as (
    select
        *,
        coalesce(numerator_document <> source_document, false)
        or coalesce(denominator_document <> source_document, false)
        or coalesce(before_document <> source_document, false) as is_across,
        list_distinct(
            list_filter(
                [estimate_stage, numerator_stage, denominator_stage, before_stage],
                lambda x: x in ('forecast', 'flash', 'preliminary', 'final', 'census_revised')
            )
        ) as stages
    from paired
),

computed as (
    select
        *,
        is_across and len(stages) > 1 as is_of_two_stages,
        case
            when numerator_low >= 0 and denominator_low > 0
                then cast(
                    round(numerator_low / nullif(denominator_high, 0) * scale, 8)
                    as decimal(30, 8)
                )
        end as computed_low,
        case
            when numerator_high >= 0 and denominator_low > 0
                then cast(
                    round(numerator_high / nullif(denominator_low, 0) * scale, 8)
                    as decimal(30, 8)
                )
        end as computed_high,
        cast(round(numerator_value / nullif(denominator_value, 0) * scale, 8) as decimal(30, 8))
            as computed,
        judge.digits_of(resolution) as digits
    from staged
),

-- Where the figures stand that are not in the document itself.
elsewhere as (
    select distinct
        c.observation_id,
        c.relation_id,
        concat(
            '《', coalesce(d.title_zh, listed.document), '》（',
            coalesce(k.name_zh, listed.stage), '）'
        ) as document_zh,
        concat(
            '"', coalesce(d.title_en, listed.document), '" (',
            coalesce(k.name_en, listed.stage), ')'
        ) as document_en
    from computed as c
    inner join (
        select observation_id, relation_id, numerator_document, numerator_stage from computed
        union all
        select observation_id, relation_id, denominator_document, denominator_stage from computed
        union all
        select observation_id, relation_id, before_document, before_stage from computed
    ) as listed (observation_id, relation_id, document, stage)
        on listed.observation_id = c.observation_id and listed.relation_id = c.relation_id
    left join landing.source_document as d on d.source_document = listed.document
    left join landing.code as k on k.list = 'estimate_stage' and k.code = listed.stage
    where c.is_across and listed.document <> c.source_document
),

named as (
    select
        observation_id,
        relation_id,
        string_agg(document_zh, '、' order by document_zh) as documents_zh,
        string_agg(document_en, ', ' order by document_en) as documents_en
    from elsewhere
    group by observation_id, relation_id
)

select
    c.kind,
    c.data_set_id,
    c.delivery_id,
    c.indicator_code,
    c.region_code,
    c.period,
    c.place as place_a,
    concat_ws('; ', c.numerator_place, c.before_place, c.denominator_place) as place_b,
    c.observation_id as observation_a,
    concat_ws(' ', c.numerator_id, c.before_id, c.denominator_id) as observation_b,
    case
        when not c.is_of_two_stages then judge.is_different(
            c.computed_low, c.quotient_is_open, c.computed_high, c.low, c.is_open, c.high,
            c.qualifier, c.tolerance, c.all_exact
        )
    end as is_different,
    concat(
        case
            when c.is_mean then concat(
                c.numerator_shown, ' ', c.numerator_unit, ' / ((', c.before_shown, ' + ',
                c.denominator_shown, ') / 2) ', c.denominator_unit, ' = ['
            )
            when c.unit = '%' and c.numerator_unit = c.denominator_unit
                then concat(c.numerator_shown, ' / ', c.denominator_shown, ' * 100 = [')
            else concat(
                c.numerator_shown, ' ', c.numerator_unit, ' / ', c.denominator_shown, ' ',
                c.denominator_unit, ' = ['
            )
        end,
        -- outwards: the comparison itself is exact
        coalesce(judge.show(judge.rounded(c.computed_low, c.digits, -1)), '?'), ', ',
        coalesce(judge.show(judge.rounded(c.computed_high, c.digits, 1)), '?'),
        ']; printed ', c.shown, ' [', coalesce(judge.show(c.low), '?'), ', ',
        coalesce(judge.show(c.high), '?'), ']; tolerance ', judge.show(c.tolerance)
    ) as arithmetic,
    concat(
        judge.about_zh(c.region_zh, c.period, c.name_zh), ' 印为 ',
        judge.said_zh(c.value, c.qualifier, c.unit), '，按',
        case when c.is_across then '' else '同一文件的' end, c.numerator_zh, ' ',
        c.numerator_said_zh, ' 与', case when c.is_mean then '两个年末平均的' else '' end,
        c.denominator_zh, ' ', concat_ws('、', c.before_said_zh, c.denominator_said_zh),
        ' 计算为 ',
        case
            when c.all_exact
                then judge.with_unit(judge.show(judge.rounded(c.computed, c.digits, 0)), c.unit)
            else judge.between_zh(
                judge.rounded(c.computed_low, c.digits, -1),
                judge.rounded(c.computed_high, c.digits, 1), c.unit
            )
        end,
        case
            when c.is_across then concat(
                '。跨文件比较：本数见《', coalesce(o.title_zh, c.source_document), '》（',
                coalesce(k.name_zh, c.estimate_stage), '），另用', e.documents_zh
            )
            else ''
        end
    ) as said_zh,
    concat(
        judge.about_en(c.region_en, c.period, c.name_en), ', is printed as ',
        judge.said_en(c.value, c.qualifier, c.unit), '; computed from ', c.numerator_en, ' (',
        c.numerator_said_en, ') and ', c.denominator_en, ' (',
        case when c.is_mean then 'mean of ' else '' end,
        concat_ws(' and ', c.before_said_en, c.denominator_said_en), ')',
        case when c.is_across then '' else ' of the same document' end, ' it is ',
        case
            when c.all_exact
                then judge.with_unit(judge.show(judge.rounded(c.computed, c.digits, 0)), c.unit)
            else judge.between_en(
                judge.rounded(c.computed_low, c.digits, -1),
                judge.rounded(c.computed_high, c.digits, 1), c.unit
            )
        end,
        case
            when c.is_across then concat(
                '. Across documents: printed in "', coalesce(o.title_en, c.source_document), '" (',
                coalesce(k.name_en, c.estimate_stage), '), computed with ', e.documents_en
            )
            else ''
        end
    ) as said_en,
    judge.note_zh(c.note_zh) as note_zh,
    judge.note_en(c.note_en) as note_en
from computed as c
left join named as e
    on e.observation_id = c.observation_id and e.relation_id = c.relation_id
left join landing.source_document as o on o.source_document = c.source_document
left join landing.code as k on k.list = 'estimate_stage' and k.code = c.estimate_stage;

-- One row per denominator, frame and cut with at least two shares: their sum beside the whole.
create or replace view judge.compared_share_sums as
with members as (
    select
        other_code,
        cut,
        reaches_total,
        count(*) as members
    from judge.member
    where kind = 'share_of' and not is_apart
    group by other_code, cut, reaches_total
),

whole as (
    select
        unit,
        cast(amount as decimal(30, 8)) as amount
    from (values ('%', 100), ('‰', 1000), ('‱', 10000)) as listed (unit, amount)
),

summed as (
    select
        m.other_code as denominator_code,
        m.cut,
        m.reaches_total,
        s.region_code,
        s.region_zh,
        s.region_en,
        s.period,
        s.frame,
        s.price_basis,
        s.unit,
        w.amount,
        min(s.data_set_id) as data_set_id,
        min(s.delivery_id) as delivery_id,
        count(distinct s.indicator_code) as shares,
        bool_and(s.is_exact) as is_exact,
        bool_or(s.is_open and s.value_low is not null) as is_low_open,
        bool_or(s.is_open and s.value_high is not null) as is_high_open,
        max(judge.tolerance_of(m.tolerance, m.tolerance_kind, w.amount)) as tolerance,
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
        string_agg(s.observation_id, ' ' order by s.indicator_code, s.observation_id) as share_ids,
        string_agg(
            concat(s.name_zh, ' ', judge.said_zh(s.value, s.qualifier, s.unit)), '、'
            order by s.indicator_code, s.observation_id
        ) as said_zh,
        string_agg(
            concat(s.name_en, ', ', judge.said_en(s.value, s.qualifier, s.unit)), '; '
            order by s.indicator_code, s.observation_id
        ) as said_en
    from judge.figure as s
    inner join whole as w on w.unit = s.unit
    inner join judge.member as m
        on m.kind = 'share_of' and not m.is_apart and m.indicator_code = s.indicator_code
    where s.measure = 'share_pct'
    group by all
    having count(*) > 1
)

select
    s.data_set_id,
    s.delivery_id,
    s.denominator_code as indicator_code,
    s.region_code,
    s.period,
    s.place as place_a,
    s.share_ids as observation_a,
    s.reaches_total,
    judge.is_above(
        s.low, s.is_low_open, s.high, s.amount, false, s.amount, s.tolerance, s.is_exact
    ) as is_above,
    case
        when not s.reaches_total then false
        when s.shares < m.members then null
        else judge.is_above(
            s.amount, false, s.amount, s.low, s.is_high_open, s.high, s.tolerance, s.is_exact
        )
    end as is_below,
    concat(
        s.shown, ' = ', judge.show(s.value), ' [', judge.show(s.low), ', ',
        coalesce(judge.show(s.high), '?'), ']; ',
        case when s.reaches_total then 'should be ' else 'at most ' end, judge.show(s.amount),
        '; tolerance ', judge.show(s.tolerance)
    ) as arithmetic,
    concat(
        s.region_zh, ' ', judge.period_zh(s.period), ' ', s.said_zh, '，合计 ',
        judge.with_unit(judge.show(s.value), s.unit)
    ) as said_zh,
    concat(
        s.region_en, ', ', judge.period_en(s.period), ': ', s.said_en, '; together ',
        judge.with_unit(judge.show(s.value), s.unit)
    ) as said_en,
    judge.with_unit(judge.show(s.amount), s.unit) as whole
from summed as s
inner join members as m
    on
        m.other_code = s.denominator_code
        and m.cut = s.cut
        and m.reaches_total = s.reaches_total;

-- One row per figure that is declared not to be above another one.
create or replace view judge.compared_limits as
with paired as (
    select
        a.*,
        b.observation_id as limit_id,
        b.shown as limit_shown,
        b.place as limit_place,
        b.name_zh as limit_zh,
        b.name_en as limit_en,
        judge.said_zh(b.value, b.qualifier, b.unit) as limit_said_zh,
        judge.said_en(b.value, b.qualifier, b.unit) as limit_said_en,
        r.note_zh,
        r.note_en,
        b.is_open as limit_is_open,
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
            and b.dimension = a.dimension
            and b.factor = a.factor
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
    judge.is_above(
        low, is_open, high, limit_low, limit_is_open, limit_high, tolerance, both_exact
    ) as is_above,
    concat(
        shown, ' [', coalesce(judge.show(low), '?'), ', ', coalesce(judge.show(high), '?'),
        '] > ', limit_shown, ' [', coalesce(judge.show(limit_low), '?'), ', ',
        coalesce(judge.show(limit_high), '?'), ']; tolerance ', judge.show(tolerance)
    ) as arithmetic,
    concat(
        judge.about_zh(region_zh, period, name_zh), ' 印为 ',
        judge.said_zh(value, qualifier, unit), '，大于', limit_zh, ' ', limit_said_zh
    ) as said_zh,
    concat(
        judge.about_en(region_en, period, name_en), ', is printed as ',
        judge.said_en(value, qualifier, unit), ', more than ', limit_en, ', ', limit_said_en
    ) as said_en,
    judge.note_zh(note_zh) as note_zh,
    judge.note_en(note_en) as note_en
from paired;

-- Levels at both ends of what a growth rate or an increment is about, within one document as
-- published on one day: only then do frame, scope and vintage agree. Reported growth is data; where
-- the base is restated (comparable prices, the same frame) there is nothing to compare it with.
create or replace view judge.change as
with relation as (
    select
        relation_id,
        kind,
        indicator_code,
        other_code,
        tolerance,
        tolerance_kind,
        note_zh,
        note_en
    from landing.relation
    where kind in ('growth_of', 'increment_of')
),

levels as (
    select
        *,
        concat_ws('|', edition, price_basis, period_kind, period_start, period_end) as found_by
    from judge.figure
    where
        measure in ('level', 'count')
        and indicator_code in (select other_code from relation)
),

wanted as (
    select
        c.*,
        r.relation_id,
        r.kind,
        r.other_code,
        r.note_zh,
        r.note_en,
        judge.tolerance_of(r.tolerance, r.tolerance_kind, c.value) as tolerance,
        r.tolerance_kind = 'rounding' as is_rounded,
        year(c.period_end) - year(c.period_start) as years,
        -- growth on the year before: the period itself, and the same days a year earlier;
        -- over a range of years: its first and its last year
        case
            when c.price_basis = 'not_stated' then null
            when c.measure = 'yoy_growth_pct'
                then concat_ws(
                    '|', c.edition, c.price_basis, c.period_kind, c.period_start, c.period_end
                )
            when is_of_years
                then concat_ws(
                    '|', c.edition, c.price_basis, 'annual',
                    make_date(year(c.period_end), 1, 1), c.period_end
                )
        end as found_by,
        case
            when c.price_basis = 'not_stated' then null
            when c.measure = 'yoy_growth_pct'
                then concat_ws(
                    '|', c.edition, c.price_basis, c.period_kind,
                    cast(c.period_start - interval 1 year as date),
                    case
                        when c.period_end = last_day(c.period_end)
                            then last_day(c.period_end - interval 1 year)
                        else cast(c.period_end - interval 1 year as date)
                    end
                )
            when is_of_years
                then concat_ws(
                    '|', c.edition, c.price_basis, 'annual', c.period_start,
                    make_date(year(c.period_start), 12, 31)
                )
        end as found_before_by
    from (
        select
            *,
            strftime(period_start, '%m-%d') = '01-01' and strftime(period_end, '%m-%d') = '12-31'
            and year(period_end) > year(period_start) as is_of_years
        from judge.figure
    ) as c
    inner join relation as r on r.indicator_code = c.indicator_code
    where
        c.scope <> 'same_frame'
        and c.price_basis in ('current', 'not_applicable', 'not_stated')
        and (
            (r.kind = 'growth_of' and c.measure in ('yoy_growth_pct', 'cagr_pct'))
            or (r.kind = 'increment_of' and c.measure in ('level', 'count'))
        )
)

select
    w.*,
    case when w.is_rounded then w.printed_low else w.value_low end as low,
    case when w.is_rounded then w.printed_high else w.value_high end as high,
    e.observation_id as end_id,
    e.place as end_place,
    e.shown as end_shown,
    e.value as end_value,
    e.qualifier as end_qualifier,
    e.unit as end_unit,
    e.period as end_period,
    e.name_zh as end_zh,
    e.name_en as end_en,
    e.is_exact as end_is_exact,
    e.is_open as end_is_open,
    case when w.is_rounded then e.printed_low else e.value_low end as end_low,
    case when w.is_rounded then e.printed_high else e.value_high end as end_high,
    s.observation_id as start_id,
    s.place as start_place,
    s.shown as start_shown,
    s.value as start_value,
    s.qualifier as start_qualifier,
    s.unit as start_unit,
    s.period as start_period,
    s.name_zh as start_zh,
    s.name_en as start_en,
    s.is_exact as start_is_exact,
    s.is_open as start_is_open,
    case when w.is_rounded then s.printed_low else s.value_low end as start_low,
    case when w.is_rounded then s.printed_high else s.value_high end as start_high
from wanted as w
left join levels as e on e.indicator_code = w.other_code and e.found_by = w.found_by
left join levels as s on s.indicator_code = w.other_code and s.found_by = w.found_before_by;

-- One row per growth rate of a nominal series: printed beside what the levels give.
create or replace view judge.compared_growth as
with computed as (
    select
        *,
        case when measure = 'cagr_pct' then years else 1 end as n,
        is_exact and end_is_exact and start_is_exact as all_exact,
        case
            when end_low >= 0 and start_low > 0 then cast(
                round((pow(end_low / nullif(start_high, 0), 1.0 / n) - 1) * 100, 8)
                as decimal(30, 8)
            )
        end as computed_low,
        case
            when end_high >= 0 and start_low > 0 then cast(
                round((pow(end_high / nullif(start_low, 0), 1.0 / n) - 1) * 100, 8)
                as decimal(30, 8)
            )
        end as computed_high,
        case
            when end_value >= 0 and start_value > 0 then cast(
                round((pow(end_value / nullif(start_value, 0), 1.0 / n) - 1) * 100, 8)
                as decimal(30, 8)
            )
        end as computed,
        judge.digits_of(resolution) as digits
    from judge.change
    where kind = 'growth_of' and unit = '%'
)

select
    measure,
    data_set_id,
    delivery_id,
    indicator_code,
    region_code,
    period,
    place as place_a,
    concat_ws('; ', start_place, end_place) as place_b,
    observation_id as observation_a,
    concat_ws(' ', start_id, end_id) as observation_b,
    judge.is_different(
        computed_low, end_is_open or (start_is_open and end_value <> 0), computed_high, low,
        is_open, high, qualifier, tolerance, all_exact
    ) as is_different,
    concat(
        case
            when n > 1 then concat('(', end_shown, ' / ', start_shown, ') ^ (1 / ', n, ')')
            else concat(end_shown, ' / ', start_shown)
        end,
        ' - 1 = [', coalesce(judge.show(judge.rounded(computed_low, digits, -1)), '?'), ', ',
        coalesce(judge.show(judge.rounded(computed_high, digits, 1)), '?'), '] %; printed ', shown,
        ' [', coalesce(judge.show(low), '?'), ', ', coalesce(judge.show(high), '?'),
        ']; tolerance ', judge.show(tolerance)
    ) as arithmetic,
    concat(
        judge.about_zh(region_zh, period, name_zh), ' 印为 ',
        judge.said_zh(value, qualifier, unit), '，按同一文件的', start_zh, ' ',
        judge.period_zh(start_period), ' ', judge.said_zh(start_value, start_qualifier, start_unit),
        '、', judge.period_zh(end_period), ' ', judge.said_zh(end_value, end_qualifier, end_unit),
        ' 计算为 ',
        case
            when all_exact
                then judge.with_unit(judge.show(judge.rounded(computed, digits, 0)), unit)
            else judge.between_zh(
                judge.rounded(computed_low, digits, -1), judge.rounded(computed_high, digits, 1),
                unit
            )
        end
    ) as said_zh,
    concat(
        judge.about_en(region_en, period, name_en), ', is printed as ',
        judge.said_en(value, qualifier, unit), '; computed from ', start_en,
        ' of the same document (', judge.said_en(start_value, start_qualifier, start_unit), ' in ',
        start_period, ', ', judge.said_en(end_value, end_qualifier, end_unit), ' in ', end_period,
        ') it is ',
        case
            when all_exact
                then judge.with_unit(judge.show(judge.rounded(computed, digits, 0)), unit)
            else judge.between_en(
                judge.rounded(computed_low, digits, -1), judge.rounded(computed_high, digits, 1),
                unit
            )
        end
    ) as said_en,
    judge.note_zh(note_zh) as note_zh,
    judge.note_en(note_en) as note_en
from computed;

-- One row per increment over a range of years: beside the difference of the levels or, where only
-- one level is printed, that level beside the one that increment and average growth imply.
create or replace view judge.compared_increments as
with growth as (
    select
        other_code,
        edition,
        period,
        period_kind,
        price_basis,
        observation_id,
        place,
        value,
        qualifier,
        shown,
        unit,
        is_exact,
        name_zh,
        name_en,
        pow(1 + low / 100, years) as factor_low,
        pow(1 + high / 100, years) as factor_high
    from judge.change
    where kind = 'growth_of' and measure = 'cagr_pct' and unit = '%'
),

-- level at the end = increment * q / (q - 1), at the start = increment / (q - 1), where q is the
-- growth over the whole range; each is monotone in both, so the four corners bound it
implied as (
    select
        i.*,
        g.observation_id as growth_id,
        g.place as growth_place,
        g.shown as growth_shown,
        judge.said_zh(g.value, g.qualifier, g.unit) as growth_said_zh,
        judge.said_en(g.value, g.qualifier, g.unit) as growth_said_en,
        g.name_zh as growth_zh,
        g.name_en as growth_en,
        i.start_id is not null and i.end_id is not null as has_both,
        case
            when has_both or g.observation_id is null then null
            when g.factor_high is null or g.factor_low is null then null
            when g.factor_low > 1 or g.factor_high < 1
                then list_transform(
                    [
                        [cast(i.low as double), g.factor_low],
                        [cast(i.low as double), g.factor_high],
                        [cast(i.high as double), g.factor_low],
                        [cast(i.high as double), g.factor_high]
                    ],
                    lambda x: x[1] * case when i.end_id is not null then x[2] else 1 end
                    / nullif(x[2] - 1, 0)
                )
        end as corners
    from judge.change as i
    left join growth as g
        on
            g.other_code = i.other_code
            and g.edition = i.edition
            and g.period = i.period
            and g.period_kind = i.period_kind
            and g.price_basis = i.price_basis
    where i.kind = 'increment_of'
),

-- a: what is computed, b: what is printed
compared as (
    select
        *,
        case
            when has_both then end_low - start_high
            when i.low is null or i.high is null then null
            else cast(round(list_min(corners), 8) as decimal(30, 8))
        end as a_low,
        case
            when has_both then end_high - start_low
            when i.low is null or i.high is null then null
            else cast(round(list_max(corners), 8) as decimal(30, 8))
        end as a_high,
        case when has_both then low when end_id is not null then end_low else start_low end
            as b_low,
        case when has_both then high when end_id is not null then end_high else start_high end
            as b_high,
        case
            when has_both then is_open when end_id is not null then end_is_open else start_is_open
        end as b_is_open,
        case
            when has_both then qualifier
            when end_id is not null then end_qualifier
            else start_qualifier
        end as b_qualifier,
        is_exact and coalesce(end_is_exact, true) and coalesce(start_is_exact, true) as all_exact,
        coalesce(end_zh, start_zh) as level_zh,
        coalesce(end_en, start_en) as level_en
    from implied as i
)

select
    data_set_id,
    delivery_id,
    indicator_code,
    region_code,
    period,
    place as place_a,
    concat_ws('; ', start_place, end_place, case when not has_both then growth_place end)
        as place_b,
    observation_id as observation_a,
    concat_ws(' ', start_id, end_id, case when not has_both then growth_id end) as observation_b,
    case
        when coalesce(end_unit, start_unit) = unit then judge.is_different(
            a_low, coalesce(has_both and (end_is_open or start_is_open), false), a_high, b_low,
            b_is_open, b_high, b_qualifier, tolerance, all_exact
        )
    end as is_different,
    concat(
        case
            when has_both then concat(end_shown, ' - ', start_shown)
            when end_id is not null
                then concat(shown, ' * q / (q - 1), q = (1 + ', growth_shown, ' %) ^ ', years)
            else concat(shown, ' / (q - 1), q = (1 + ', growth_shown, ' %) ^ ', years)
        end,
        ' = [', coalesce(judge.show(judge.rounded(a_low, 2, -1)), '?'), ', ',
        coalesce(judge.show(judge.rounded(a_high, 2, 1)), '?'), ']; printed ',
        case when has_both then shown else coalesce(end_shown, start_shown) end, ' [',
        coalesce(judge.show(b_low), '?'), ', ', coalesce(judge.show(b_high), '?'),
        ']; tolerance ', judge.show(tolerance)
    ) as arithmetic,
    case
        when has_both then concat(
            judge.about_zh(region_zh, period, name_zh), ' 印为 ',
            judge.said_zh(value, qualifier, unit), '，而同一文件的', level_zh, ' 由 ',
            judge.said_zh(start_value, start_qualifier, start_unit), ' 至 ',
            judge.said_zh(end_value, end_qualifier, end_unit), '，相差 ',
            judge.between_zh(
                judge.rounded(a_low, 2, -1), judge.rounded(a_high, 2, 1), unit
            )
        )
        else concat(
            judge.about_zh(region_zh, coalesce(end_period, start_period), level_zh), ' 印为 ',
            judge.said_zh(
                coalesce(end_value, start_value), coalesce(end_qualifier, start_qualifier),
                coalesce(end_unit, start_unit)
            ),
            '，而同一文件的', name_zh, ' ', judge.said_zh(value, qualifier, unit), ' 与', growth_zh,
            ' ', growth_said_zh, ' 推得 ',
            judge.between_zh(
                judge.rounded(a_low, 2, -1), judge.rounded(a_high, 2, 1), unit
            )
        )
    end as said_zh,
    case
        when has_both then concat(
            judge.about_en(region_en, period, name_en), ', is printed as ',
            judge.said_en(value, qualifier, unit), ', while ', level_en,
            ' of the same document goes from ',
            judge.said_en(start_value, start_qualifier, start_unit), ' to ',
            judge.said_en(end_value, end_qualifier, end_unit), ', a difference of ',
            judge.between_en(
                judge.rounded(a_low, 2, -1), judge.rounded(a_high, 2, 1), unit
            )
        )
        else concat(
            judge.about_en(region_en, coalesce(end_period, start_period), level_en),
            ', is printed as ',
            judge.said_en(
                coalesce(end_value, start_value), coalesce(end_qualifier, start_qualifier),
                coalesce(end_unit, start_unit)
            ),
            ', while ', name_en, ' (', judge.said_en(value, qualifier, unit), ') and ', growth_en,
            ' (', growth_said_en, ') of the same document imply ',
            judge.between_en(
                judge.rounded(a_low, 2, -1), judge.rounded(a_high, 2, 1), unit
            )
        )
    end as said_en,
    judge.note_zh(note_zh) as note_zh,
    judge.note_en(note_en) as note_en
from compared;

-- One row per statement of a figure beside the one that stands in most places of the same document;
-- a statement is what is printed, `places` where it is compared. So the rows are as many as the
-- statements, where pairs of places would be their square. What the common statement allows (it is
-- a bound, or about) can still contradict itself: it meets the highest of what is allowed too, and
-- so one side at least of every contradiction is named.
create or replace view judge.compared_repeats as
with current_version as (
    select
        *,
        coalesce(source_place, '') as position,
        concat_ws('|', value, qualifier, coalesce(cast(resolution as varchar), '?')) as said,
        concat_ws(
            '|', source_document, indicator_code, region_code, period, period_kind, scope, measure,
            basis, price_basis, judge.division(breakdown, figure_kind, subject, locality), unit,
            estimate_stage
        ) as figure
    from core.observation
    where known_to is null and value is not null and source_document <> ''
),

repeated as (
    select figure from current_version
    group by figure
    having count(distinct position) > 1
),

printed as (
    select
        *,
        judge.printed_low(value, qualifier, resolution) as low,
        judge.printed_high(value, qualifier, resolution) as high,
        judge.place(source_document, source_place, delivery_place) as place,
        min(position) over (partition by figure, said) as first_position
    from current_version
    where figure in (select figure from repeated)
),

-- by where each stands first, and first elsewhere
statements as (
    select
        figure,
        said,
        any_value(value) as value,
        any_value(qualifier) as qualifier,
        any_value(resolution) as resolution,
        any_value(low) as low,
        any_value(high) as high,
        min(position) as position,
        count(distinct position) as places,
        arg_min(observation_id, (position, observation_id)) as observation_id,
        arg_min(observation_id, (position, observation_id))
            filter (where position > first_position) as elsewhere_id
    from printed
    group by figure, said
),

common as (
    select * from statements
    qualify row_number() over (
        partition by figure order by places desc, position, observation_id
    ) = 1
),

beside_common as (
    select
        figure,
        a.said,
        b.said as other_said,
        judge.is_contradictory(
            a.value, a.qualifier, a.resolution, a.low, a.high, b.value, b.qualifier, b.resolution,
            b.low, b.high
        ) as is_contradictory
    from common as a
    inner join statements as b using (figure)
),

allowed as (
    select s.*
    from beside_common as c
    inner join statements as s on s.figure = c.figure and s.said = c.other_said
    where c.is_contradictory is distinct from true
),

highest as (
    select * from allowed
    qualify row_number() over (
        partition by figure
        order by low desc nulls last, bounds.is_open(qualifier) desc, position, observation_id
    ) = 1
),

beside_highest as (
    select
        figure,
        a.said,
        b.said as other_said,
        true as is_contradictory
    from highest as a
    inner join allowed as b using (figure)
    where
        judge.is_contradictory(
            a.value, a.qualifier, a.resolution, a.low, a.high, b.value, b.qualifier, b.resolution,
            b.low, b.high
        )
),

beside as (
    select * from beside_highest
    union all
    select c.*
    from beside_common as c
    anti join beside_highest as h on h.figure = c.figure and h.other_said = c.other_said
),

-- two prints at one place are no two places
paired as (
    select
        d.is_contradictory,
        a.places as common_places,
        case when a.said = b.said then b.places - 1 else b.places end as places,
        case
            when a.said = b.said or a.position <> b.position or a.elsewhere_id is null
                then a.observation_id
            else a.elsewhere_id
        end as observation_a,
        case
            when a.said = b.said then b.elsewhere_id
            when a.position <> b.position or a.elsewhere_id is not null then b.observation_id
            else b.elsewhere_id
        end as observation_b
    from beside as d
    inner join statements as a on a.figure = d.figure and a.said = d.said
    inner join statements as b on b.figure = d.figure and b.said = d.other_said
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
    p.places,
    p.is_contradictory,
    concat(
        judge.show_figure(a.value, a.qualifier), ' [', coalesce(judge.show(a.low), '?'), ', ',
        coalesce(judge.show(a.high), '?'), '] / ', judge.show_figure(b.value, b.qualifier), ' [',
        coalesce(judge.show(b.low), '?'), ', ', coalesce(judge.show(b.high), '?'), ']'
    ) as arithmetic,
    concat(
        judge.about_zh(
            coalesce(g.region_name_zh, a.region_code), a.period,
            coalesce(i.name_zh, a.indicator_code)
        ),
        ' 在同一文件的',
        case when p.common_places > 1 then concat(' ', p.common_places, ' 处为 ') else '一处为 ' end,
        judge.said_zh(a.value, a.qualifier, a.unit),
        case when p.places > 1 then concat('，另 ', p.places, ' 处为 ') else '，另一处为 ' end,
        judge.said_zh(b.value, b.qualifier, b.unit)
    ) as said_zh,
    concat(
        judge.about_en(
            coalesce(g.region_name_en, a.region_code), a.period,
            coalesce(i.name_en, a.indicator_code)
        ),
        ', is ', judge.said_en(a.value, a.qualifier, a.unit), ' in ',
        case
            when p.common_places > 1 then concat(p.common_places, ' places')
            else 'one place'
        end,
        ' of the document and ', judge.said_en(b.value, b.qualifier, b.unit), ' in ',
        case when p.places > 1 then concat(p.places, ' others') else 'another' end
    ) as said_en
from paired as p
inner join printed as a on a.observation_id = p.observation_a
inner join printed as b on b.observation_id = p.observation_b
left join landing.indicator as i on i.indicator_code = a.indicator_code
left join landing.region as g on g.region_code = a.region_code;

-- One row per document beside the headline that gives a figure for the same fact. Forecasts and
-- targets are no statements of the fact. Of two known stages of estimate the later is a revision;
-- so is a final figure that became known later. That estimates are revised is how they are meant; a
-- census alone moves whole series. What quotes a version of the headline's source that was in force
-- when it was published agrees with it.
create or replace view judge.compared_documents as
with stated as (
    select
        *,
        concat_ws(
            '|', indicator_code, region_code, period, period_kind, scope, measure, basis,
            price_basis, judge.division(breakdown, figure_kind, subject, locality), unit
        ) as fact
    from core.observation
    where
        value is not null
        and source_document <> ''
        and figure_kind = 'outturn'
        and estimate_stage <> 'forecast'
        and obs_status <> 'F'
        and period_kind <> 'target'
        and not starts_with(measure, 'target')
        and not starts_with(basis, 'target')
),

ladder as (
    select
        estimate_stage,
        rung,
        rung >= 3 as is_final
    from (
        values
        ('flash', 1), ('preliminary', 2), ('survey_estimate', 2), ('final', 3), ('census', 4),
        ('census_revised', 5)
    ) as listed (estimate_stage, rung)
),

headlines as (
    select
        h.*,
        l.rung,
        coalesce(l.is_final, false) as is_final
    from stated as h
    left join ladder as l on l.estimate_stage = h.estimate_stage
    where h.known_to is null and h.is_headline
),

others as (
    select
        o.*,
        l.rung,
        coalesce(l.is_final, false) as is_final,
        judge.printed_low(o.value, o.qualifier, o.resolution) as low,
        judge.printed_high(o.value, o.qualifier, o.resolution) as high
    from stated as o
    inner join headlines as h on h.fact = o.fact and h.source_document <> o.source_document
    left join ladder as l on l.estimate_stage = o.estimate_stage
    where o.known_to is null and not o.is_headline
    qualify row_number() over (
        partition by o.fact, o.source_document
        order by o.headline_rank, o.known_from desc, o.observation_id
    ) = 1
),

quoting as (
    select distinct o.observation_id
    from others as o
    inner join headlines as h on h.fact = o.fact
    inner join stated as v
        on
            v.fact = o.fact
            and v.source_document = h.source_document
            and v.known_from <= o.known_from
            and v.known_to > o.known_from
    where
        judge.is_different(
            judge.printed_low(v.value, v.qualifier, v.resolution), bounds.is_open(v.qualifier),
            judge.printed_high(v.value, v.qualifier, v.resolution), o.low,
            bounds.is_open(o.qualifier), o.high, o.qualifier, 0,
            v.qualifier = 'exact' and o.qualifier = 'exact'
        ) = false
),

paired as (
    select
        h.*,
        o.observation_id as other_id,
        o.value as other_value,
        o.qualifier as other_qualifier,
        o.resolution as other_resolution,
        o.source_document as other_document,
        o.estimate_stage as other_stage,
        judge.place(o.source_document, o.source_place, o.delivery_place) as other_place,
        judge.printed_low(h.value, h.qualifier, h.resolution) as low,
        judge.printed_high(h.value, h.qualifier, h.resolution) as high,
        o.low as other_low,
        o.high as other_high,
        q.observation_id is not null as is_quoted,
        coalesce(h.rung <> o.rung, false)
        or (
            h.estimate_stage <> o.estimate_stage
            and (
                (h.is_final and h.known_from > o.known_from)
                or (o.is_final and o.known_from > h.known_from)
            )
        ) as is_revision
    from others as o
    inner join headlines as h on h.fact = o.fact
    left join quoting as q on q.observation_id = o.observation_id
)

select
    p.data_set_id,
    p.delivery_id,
    p.indicator_code,
    p.region_code,
    p.period,
    judge.place(p.source_document, p.source_place, p.delivery_place) as place_a,
    p.other_place as place_b,
    p.observation_id as observation_a,
    p.other_id as observation_b,
    p.is_revision,
    'census_revised' in (p.estimate_stage, p.other_stage) as is_by_census,
    case
        when p.is_quoted then false
        when p.value = p.other_value and p.qualifier = p.other_qualifier then false
        when judge.is_different(
            p.low, bounds.is_open(p.qualifier), p.high, p.other_low,
            bounds.is_open(p.other_qualifier), p.other_high, p.other_qualifier, 0,
            p.qualifier = 'exact' and other_qualifier = 'exact'
        ) then true
        when p.resolution is null and bounds.rounding(p.qualifier) = 0 then null
        when p.other_resolution is null and bounds.rounding(p.other_qualifier) = 0 then null
        else false
    end as is_different,
    concat(
        judge.show_figure(p.value, p.qualifier), ' [', coalesce(judge.show(p.low), '?'), ', ',
        coalesce(judge.show(p.high), '?'), '] / ',
        judge.show_figure(p.other_value, p.other_qualifier), ' [',
        coalesce(judge.show(p.other_low), '?'), ', ', coalesce(judge.show(p.other_high), '?'), ']'
    ) as arithmetic,
    concat(
        judge.about_zh(
            coalesce(g.region_name_zh, p.region_code), p.period,
            coalesce(i.name_zh, p.indicator_code)
        ),
        '：《', coalesce(d.title_zh, p.source_document), '》（',
        concat_ws('，', dg.name_zh, coalesce(dk.name_zh, p.estimate_stage)), '）为 ',
        judge.said_zh(p.value, p.qualifier, p.unit), '，取为主数；《',
        coalesce(e.title_zh, p.other_document), '》（',
        concat_ws('，', eg.name_zh, coalesce(ek.name_zh, p.other_stage)), '）为 ',
        judge.said_zh(p.other_value, p.other_qualifier, p.unit)
    ) as said_zh,
    concat(
        judge.about_en(
            coalesce(g.region_name_en, p.region_code), p.period,
            coalesce(i.name_en, p.indicator_code)
        ),
        ': "', coalesce(d.title_en, p.source_document), '" (',
        concat_ws(', ', dg.name_en, coalesce(dk.name_en, p.estimate_stage)), ') has ',
        judge.said_en(p.value, p.qualifier, p.unit), ', the headline; "',
        coalesce(e.title_en, p.other_document), '" (',
        concat_ws(', ', eg.name_en, coalesce(ek.name_en, p.other_stage)), ') has ',
        judge.said_en(p.other_value, p.other_qualifier, p.unit)
    ) as said_en
from paired as p
left join landing.indicator as i on i.indicator_code = p.indicator_code
left join landing.region as g on g.region_code = p.region_code
left join landing.source_document as d on d.source_document = p.source_document
left join landing.source_document as e on e.source_document = p.other_document
left join landing.code as dg on dg.list = 'source_grade' and dg.code = d.source_grade
left join landing.code as eg on eg.list = 'source_grade' and eg.code = e.source_grade
left join landing.code as dk on dk.list = 'estimate_stage' and dk.code = p.estimate_stage
left join landing.code as ek on ek.list = 'estimate_stage' and ek.code = p.other_stage;

-- Which units fit which measure; `is_fit` is null where the unit is not in the list of units. A
-- level can have any unit but a proportion or a place in a ranking: a density in per cent, say, is
-- a slip. A share has to stay within its whole also where it is not printed in per cent.
create or replace view judge.measured as
with described as (
    select
        o.observation_id,
        o.indicator_code,
        o.period_end,
        o.measure,
        o.unit,
        o.value,
        u.dimension
    from core.observation as o
    left join landing.unit as u on u.unit = o.unit
    where o.known_to is null and o.value is not null
)

select
    observation_id,
    indicator_code,
    period_end,
    measure,
    unit,
    case
        when dimension is null then null
        when measure = 'level' then dimension not in (
            'percent', 'permille', 'permyriad', 'percentage_point', 'rank', 'doubling',
            'times_as_much'
        )
        when measure = 'count' then
            dimension not in (
                'percent', 'permille', 'permyriad', 'percentage_point', 'rank', 'doubling',
                'times_as_much', 'score'
            )
            and not regexp_matches(
                dimension, '^(currency|cny|area|length|volume|mass|energy|power)_'
            )
        when measure = 'share_pct' then
            dimension in ('percent', 'permille', 'permyriad', 'dimensionless')
            and value >= 0
            and value <= case dimension
                -- per cent is the delivery gate's: value.share-out-of-range
                when 'percent' then value
                when 'permille' then 1000
                when 'permyriad' then 10000
                else 1
            end
        when measure in ('yoy_growth_pct', 'mom_growth_pct', 'cagr_pct', 'target_growth_pct') then dimension in (
            'percent', 'permille', 'permyriad', 'percentage_point', 'times_as_much', 'doubling'
        )
        when measure = 'index' then dimension in ('index', 'dimensionless', 'percent')
        when measure = 'duration' then starts_with(dimension, 'time_')
        when measure = 'rank' then
            dimension in ('rank', 'named_persons', 'dimensionless')
            or starts_with(dimension, 'count_')
        when measure = 'ratio' then
            dimension <> 'rank' and not starts_with(dimension, 'currency_')
        else true
    end as is_fit
from described;

-- One row per headline figure of a flow and the shortest longer range that it lies in, a the
-- longer: what holds from one to the next holds throughout. A flow is what is printed as cumulative
-- at least once and is never negative. `times_apart`: how far their averages per year are apart at
-- least, for amounts over a year and more; things that are counted may well differ.
create or replace view judge.compared_ranges as
with flows as (
    select indicator_code
    from core.observation
    where known_to is null and value is not null
    group by indicator_code
    having bool_or(basis = 'cumulative' and measure in ('level', 'count')) and min(value) >= 0
),

figures as (
    select
        o.*,
        concat_ws(
            '|', o.indicator_code, o.region_code, o.scope,
            judge.division(o.breakdown, o.figure_kind, o.subject, o.locality), o.price_basis,
            o.measure, o.unit
        ) as series,
        datediff('month', o.period_start, o.period_end) + 1 as months,
        coalesce(judge.printed_low(o.value, o.qualifier, o.resolution), 0) as low,
        judge.printed_high(o.value, o.qualifier, o.resolution) as high,
        judge.place(o.source_document, o.source_place, o.delivery_place) as place
    from core.observation as o
    where
        o.known_to is null
        and o.value is not null
        and o.is_headline
        and o.basis in ('current', 'cumulative')
        and o.measure in ('level', 'count')
        and o.figure_kind = 'outturn'
        and o.estimate_stage <> 'forecast'
        and o.indicator_code in (select indicator_code from flows)
),

-- the longer one in every year that it touches: so that the shorter ones are found by key
spread as (
    select
        observation_id,
        series,
        basis,
        period_start,
        period_end,
        months,
        high is null as is_endless,
        unnest(range(cast(year(period_start) as bigint), cast(year(period_end) as bigint) + 1))
            as calendar_year
    from figures
),

-- of several longer ones the shortest; one without an upper end bounds nothing and comes last
nested as (
    select
        b.observation_id as part_id,
        arg_min(a.observation_id, (a.is_endless, a.months, a.period_start, a.observation_id))
            as observation_id
    from spread as a
    inner join figures as b
        on
            b.series = a.series
            and year(b.period_start) = a.calendar_year
            and b.period_start >= a.period_start
            and b.period_end <= a.period_end
            and (b.period_start > a.period_start or b.period_end < a.period_end)
            and (a.basis = 'cumulative' or b.basis = 'cumulative')
    group by b.observation_id
),

paired as (
    select
        a.*,
        b.observation_id as part_id,
        b.place as part_place,
        b.period as part_period,
        b.value as part_value,
        b.qualifier as part_qualifier,
        b.source_document as part_document,
        b.low as part_low,
        b.high as part_high,
        b.months as part_months,
        a.qualifier = 'exact' and b.qualifier = 'exact' as both_exact
    from nested as n
    inner join figures as a on a.observation_id = n.observation_id
    inner join figures as b on b.observation_id = n.part_id
),

compared as (
    select
        *,
        judge.is_above(
            part_low, bounds.is_open(part_qualifier) and bounds.has_low(part_qualifier), part_high,
            low, bounds.is_open(qualifier), high, 0, both_exact
        ) as is_exceeded,
        measure = 'level' and part_months >= 12 and is_exceeded is distinct from true
            as has_average,
        -- average per month of the whole over that of the part: the least and the most it can be
        low * part_months / nullif(part_high * months, 0) as times_low,
        high * part_months / nullif(part_low * months, 0) as times_high
    from paired
)

select
    c.data_set_id,
    c.delivery_id,
    c.indicator_code,
    c.region_code,
    c.period,
    c.place as place_a,
    c.part_place as place_b,
    c.observation_id as observation_a,
    c.part_id as observation_b,
    c.is_exceeded,
    c.has_average,
    cast(
        round(
            case
                when c.times_low > 1 then c.times_low
                when c.times_high < 1 and c.times_high > 0 then 1 / c.times_high
                when c.times_low is not null and c.times_high is not null then 1
            end, 4
        ) as decimal(30, 8)
    ) as times_apart,
    case
        when c.is_exceeded then concat(
            judge.show_figure(c.value, c.qualifier), ' [', judge.show(c.low), ', ',
            coalesce(judge.show(c.high), '?'), '] < ',
            judge.show_figure(c.part_value, c.part_qualifier), ' [', judge.show(c.part_low), ', ',
            coalesce(judge.show(c.part_high), '?'), ']'
        )
    end as sums,
    case
        when c.has_average then concat(
            judge.show_figure(c.value, c.qualifier), ' / ', c.months, ' * 12 = ',
            judge.show(cast(round(c.value * 12 / c.months, 2) as decimal(30, 8))), '; ',
            judge.show_figure(c.part_value, c.part_qualifier),
            case
                when c.part_months <> 12 then concat(
                    ' / ', c.part_months, ' * 12 = ',
                    judge.show(cast(round(c.part_value * 12 / c.part_months, 2) as decimal(30, 8)))
                )
                else ''
            end
        )
    end as averages,
    case
        when c.is_exceeded or c.has_average then concat(
            judge.about_zh(
                coalesce(g.region_name_zh, c.region_code), c.period,
                coalesce(i.name_zh, c.indicator_code)
            ),
            ' 累计为 ', judge.said_zh(c.value, c.qualifier, c.unit), '，其中 ',
            judge.period_zh(c.part_period), ' 为 ',
            judge.said_zh(c.part_value, c.part_qualifier, c.unit),
            case when c.source_document <> c.part_document then '（两份文件）' else '' end
        )
    end as said_zh,
    case
        when c.is_exceeded or c.has_average then concat(
            judge.about_en(
                coalesce(g.region_name_en, c.region_code), c.period,
                coalesce(i.name_en, c.indicator_code)
            ),
            ', comes to ', judge.said_en(c.value, c.qualifier, c.unit), ', of which ',
            judge.said_en(c.part_value, c.part_qualifier, c.unit), ' in ',
            judge.period_en(c.part_period),
            case when c.source_document <> c.part_document then ' (two documents)' else '' end
        )
    end as said_en
from compared as c
left join landing.indicator as i on i.indicator_code = c.indicator_code
left join landing.region as g on g.region_code = c.region_code;

-- One row per headline figure of a region with figures of regions inside it, for indicators that
-- add up over regions. Figures of the same document go before headlines of others; only within one
-- document and stage (`is_one_vintage`) do sums have to meet.
create or replace view judge.compared_regions as
with kept as (
    select
        f.*,
        i.over_regions,
        concat_ws(
            '|', f.indicator_code, f.period, f.period_kind, f.scope, f.division, f.measure,
            f.basis, f.price_basis, f.unit
        ) as fact
    from judge.figure as f
    inner join landing.indicator as i
        on i.indicator_code = f.indicator_code and i.over_regions <> ''
    where f.measure in ('level', 'count')
),

totals as (
    select
        t.*,
        g.lists_all_parts
    from kept as t
    inner join landing.region as g on g.region_code = t.region_code
    where t.is_headline and t.region_code in (select parent_code from landing.region)
),

-- regions inside the total's that are in force during its whole period; one that begins or ends
-- meanwhile makes the comparison undecided
inside as (
    select
        t.observation_id as total_id,
        t.fact,
        t.source_document,
        t.estimate_stage,
        g.region_code,
        (g.valid_from is null or g.valid_from <= t.period_start)
        and (g.valid_to is null or g.valid_to > t.period_end) as is_whole
    from totals as t
    inner join landing.region as g
        on
            g.parent_code = t.region_code
            -- a group of regions holds what its members hold
            and g.region_kind is distinct from 'aggregate'
            and (g.valid_from is null or g.valid_from <= t.period_end)
            and (g.valid_to is null or g.valid_to > t.period_start)
),

-- the figure of each region: that of the document, else the headline
held as (
    select
        n.total_id,
        n.region_code,
        p.observation_id
    from inside as n
    inner join kept as p on p.fact = n.fact and p.region_code = n.region_code
    where p.source_document = n.source_document or p.is_headline
    qualify row_number() over (
        partition by n.total_id, n.region_code
        order by case when p.source_document = n.source_document then 0 else 1 end
    ) = 1
),

paired as (
    select
        n.*,
        p.observation_id as part_id,
        p.value,
        p.is_exact,
        p.is_open and p.printed_low is not null as is_low_open,
        p.is_open and p.printed_high is not null as is_high_open,
        p.shown,
        p.place,
        coalesce(p.printed_low, 0) as low,
        p.printed_high as high,
        p.source_document = n.source_document and p.estimate_stage = n.estimate_stage
            as is_same_vintage
    from inside as n
    left join held as h on h.total_id = n.total_id and h.region_code = n.region_code
    left join kept as p on p.observation_id = h.observation_id
),

summed as (
    select
        total_id,
        count(*) as members,
        count(part_id) as parts,
        bool_and(is_whole) as is_whole,
        bool_and(is_same_vintage) as is_one_vintage,
        bool_and(is_exact) as is_exact,
        bool_or(is_low_open) as is_low_open,
        bool_or(is_high_open) as is_high_open,
        sum(value) as value,
        sum(case when part_id is not null then low end) as low,
        case when count(high) = count(part_id) then sum(high) end as high,
        string_agg(shown, ' + ' order by region_code) as shown,
        string_agg(place, '; ' order by region_code) as place,
        string_agg(part_id, ' ' order by region_code) as part_ids
    from paired
    group by total_id
    having count(part_id) > 0
)

select
    t.data_set_id,
    t.delivery_id,
    t.indicator_code,
    t.region_code,
    t.period,
    t.place as place_a,
    s.place as place_b,
    t.observation_id as observation_a,
    s.part_ids as observation_b,
    s.is_one_vintage,
    -- how far the parts are above the total at least, as a fraction of it; negative when below
    case
        when
            s.low > t.printed_high
            or ((s.is_low_open or t.is_open) and s.low >= t.printed_high)
            then cast(
                round((s.low - t.printed_high) / nullif(abs(t.value), 0), 8) as decimal(30, 8)
            )
        when judge.is_above(
            s.low, s.is_low_open, s.high, t.printed_low, t.is_open, t.printed_high, 0,
            s.is_exact and t.is_exact
        ) = false then -1
    end as excess,
    t.over_regions = 'sum' and coalesce(t.lists_all_parts, false) as has_to_meet,
    case
        when t.over_regions <> 'sum' or not coalesce(t.lists_all_parts, false) then false
        when s.parts < s.members or not s.is_whole or not s.is_one_vintage then null
        else judge.is_above(
            t.printed_low, t.is_open, t.printed_high, s.low, s.is_high_open, s.high, 0,
            s.is_exact and t.is_exact
        )
    end as is_below,
    concat(
        s.shown, ' = ', judge.show(s.value), ' [', judge.show(s.low), ', ',
        coalesce(judge.show(s.high), '?'), ']; total ', t.shown, ' [',
        coalesce(judge.show(t.printed_low), '?'), ', ', coalesce(judge.show(t.printed_high), '?'),
        ']; ', s.parts, ' of ', s.members, ' regions'
    ) as arithmetic,
    concat(
        judge.about_zh(t.region_zh, t.period, t.name_zh), ' 印为 ',
        judge.said_zh(t.value, t.qualifier, t.unit), '，所辖 ', s.members, ' 个地区中 ', s.parts,
        ' 个之和为 ', judge.with_unit(judge.show(s.value), t.unit)
    ) as said_zh,
    concat(
        judge.about_en(t.region_en, t.period, t.name_en), ', is printed as ',
        judge.said_en(t.value, t.qualifier, t.unit), '; ', s.parts, ' of the ', s.members,
        ' regions inside it add up to ', judge.with_unit(judge.show(s.value), t.unit)
    ) as said_en
from summed as s
inner join totals as t on t.observation_id = s.total_id;

-- Two numbers that are declared to count different things of one kind (`apart_from`), printed in
-- one document. That they are equal to more than one figure happens where one of them was copied.
create or replace view judge.compared_states as
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
        when a.is_exact and b.is_exact and b.observation_id is not null
            then a.value * a.factor = b.value * b.factor and a.figures_printed > 1
    end as is_same,
    concat(a.shown, ' = ', b.shown) as arithmetic,
    concat(
        judge.about_zh(a.region_zh, a.period, a.name_zh), ' 印为 ',
        judge.said_zh(a.value, a.qualifier, a.unit), '，同一文件的', b.name_zh, ' 也印为 ',
        judge.said_zh(b.value, b.qualifier, b.unit), '，而两者不应是同一批'
    ) as said_zh,
    concat(
        judge.about_en(a.region_en, a.period, a.name_en), ', is printed as ',
        judge.said_en(a.value, a.qualifier, a.unit), ', and so is ', b.name_en,
        ' of the same document, ', judge.said_en(b.value, b.qualifier, b.unit),
        '; they should be different ones'
    ) as said_en,
    judge.note_zh(r.note_zh) as note_zh,
    judge.note_en(r.note_en) as note_en
from judge.figure as a
inner join landing.relation as r
    on r.indicator_code = a.indicator_code and r.kind = 'apart_from'
left join judge.figure as b
    on
        b.indicator_code = r.other_code
        and b.frame = a.frame
        and b.basis = a.basis
        and b.measure = a.measure
        and b.dimension = a.dimension
where a.measure in ('level', 'count');

-- The growth of a whole and of a declared part of it over one period, printed in one document. Two
-- rates of three figures and more are hardly ever the same.
create or replace view judge.compared_rates as
with rate as (
    select
        f.*,
        r.other_code as level_code
    from judge.figure as f
    inner join landing.relation as r
        on r.indicator_code = f.indicator_code and r.kind = 'growth_of'
    where f.measure in ('yoy_growth_pct', 'cagr_pct')
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
        when a.is_exact and b.is_exact then a.value = b.value and a.figures_printed > 2
    end as is_same,
    concat(a.shown, ' = ', b.shown) as arithmetic,
    concat(
        judge.about_zh(a.region_zh, a.period, a.name_zh), ' 印为 ',
        judge.said_zh(a.value, a.qualifier, a.unit), '，其总量的', b.name_zh, ' 也印为 ',
        judge.said_zh(b.value, b.qualifier, b.unit), '，分毫不差'
    ) as said_zh,
    concat(
        judge.about_en(a.region_en, a.period, a.name_en), ', is printed as ',
        judge.said_en(a.value, a.qualifier, a.unit), ', and ', b.name_en,
        ', of what it is a part of, as ', judge.said_en(b.value, b.qualifier, b.unit),
        ', exactly the same'
    ) as said_en
from rate as a
inner join landing.relation as p on p.indicator_code = a.level_code and p.kind = 'part_of'
inner join rate as b
    on
        b.level_code = p.other_code
        and b.frame = a.frame
        and b.measure = a.measure
        and b.basis = a.basis
        and b.unit = a.unit;

-- Two different measures of one thing (a growth and a share, say) that one section prints as one
-- and the same number: what a slip of the eye between two lines leaves.
create or replace view judge.compared_measures as
with about as (
    select
        f.*,
        r.other_code as about_code
    from judge.figure as f
    inner join landing.relation as r
        on
            r.indicator_code = f.indicator_code
            and r.kind in ('growth_of', 'share_of', 'ratio_of')
    where f.source_document <> '' and f.source_place <> ''
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
        when a.is_exact and b.is_exact then a.value = b.value and a.figures_printed > 2
    end as is_same,
    concat(a.shown, ' = ', b.shown) as arithmetic,
    concat(
        judge.about_zh(a.region_zh, a.period, a.name_zh), ' 与 ', judge.period_zh(b.period), ' ',
        b.name_zh, ' 在同一段里都印为 ', judge.said_zh(a.value, a.qualifier, a.unit)
    ) as said_zh,
    concat(
        judge.about_en(a.region_en, a.period, a.name_en), ', and ', b.name_en, ', ',
        judge.period_en(b.period), ', are both printed as ',
        judge.said_en(a.value, a.qualifier, a.unit), ' in one section'
    ) as said_en
from about as a
inner join about as b
    on
        b.about_code = a.about_code
        and b.source_document = a.source_document
        and b.source_place = a.source_place
        and b.region_code = a.region_code
        and b.division = a.division
        and b.unit = a.unit
        and b.measure > a.measure
        and b.period_start <= a.period_end
        and b.period_end >= a.period_start;

-- A cumulative amount over several years, what is known of single years in it, and what that leaves
-- for the rest. `times_apart`: how far the rest is from the known years, per month and more than the
-- tolerance allows for the years between their middles.
create or replace view judge.compared_remainders as
with amounts as (
    select
        o.*,
        concat_ws(
            '|', o.indicator_code, o.region_code, o.scope,
            judge.division(o.breakdown, o.figure_kind, o.subject, o.locality), o.price_basis, o.unit
        ) as series,
        datediff('month', o.period_start, o.period_end) + 1 as months,
        judge.place(o.source_document, o.source_place, o.delivery_place) as place
    from core.observation as o
    where
        o.known_to is null
        and o.is_headline
        and o.value > 0
        and o.qualifier = 'exact'
        and o.measure = 'level'
        and o.price_basis = 'current'
        and o.basis in ('current', 'cumulative')
        and o.figure_kind = 'outturn'
        and o.estimate_stage <> 'forecast'
),

known as (
    select
        a.observation_id,
        count(*) as years,
        sum(b.value) as value,
        string_agg(b.observation_id, ' ' order by b.period) as known_ids,
        string_agg(b.place, '; ' order by b.period) as place,
        string_agg(judge.show(b.value), ' - ' order by b.period) as shown,
        string_agg(
            concat(judge.period_zh(b.period), ' 的 ', judge.said_zh(b.value, b.qualifier, b.unit)),
            '、' order by b.period
        ) as said_zh,
        string_agg(
            concat(
                judge.said_en(b.value, b.qualifier, b.unit), ' of ', judge.period_en(b.period)
            ), ', ' order by b.period
        ) as said_en,
        -- middle of the known years, in years
        avg(year(b.period_start)) + 0.5 as middle
    from amounts as a
    inner join amounts as b
        on
            b.series = a.series
            and b.period_kind = 'annual'
            and b.period_start >= a.period_start
            and b.period_end <= a.period_end
    where a.basis = 'cumulative' and a.period_kind = 'cumulative_range'
    group by a.observation_id
),

left_over as (
    select
        a.*,
        k.years,
        k.value as known_value,
        k.known_ids,
        k.place as known_place,
        k.shown as known_shown,
        k.said_zh as known_zh,
        k.said_en as known_en,
        a.months - 12 * k.years as rest_months,
        a.value - k.value as rest,
        abs(
            (
                (year(a.period_start) + (month(a.period_start) - 1) / 12.0) * a.months
                + a.months * a.months / 24.0 - k.middle * 12 * k.years
            ) / nullif(a.months - 12 * k.years, 0) - k.middle
        ) as years_between
    from known as k
    inner join amounts as a on a.observation_id = k.observation_id
    where a.months - 12 * k.years >= 12 and a.value > k.value
)

select
    l.data_set_id,
    l.delivery_id,
    l.indicator_code,
    l.region_code,
    l.period,
    l.place as place_a,
    l.known_place as place_b,
    l.observation_id as observation_a,
    l.known_ids as observation_b,
    (l.rest / l.rest_months) / (l.known_value / (12 * l.years)) as times,
    greatest(l.years_between, 1) as years_between,
    concat(
        '(', judge.show(l.value), ' - ', l.known_shown, ') / ', l.rest_months, ' * 12 = ',
        judge.show(cast(round(l.rest * 12 / l.rest_months, 2) as decimal(30, 8)))
    ) as arithmetic,
    concat(
        judge.about_zh(
            coalesce(g.region_name_zh, l.region_code), l.period,
            coalesce(i.name_zh, l.indicator_code)
        ),
        ' 累计为 ', judge.said_zh(l.value, l.qualifier, l.unit), '，减去 ', l.known_zh, '，其余 ',
        l.rest_months, ' 个月为 ', judge.with_unit(judge.show(l.rest), l.unit), '，折合每年 ',
        judge.with_unit(
            judge.show(cast(round(l.rest * 12 / l.rest_months, 2) as decimal(30, 8))), l.unit
        )
    ) as said_zh,
    concat(
        judge.about_en(
            coalesce(g.region_name_en, l.region_code), l.period,
            coalesce(i.name_en, l.indicator_code)
        ),
        ', comes to ', judge.said_en(l.value, l.qualifier, l.unit), '; without ', l.known_en,
        ' the other ', l.rest_months, ' months have ',
        judge.with_unit(judge.show(l.rest), l.unit), ', per year ',
        judge.with_unit(
            judge.show(cast(round(l.rest * 12 / l.rest_months, 2) as decimal(30, 8))), l.unit
        )
    ) as said_en
from left_over as l
left join landing.indicator as i on i.indicator_code = l.indicator_code
left join landing.region as g on g.region_code = l.region_code;

-- Two figures of one mart row whose quotient has a plausible range (code list plausible_ratio: what
-- is divided, by what, both in the reference unit of their dimension, and `low..high`).
create or replace view judge.compared_quotients_of_rows as
with ranges as (
    select
        split_part(code, '_to_', 1) as numerator,
        split_part(code, '_to_', 2) as denominator,
        name_zh,
        name_en,
        cast(split_part(maps_to, '..', 1) as decimal(30, 8)) as low,
        cast(split_part(maps_to, '..', 2) as decimal(30, 8)) as high
    from landing.code
    where list = 'plausible_ratio'
),

cells as (
    select
        c.*,
        concat_ws(
            '|', c.mart, c.region_code, c.period, c.period_kind, c.item, c.stage, c.basis_family,
            c.subject, c.locality, c.scope
        ) as mart_row,
        o.data_set_id,
        o.delivery_id,
        judge.place(o.source_document, o.source_place, o.delivery_place) as place,
        i.name_zh as indicator_zh,
        i.name_en as indicator_en
    from intermediate.int_mart_cell as c
    inner join core.observation as o on o.observation_id = c.observation_id
    inner join landing.indicator as i on i.indicator_code = c.indicator_code
    where c.is_shown and c.measure in ('level', 'count') and c.reference_value > 0
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
        when a.qualifier = 'exact' and b.qualifier = 'exact' then
            a.reference_value < r.low * b.reference_value
            or a.reference_value > r.high * b.reference_value
    end as is_implausible,
    concat(
        judge.show(a.value), ' ', a.unit, ' / ', judge.show(b.value), ' ', b.unit, ' = ',
        judge.show(q.quotient), '; plausible ', judge.show(r.low), ' to ', judge.show(r.high)
    ) as arithmetic,
    concat(
        judge.about_zh(coalesce(g.region_name_zh, a.region_code), a.period, a.indicator_zh), ' ',
        judge.said_zh(a.value, a.qualifier, a.unit), ' 与', b.indicator_zh, ' ',
        judge.said_zh(b.value, b.qualifier, b.unit), ' 之比，', r.name_zh, '为 ',
        judge.show(q.quotient), '，通常在 ', judge.show(r.low), ' 至 ', judge.show(r.high), ' 之间'
    ) as said_zh,
    concat(
        judge.about_en(coalesce(g.region_name_en, a.region_code), a.period, a.indicator_en), ', ',
        judge.said_en(a.value, a.qualifier, a.unit), ', by ', b.indicator_en, ', ',
        judge.said_en(b.value, b.qualifier, b.unit), ': ', r.name_en, ' ',
        judge.show(q.quotient), ', usually from ', judge.show(r.low), ' to ', judge.show(r.high)
    ) as said_en
from cells as a
inner join cells as b on b.mart_row = a.mart_row and b.slot <> a.slot
inner join ranges as r on r.numerator = a.unit_dimension and r.denominator = b.unit_dimension
inner join lateral (
    select
        cast(
            round(cast(a.reference_value as double) / cast(b.reference_value as double), 2)
            as decimal(30, 8)
        ) as quotient
) as q on true
left join landing.region as g on g.region_code = a.region_code;
