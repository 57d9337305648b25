-- Figures beside what is plausible: the ranges of raw/catalogue/ranges.yml, the residents of the
-- region, the region around it, its sisters, and figures of other domains. Headlines alone are
-- compared, of outturns and of the region as a whole. `is_…` columns are three-valued: null is
-- undecided, for lack of the other figure.

-- The headline figures that have a range, in reference units.
create or replace view judge.ranged as
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
    extract(year from o.period_end) as year,
    o.measure,
    o.value,
    o.unit,
    o.qualifier,
    judge.place(o.source_document, o.source_place, o.delivery_place) as place,
    -- the grade of its source, best first: the millions of the precedence (macro headline_rank)
    o.headline_rank // 1000000 as grade,
    o.breakdown = '_T' and o.subject = '_T' and o.locality = '_T' as is_total,
    o.figure_kind = 'outturn' as is_outturn,
    hash(
        o.indicator_code, o.period_kind, month(o.period_start), month(o.period_end),
        year(o.period_end) - year(o.period_start), o.scope, o.measure, o.basis, o.price_basis,
        o.figure_kind, judge.division(o.breakdown, o.figure_kind, o.subject, o.locality)
    ) as series,
    cast(u.factor as double) as factor,
    cast(o.value as double) * cast(u.factor as double) as amount,
    g.region_kind,
    g.parent_code,
    coalesce(g.region_name_zh, o.region_code) as region_zh,
    coalesce(g.region_name_en, o.region_code) as region_en,
    coalesce(i.name_zh, o.indicator_code) as name_zh,
    coalesce(i.name_en, o.indicator_code) as name_en,
    coalesce(i.over_regions, '') as over_regions,
    o.period_start >= p.lows_since as has_low,
    p.* exclude (data_set_id, indicator_code, measure, lows_since),
    judge.years_of(p.behaviour, o.period_kind, o.period_start, o.period_end) as years,
    judge.slack_of(
        p.behaviour, o.period_kind,
        judge.years_of(p.behaviour, o.period_kind, o.period_start, o.period_end), p.short_periods
    ) as slack
from core.observation as o
inner join landing.delivery as d on o.delivery_id = d.delivery_id
inner join landing.unit as u on o.unit = u.unit
inner join landing.plausible as p
    on
        o.data_set_id = p.data_set_id
        and o.indicator_code = p.indicator_code
        and u.dimension = p.dimension
        and judge.measures_alike(o.measure, p.measure)
        and (p.from_day is null or d.delivered_on is null or d.delivered_on >= p.from_day)
        and (p.to_day is null or d.delivered_on is null or d.delivered_on < p.to_day)
left join landing.region as g on o.region_code = g.region_code
left join landing.indicator as i on o.indicator_code = i.indicator_code
where
    o.is_headline
    and o.known_to is null
    and o.value is not null
    and (o.period_kind <> 'growth_over_range' or p.behaviour = 'rate');

-- How many residents a region has in a year: of that year, else of the nearest within two.
create or replace view judge.residents as
select
    f.region_code,
    f.year + o.years_off as year,
    arg_min(f.amount, (abs(o.years_off), f.residents_rank, -epoch(f.period_end), f.observation_id))
        as people,
    arg_min(
        f.observation_id,
        (abs(o.years_off), f.residents_rank, -epoch(f.period_end), f.observation_id)
    ) as observation_id,
    arg_min(f.place, (abs(o.years_off), f.residents_rank, -epoch(f.period_end), f.observation_id))
        as place
from judge.ranged as f
cross join (values (0), (-1), (1), (-2), (2)) as o (years_off)
where f.residents_rank is not null and f.is_total and f.is_outturn and f.amount > 0
group by f.region_code, f.year + o.years_off;

-- One row per figure that has a range: beside that of the figure itself and, where it is known how
-- many residents its region has, per head; else of a region of its kind.
create or replace view judge.compared_plausible as
with beside as (
    select
        f.*,
        r.people,
        r.observation_id as residents_id,
        r.place as residents_place,
        f.amount / nullif(r.people * f.years, 0) as per_head,
        s.low as residents_low,
        s.high as residents_high
    from judge.ranged as f
    left join judge.residents as r
        on
            f.region_code = r.region_code
            and f.year = r.year
            and f.residents_rank is null
            and f.is_total
    left join landing.population_range as s on f.region_kind = s.region_kind
),

ends as (
    select
        *,
        head_high is not null and people is not null as is_per_head,
        if(value_low > 0 and not (has_low and is_total), null, value_low) as own_low,
        value_high as own_high,
        if(has_low and head_low > 0, head_low / slack, if(head_low < 0, head_low * slack, null))
            as least_per_head,
        head_high * slack as most_per_head,
        judge.low_of(
            head_low, residents_low, residents_high, years, slack, has_low and is_total
        ) as kind_low,
        judge.high_of(head_high, residents_high, years, slack) as kind_high
    from beside
)

select
    *,
    case
        when value_low is not null or value_high is not null
            then coalesce(amount < own_low, false) or coalesce(amount > own_high, false)
        when is_per_head
            then
                coalesce(per_head < least_per_head, false)
                or coalesce(per_head > most_per_head, false)
        when kind_high is not null
            then coalesce(amount < kind_low, false) or coalesce(amount > kind_high, false)
    end as is_unusual
from ends;

-- One row per amount per head with its region's, beside that of the region around it, and where that
-- one has no figure, the median of at least three sisters.
create or replace view judge.compared_around as
with heads as (
    select
        f.*,
        r.people,
        f.amount / nullif(r.people * f.years, 0) as per_head
    from judge.ranged as f
    inner join judge.residents as r on f.region_code = r.region_code and f.year = r.year
    where
        f.around_high is not null
        and f.is_total
        and f.is_outturn
        and f.amount > 0
        and r.people > 0
),

sisters as (
    select
        parent_code,
        series,
        year,
        median(per_head) as per_head,
        count(distinct region_code) as regions
    from heads
    where parent_code <> ''
    group by all
)

select
    h.*,
    a.observation_id as around_id,
    a.place as around_place,
    a.region_zh as around_zh,
    a.region_en as around_en,
    coalesce(a.per_head, if(s.regions >= 4, s.per_head, null)) as around_per_head,
    if(a.per_head is null and s.regions >= 4, s.regions - 1, null) as sisters,
    h.per_head / nullif(coalesce(a.per_head, if(s.regions >= 4, s.per_head, null)), 0) as times,
    not h.per_head / nullif(coalesce(a.per_head, if(s.regions >= 4, s.per_head, null)), 0)
        between h.around_low and h.around_high as is_unusual
from heads as h
left join heads as a
    on h.parent_code = a.region_code and h.series = a.series and h.year = a.year
left join sisters as s
    on h.parent_code = s.parent_code and h.series = s.series and h.year = s.year;

-- One row per share of a region in the region around it, beside that of the last year before within
-- three; by how much it may move is said per year. A source is never asked for what one of a worse
-- grade had the year before.
create or replace view judge.compared_moves as
with shares as (
    select
        f.*,
        a.observation_id as around_id,
        a.place as around_place,
        a.region_zh as around_zh,
        a.region_en as around_en,
        a.value as around_value,
        a.unit as around_unit,
        f.amount / nullif(a.amount, 0) as part
    from judge.ranged as f
    inner join judge.ranged as a
        on f.parent_code = a.region_code and f.series = a.series and f.year = a.year
    where
        f.share_moves is not null
        and f.over_regions <> ''
        and f.is_total
        and f.is_outturn
        and f.amount > 0
        and a.amount > 0
),

before as (
    select
        *,
        lag(part) over earlier as part_before,
        lag(year) over earlier as year_before,
        lag(period) over earlier as period_before,
        lag(observation_id) over earlier as observation_before,
        lag(place) over earlier as place_before,
        lag(grade) over earlier as grade_before
    from shares
    window earlier as (partition by region_code, series order by year, period, observation_id)
)

select
    *,
    part / nullif(part_before, 0) as times,
    case
        when year - year_before between 1 and 3 and coalesce(grade_before <= grade, true)
            then
                abs(ln(part / nullif(part_before, 0)))
                > ln(share_moves) * (1 + 0.5 * (year - year_before - 1))
    end as is_unusual
from before;

-- One row per quotient of two indicators of a region and a year (landing.quotient).
create or replace view judge.compared_domains as
with yearly as (
    select * from judge.ranged
    where
        is_total
        and is_outturn
        and (
            period_kind = 'annual'
            or (behaviour <> 'flow' and extract(month from period_end) >= 11)
        )
    qualify row_number() over (
        partition by region_code, indicator_code, year
        order by period_kind <> 'annual', period_end desc, observation_id
    ) = 1
)

select
    o.data_set_id,
    o.delivery_id,
    o.indicator_code,
    o.region_code,
    o.period,
    o.place as place_a,
    b.place as place_b,
    o.observation_id as observation_a,
    concat_ws(' ', b.observation_id, t.observation_id) as observation_b,
    q.quotient_id,
    q.name_zh,
    q.name_en,
    q.low,
    q.high,
    o.value,
    o.unit,
    o.name_zh as of_zh,
    o.name_en as of_en,
    o.region_zh,
    o.region_en,
    b.value as by_value,
    b.unit as by_unit,
    b.name_zh as by_zh,
    b.name_en as by_en,
    t.people as times_people,
    o.amount * if(q.times_code = '', 1, t.people) / nullif(b.amount, 0) as quotient,
    not o.amount * if(q.times_code = '', 1, t.people) / nullif(b.amount, 0)
        between coalesce(q.low, -1e300) and coalesce(q.high, 1e300) as is_unusual
from landing.quotient as q
inner join yearly as o on q.of_code = o.indicator_code
left join yearly as b
    on q.by_code = b.indicator_code and o.region_code = b.region_code and o.year = b.year
left join judge.residents as t
    on q.times_code <> '' and o.region_code = t.region_code and o.year = t.year;

-- One row per delivery and dimension with several amounts that can be held against what is expected: three,
-- per head of the region around or of its sisters; or where nobody knows the residents four, against
-- the middle of the usual range of the kind of region (`is_by_kind`), which says less. `power`: by how
-- many powers of ten the middle one is off, and how many of them lie within half a power of it.
create or replace view judge.compared_deliveries as
with beside as (
    select
        data_set_id, delivery_id, indicator_code, region_code, region_zh, region_en, period, name_zh,
        name_en, value, unit, place, around_place, observation_id, around_id, per_head,
        around_per_head, times, dimension, false as is_by_kind
    from judge.compared_around
    where times > 0
    union all
    select
        f.data_set_id, f.delivery_id, f.indicator_code, f.region_code, f.region_zh, f.region_en,
        f.period, f.name_zh, f.name_en, f.value, f.unit, f.place, null, f.observation_id, null,
        f.amount / nullif(f.years, 0),
        sqrt(f.head_low * f.head_high) * sqrt(s.low * s.high),
        f.amount / nullif(f.years * sqrt(f.head_low * f.head_high) * sqrt(s.low * s.high), 0),
        f.dimension,
        true
    from judge.ranged as f
    inner join landing.population_range as s on f.region_kind = s.region_kind
    anti join judge.residents as r on f.region_code = r.region_code and f.year = r.year
    where
        f.head_low > 0
        and f.share_moves is not null
        and f.residents_rank is null
        and f.is_total
        and f.is_outturn
        and f.has_low
        and f.amount > 0
),

off as (
    select
        *,
        log10(times) as power_off,
        median(log10(times)) over (partition by delivery_id, is_by_kind, dimension) as middle
    from beside
)

select
    any_value(data_set_id) as data_set_id,
    delivery_id,
    is_by_kind,
    count(*) as figures,
    count(*) filter (abs(power_off - middle) <= 0.5) as alike,
    any_value(middle) as middle,
    round(any_value(middle)) as power,
    arg_min(
        struct_pack(
            indicator_code, region_code, region_zh, region_en, period, name_zh, name_en, value, unit,
            place, around_place, observation_id, around_id, times, per_head, around_per_head
        ), (abs(power_off - middle), place, observation_id)
    ) as example,
    abs(any_value(middle)) >= if(is_by_kind, 2.6, 0.75)
    and count(*) filter (abs(power_off - middle) <= 0.5) >= 0.8 * count(*) as is_off
from off
group by delivery_id, is_by_kind, dimension
having count(*) >= if(is_by_kind, 4, 3);
