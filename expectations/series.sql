-- Figures in the order of their periods: what each is compared with, and how much that usually moves.
--
-- Method. A series is one indicator of one data set, region, scope, basis, kind of period and class.
-- A figure is held against the same period of the year before (or two or three years, per year); where
-- there is none, against the last period of the series. Amounts change by their logarithm, what is in
-- per cent by points. Usual is the median of up to 24 changes before it, and how far they lie from it
-- is their median absolute deviation times 1.4826, so that neither is moved by a few errors among
-- them. Seasons meet only themselves. A change is far from usual at six deviations, and by no less
-- than a fifth (of a stock a twentieth, of growth 15 and of a share 3 points: what a crisis brings is
-- honest), rounding allowed for. Of
-- fewer than 8 changes nothing is learnt: then the range of the code list `plausible_change` holds, by
-- what is measured. `changes` of a declaration overrules both until a day (landing.expected_change).

-- One row per current figure of a series, by the best document that has it. `season` tells periods
-- that end in one month and are of one length; `floor` is how far rounding alone moves a change.
create or replace view judge.series_figure as
with figures as (
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
        o.measure,
        o.basis,
        o.scope,
        o.price_basis,
        o.breakdown,
        o.figure_kind,
        o.subject,
        o.locality,
        judge.division(o.breakdown, o.figure_kind, o.subject, o.locality) as division,
        o.unit,
        coalesce(u.dimension, o.unit) as dimension,
        o.value,
        o.qualifier,
        o.resolution,
        o.estimate_stage,
        o.source_document,
        o.delivery_place,
        o.known_from,
        judge.place(o.source_document, o.source_place, o.delivery_place) as place,
        datediff('month', o.period_start, o.period_end) + 1 as months,
        12 * year(o.period_end) + month(o.period_end) as ended,
        o.period_kind = 'cumulative_range'
        and month(o.period_start) = 1
        and year(o.period_start) = year(o.period_end) as is_to_date,
        case
            when o.measure in ('yoy_growth_pct', 'cagr_pct') then 'rate'
            when o.measure = 'share_pct' or u.dimension in ('percent', 'permille', 'permyriad')
                then 'share'
            else 'amount'
        end as kind,
        hash(
            o.data_set_id, o.indicator_code, o.region_code, o.scope, o.measure, o.basis,
            o.price_basis, o.period_kind, o.unit,
            judge.division(o.breakdown, o.figure_kind, o.subject, o.locality)
        ) as series
    from core.observation as o
    left join landing.unit as u on u.unit = o.unit
    where
        o.known_to is null
        and o.value is not null
        and o.period_end is not null
        and o.period_kind not in ('target', 'growth_over_range')
        and o.basis <> 'standard'
        and o.measure <> 'rank'
        and not starts_with(o.measure, 'target')
        and o.estimate_stage <> 'forecast'
    qualify row_number() over (
        partition by series, o.period
        order by o.headline_rank, o.known_from desc, o.observation_id
    ) = 1
)

select
    f.*,
    if(f.period_kind = 'point', 0, f.months) as season,
    cast(f.value as double) as number,
    cast(coalesce(f.resolution, 0) as double) as step,
    row_number() over () as figure_no
from figures as f
where f.period_kind <> 'cumulative_range' or f.is_to_date;

-- One row per figure that has one to be held against: by how much it changed, how much the series
-- usually does, and between what its change is expected.
create or replace view judge.series_change as
with placed as (
    -- what is sorted is narrow
    select
        figure_no,
        series,
        delivery_id,
        season,
        ended,
        kind,
        number,
        step,
        is_to_date,
        measure in ('level', 'count') as is_sum,
        measure = 'count' or unit in ('个', '家', '户', '项', '件', '起', '例') as is_count,
        lag(observation_id) over in_season as year_id,
        lag(ended) over in_season as year_ended,
        lag(number) over in_season as year_number,
        lag(step) over in_season as year_step,
        lag(number, 2) over in_season as year_number_2,
        lag(ended, 2) over in_season as year_ended_2,
        lag(observation_id) over in_order as last_id,
        lag(ended) over in_order as last_ended,
        lag(number) over in_order as last_number,
        lag(step) over in_order as last_step,
        lag(season) over in_order as last_season,
        lag(number, 2) over in_order as last_number_2
    from judge.series_figure
    window
        in_season as (partition by series, season, ended % 12 order by ended),
        in_order as (partition by series order by ended, months)
),

referred as (
    select
        * exclude (
            year_id, year_ended, year_number, year_step, year_number_2, year_ended_2, last_id,
            last_ended, last_number, last_step, last_season, last_number_2
        ),
        is_by_year,
        if(is_by_year, year_id, last_id) as reference_id,
        if(is_by_year, year_number, last_number) as number_before,
        if(is_by_year, year_step, last_step) as step_before,
        if(is_by_year, season, last_season) as season_before,
        if(is_by_year, greatest((ended - year_ended) / 12, 1), 1) as years,
        if(
            is_by_year, if(year_ended_2 >= ended - 36, year_number_2, null), last_number_2
        ) as number_before_2
    from (
        select
            *,
            coalesce(year_ended in (ended - 12, ended - 24, ended - 36), false) as is_by_year
        from placed
    )
    where is_by_year or last_ended >= ended - 12
),

changed as (
    select
        *,
        case
            when kind <> 'amount' then number - number_before
            when number > 0 and number_before > 0
                then (
                    ln(number / number_before)
                    -- sums of more or fewer months are compared per month
                    - if(
                        not is_by_year and is_to_date and is_sum,
                        ln(season / season_before), 0
                    )
                ) / years
        end as change,
        case
            when kind <> 'amount' then step + step_before
            when number > 0 and number_before > 0
                then
                    (step / number + step_before / number_before)
                    -- what is counted one by one comes and goes by the root of its number
                    + if(is_count, 3 / sqrt(least(number, number_before)), 0)
        end as noise
    from referred
),

-- Of a history that comes at once nothing came before: there a figure is held against the others of
-- its own delivery. Later ones never count, so what was accepted stays accepted.
windowed as (
    select
        * exclude (changes_before, usual, spread, changes_beside, usual_beside, spread_beside),
        if(is_at_once, changes_beside, changes_before) as changes_before,
        if(is_at_once, usual_beside, usual) as usual,
        if(is_at_once, spread_beside, spread) as spread
    from (
        select
            *,
            count(change) over before as changes_before,
            median(change) over before as usual,
            1.4826 * mad(change) over before as spread,
            count(change) over beside as changes_beside,
            median(change) over beside as usual_beside,
            -- four times are far here, not six: nobody looked at any of them yet
            1.4826 * mad(change) over beside * 2 / 3 as spread_beside,
            changes_before < 8 and changes_beside >= 8 as is_at_once
        from changed
        window
            before as (
                partition by series, is_by_year order by ended, season
                rows between 24 preceding and 1 preceding
            ),
            beside as (
                partition by series, is_by_year, delivery_id order by ended, season
                rows between 24 preceding and 24 following exclude current row
            )
    )
),

learnt as (
    select
        f.*,
        c.reference_id,
        c.is_by_year,
        c.number_before,
        c.number_before_2,
        c.years,
        c.change,
        c.noise,
        c.is_at_once,
        c.changes_before,
        c.usual,
        c.spread,
        case
            when f.kind = 'rate' then 15
            when f.kind = 'share' then 3
            when f.basis = 'point_in_time' then 0.05
            else 0.2
        end as least
    from windowed as c
    inner join judge.series_figure as f on f.figure_no = c.figure_no
),

plausible as (
    select
        code,
        cast(split_part(maps_to, '..', 1) as double) as low,
        cast(split_part(maps_to, '..', 2) as double) as high
    from landing.code
    where list = 'plausible_change'
),

-- one of each, the one that holds longest
declared as (
    select
        e.data_set_id,
        e.indicator_code,
        e.region_code,
        arg_max(
            struct_pack(low := e.low, high := e.high, e.until, e.reason_zh, e.reason_en),
            (e.until, e.high)
        ) as said
    from landing.expected_change as e
    cross join landing.release as r
    where e.until >= cast(r.release_time as date)
    group by e.data_set_id, e.indicator_code, e.region_code
),

told as (
    select
        l.*,
        coalesce(own.said, every.said) as declared
    from learnt as l
    left join declared as own
        on
            own.data_set_id = l.data_set_id
            and own.indicator_code = l.indicator_code
            and own.region_code = l.region_code
    left join declared as every
        on
            every.data_set_id = l.data_set_id
            and every.indicator_code = l.indicator_code
            and every.region_code = ''
),

limited as (
    select
        l.* exclude (declared),
        l.declared is not null as is_declared,
        l.declared.until as until,
        l.declared.reason_zh as reason_zh,
        l.declared.reason_en as reason_en,
        p.low is not null as is_plausible,
        case
            when l.declared is not null and l.kind = 'amount' then ln(greatest(1 + l.declared.low / 100, 1e-9))
            when l.declared is not null then l.declared.low
            when l.changes_before >= 8
                then l.usual - greatest(6 * l.spread, l.least) - l.noise
            when l.kind = 'amount' then ln(p.low) - l.noise
            else p.low
        end as low,
        case
            when l.declared is not null and l.kind = 'amount' then ln(1 + l.declared.high / 100)
            when l.declared is not null then l.declared.high
            when l.changes_before >= 8
                then l.usual + greatest(6 * l.spread, l.least) + l.noise
            when l.kind = 'amount' then ln(p.high) + l.noise
            else p.high
        end as high
    from told as l
    left join plausible as p
        on
            p.code = concat_ws(
                '_', l.kind,
                case
                    when l.kind <> 'amount' then null
                    when l.basis = 'point_in_time' or l.period_kind = 'point' then 'stock'
                    else 'flow'
                end,
                if(l.is_by_year or l.kind <> 'amount', 'year', 'step')
            )
)

select
    l.*,
    -- far from the figure before it and from the one before that: what comes back after an error is
    -- none
    case
        when l.change is null or l.low is null then null
        when l.change between l.low and l.high then false
        when l.number_before_2 is null then true
        when l.kind <> 'amount'
            then not l.number - l.number_before_2 between l.low and l.high
        when l.number_before_2 <= 0 or (l.is_to_date and not l.is_by_year) then true
        else
            not ln(l.number / l.number_before_2) / l.years
            between l.low + coalesce(l.usual, 0) and l.high + coalesce(l.usual, 0)
    end as is_outlier
from limited as l;

-- Between what the next change of a series is expected: amounts in per cent, else points. For people
-- to read and overrule (landing.threshold, quality.threshold); the judge itself uses, for each figure,
-- what had been learnt before it.
create or replace view judge.threshold as
with recent as (
    select *
    from judge.series_change
    where change is not null
    qualify row_number() over (
        partition by series, is_by_year order by period_end desc, months desc
    ) <= 24
),

learnt as (
    select
        any_value(data_set_id) as data_set_id,
        any_value(indicator_code) as indicator_code,
        any_value(region_code) as region_code,
        any_value(breakdown) as breakdown,
        any_value(figure_kind) as figure_kind,
        any_value(subject) as subject,
        any_value(locality) as locality,
        any_value(scope) as scope,
        any_value(basis) as basis,
        any_value(price_basis) as price_basis,
        any_value(period_kind) as period_kind,
        any_value(unit) as unit,
        any_value(kind) as kind,
        if(is_by_year, 'year', 'last') as held_against,
        count(*) as changes,
        median(change) as usual,
        greatest(6 * 1.4826 * mad(change), any_value(least)) as reach,
        arg_max(
            struct_pack(low, high, is_declared, is_plausible, until, reason_zh, reason_en),
            (period_end, months)
        ) as last
    from recent
    group by series, is_by_year
),

chosen as (
    select
        *,
        case
            when last.is_declared then 'declared'
            when changes >= 8 then 'history'
            when last.is_plausible then 'plausible'
        end as learnt_by
    from learnt
),

ends as (
    select
        *,
        if(learnt_by = 'history', usual - reach, last.low) as low_end,
        if(learnt_by = 'history', usual + reach, last.high) as high_end
    from chosen
)

select
    data_set_id,
    indicator_code,
    region_code,
    breakdown,
    figure_kind,
    subject,
    locality,
    scope,
    basis,
    price_basis,
    period_kind,
    unit,
    held_against,
    cast(changes as integer) as changes,
    try_cast(round(if(kind = 'amount', 100 * (exp(low_end) - 1), low_end), 2) as decimal(18, 2)) as low,
    try_cast(round(if(kind = 'amount', 100 * (exp(usual) - 1), usual), 2) as decimal(18, 2)) as usual,
    try_cast(round(if(kind = 'amount', 100 * (exp(high_end) - 1), high_end), 2) as decimal(18, 2)) as high,
    coalesce(learnt_by, 'nothing') as learnt_by,
    last.until as until,
    last.reason_zh as reason_zh,
    last.reason_en as reason_en
from ends;

-- What sentences call a figure of a series.
create or replace macro judge.named_series() as table
select
    f.*,
    coalesce(i.name_zh, f.indicator_code) as name_zh,
    coalesce(i.name_en, f.indicator_code) as name_en,
    coalesce(g.region_name_zh, f.region_code) as region_zh,
    coalesce(g.region_name_en, f.region_code) as region_en,
    f.qualifier = 'exact' as is_exact,
    hash(
        f.data_set_id, f.indicator_code, f.region_code, f.scope, f.measure, f.price_basis, f.unit,
        f.division
    ) as amount_of
from judge.series_figure as f
left join landing.indicator as i on i.indicator_code = f.indicator_code
left join landing.region as g on g.region_code = f.region_code;

-- One row per year to date with the one before it: how far it fell below that, as a part of it.
create or replace view judge.compared_to_date as
with ordered as (
    select
        *,
        lag(observation_id) over of_year as before_id
    from judge.named_series()
    where is_to_date and kind = 'amount' and measure in ('level', 'count') and is_exact
    window of_year as (partition by series, year(period_end) order by months)
),

fallen as (
    select
        o.*,
        b.observation_id as other_id,
        b.value as other_value,
        b.period as other_period,
        b.place as other_place,
        -- a number of four digits and more does not stand still by chance
        o.value = b.value and o.number >= 1000 * o.step and o.step > 0 as stands_still,
        case
            when b.number < 0 or o.number < 0 then null
            else (b.number - o.number - (b.step + o.step) / 2) / nullif(b.number, 0)
        end as fall
    from ordered as o
    inner join judge.named_series() as b on b.observation_id = o.before_id
)

select
    f.data_set_id,
    f.delivery_id,
    f.indicator_code,
    f.region_code,
    f.period,
    f.place as place_a,
    f.other_place as place_b,
    f.observation_id as observation_a,
    f.other_id as observation_b,
    f.fall,
    coalesce(f.stands_still, false) as stands_still,
    concat(
        judge.show(f.value), if(f.stands_still, ' = ', ' < '), judge.show(f.other_value)
    ) as arithmetic,
    concat(
        judge.about_zh(f.region_zh, f.period, f.name_zh), ' 为 ',
        judge.with_unit(judge.show(f.value), f.unit),
        if(f.stands_still, '，等于 ', '，低于 '), judge.period_zh(f.other_period),
        ' 的 ', judge.with_unit(judge.show(f.other_value), f.unit)
    ) as said_zh,
    concat(
        judge.about_en(f.region_en, f.period, f.name_en), ', is ',
        judge.with_unit(judge.show(f.value), f.unit),
        if(f.stands_still, ', as much as ', ', less than '),
        judge.with_unit(judge.show(f.other_value), f.unit), ' in ', judge.period_en(f.other_period)
    ) as said_en
from fallen as f;

-- One row per period whose shorter ones are all known: their sum beside it. A year to date is also
-- the one before it and the month. `apart` is the difference beyond rounding, as a part of the whole;
-- `is_one_print`: all of one document and day.
create or replace view judge.compared_periods as
with amounts as (
    select *
    from judge.named_series()
    where
        kind = 'amount'
        and measure in ('level', 'count')
        and basis in ('current', 'cumulative')
        and period_kind <> 'point'
        and is_exact
        -- what adds up over time: neither prices nor what is per head, nor an index
        and (
            dimension like 'currency%'
            or dimension like 'energy%'
            or dimension like 'count%'
            or dimension in ('mass_t', 'volume_m3', 'area_m2', 'area_mu', 'person_times', 'named_persons')
        )
        and unit <> '元'
),

months_and_quarters as (
    select
        w.observation_id as whole_id,
        p.period_kind as part_kind,
        count(*) as parts,
        sum(p.months) as months,
        sum(p.value) as value,
        sum(p.step) as step,
        bool_and(p.source_document = w.source_document and p.known_from = w.known_from)
            as is_one_print,
        string_agg(judge.show(p.value), ' + ' order by p.period_end) as shown,
        string_agg(p.place, '; ' order by p.period_end) as places,
        string_agg(p.observation_id, ' ' order by p.period_end) as ids
    from amounts as w
    inner join amounts as p
        on
            p.amount_of = w.amount_of
            and p.period_kind in ('monthly', 'quarterly')
            and p.months < w.months
            and p.period_start >= w.period_start
            and p.period_end <= w.period_end
    where w.months in (3, 6, 9, 12)
    group by w.observation_id, w.months, p.period_kind
    having sum(p.months) = w.months
),

steps_to_date as (
    select
        w.observation_id as whole_id,
        'to_date' as part_kind,
        2 as parts,
        w.months,
        b.value + m.value as value,
        b.step + m.step as step,
        b.source_document = w.source_document
        and m.source_document = w.source_document
        and b.known_from = w.known_from
        and m.known_from = w.known_from as is_one_print,
        concat(judge.show(b.value), ' + ', judge.show(m.value)) as shown,
        concat(b.place, '; ', m.place) as places,
        concat(b.observation_id, ' ', m.observation_id) as ids
    from amounts as w
    inner join amounts as b
        on
            b.amount_of = w.amount_of
            and b.is_to_date
            and b.period_start = w.period_start
            and b.ended = w.ended - 1
    inner join amounts as m
        on m.amount_of = w.amount_of and m.period_kind = 'monthly' and m.period_end = w.period_end
    where w.is_to_date and w.months >= 2
),

sums as (
    select * from months_and_quarters
    union all
    select * from steps_to_date
)

select
    w.data_set_id,
    w.delivery_id,
    w.indicator_code,
    w.region_code,
    w.period,
    w.place as place_a,
    s.places as place_b,
    w.observation_id as observation_a,
    s.ids as observation_b,
    s.is_one_print,
    greatest(round(abs(cast(s.value as double) - w.number) - (s.step + w.step) / 2, 8), 0)
    / nullif(abs(w.number), 0) as apart,
    concat(s.shown, ' = ', judge.show(s.value), '; printed ', judge.show(w.value)) as arithmetic,
    concat(
        judge.about_zh(w.region_zh, w.period, w.name_zh), ' 为 ',
        judge.with_unit(judge.show(w.value), w.unit), '，而其中各期之和为 ',
        judge.with_unit(judge.show(s.value), w.unit)
    ) as said_zh,
    concat(
        judge.about_en(w.region_en, w.period, w.name_en), ', is ',
        judge.with_unit(judge.show(w.value), w.unit), ', and the shorter periods of it add up to ',
        judge.with_unit(judge.show(s.value), w.unit)
    ) as said_en
from sums as s
inner join amounts as w on w.observation_id = s.whole_id;

-- One row per growth rate whose levels are known, of this year and the one before: how many times
-- apart the base is that level and growth imply, and the level that was published as that.
-- `has_lost_sign`: the levels say the very growth with the other sign.
create or replace view judge.compared_bases as
with paired as (
    select
        g.*,
        l.observation_id as level_id,
        l.value as level_value,
        l.number as level_number,
        l.unit as level_unit,
        l.place as level_place,
        b.observation_id as base_id,
        b.value as base_value,
        b.number as base_number,
        b.period as base_period,
        b.place as base_place,
        (l.step / nullif(l.number, 0) + b.step / nullif(b.number, 0)) * 100 + g.step as noise
    from judge.named_series() as g
    inner join landing.relation as r
        on r.kind = 'growth_of' and r.indicator_code = g.indicator_code
    inner join judge.series_figure as l
        on
            l.data_set_id = g.data_set_id
            and l.indicator_code = r.other_code
            and l.region_code = g.region_code
            and l.period_start = g.period_start
            and l.period_end = g.period_end
            and l.division = g.division
            and l.measure in ('level', 'count')
    inner join judge.series_figure as b
        on
            b.series = l.series
            and b.season = l.season
            and b.ended = l.ended - 12
    where
        g.measure = 'yoy_growth_pct'
        and l.number > 0
        and b.number > 0
        and g.is_exact
        and l.qualifier = 'exact'
        and b.qualifier = 'exact'
    qualify row_number() over (
        partition by g.observation_id order by l.scope = g.scope desc, l.observation_id
    ) = 1
),

computed as (
    select
        *,
        (level_number / base_number - 1) * 100 as computed,
        case
            when number > -100
                then greatest(
                    level_number / (1 + number / 100) / base_number,
                    base_number / (level_number / (1 + number / 100))
                )
        end as times_apart
    from paired
)

select
    data_set_id,
    delivery_id,
    indicator_code,
    region_code,
    period,
    place as place_a,
    concat(level_place, '; ', base_place) as place_b,
    observation_id as observation_a,
    concat(base_id, ' ', level_id) as observation_b,
    times_apart,
    abs(number) >= 3
    and number * computed < 0
    and abs(number + computed) <= 0.5 + noise as has_lost_sign,
    concat(
        judge.show(level_value), ' / ', judge.show(base_value), ' - 1 = ',
        judge.show(cast(round(computed, 2) as decimal(30, 2))), ' %; printed ', judge.show(value)
    ) as arithmetic,
    concat(
        judge.about_zh(region_zh, period, name_zh), ' 为 ', judge.with_unit(judge.show(value), unit),
        '，而水平由 ', judge.with_unit(judge.show(base_value), level_unit), '（',
        judge.period_zh(base_period), '）变为 ', judge.with_unit(judge.show(level_value), level_unit),
        '，即 ', judge.show(cast(round(computed, 2) as decimal(30, 2))), '%'
    ) as said_zh,
    concat(
        judge.about_en(region_en, period, name_en), ', is ',
        judge.with_unit(judge.show(value), unit), ', and the level went from ',
        judge.with_unit(judge.show(base_value), level_unit), ' (', judge.period_en(base_period),
        ') to ', judge.with_unit(judge.show(level_value), level_unit), ', by ',
        judge.show(cast(round(computed, 2) as decimal(30, 2))), '%'
    ) as said_en
from computed;

-- One row per total whose parts make it up and whose growth is all known, of one delivery: whether it
-- lies between the least and the greatest of theirs.
create or replace view judge.compared_total_growth as
with growth as (
    select
        f.*,
        r.other_code as level_code
    from judge.named_series() as f
    inner join landing.relation as r
        on r.kind = 'growth_of' and r.indicator_code = f.indicator_code
    where f.measure = 'yoy_growth_pct' and f.is_exact
),

wanted as (
    select
        other_code,
        cut,
        count(*) as members
    from judge.member
    where kind = 'part_of' and reaches_total
    group by other_code, cut
),

compared as (
    select
        t.observation_id,
        m.cut,
        count(distinct m.indicator_code) as parts,
        min(p.number) as least,
        max(p.number) as most,
        max(p.step) as step,
        min_by(p.observation_id, p.number) as least_id,
        max_by(p.observation_id, p.number) as most_id,
        min_by(p.place, p.number) as least_place,
        max_by(p.place, p.number) as most_place,
        min_by(p.value, p.number) as least_value,
        max_by(p.value, p.number) as most_value
    from growth as t
    inner join judge.member as m
        on m.kind = 'part_of' and m.reaches_total and m.other_code = t.level_code
    inner join growth as p
        on
            p.level_code = m.indicator_code
            and p.delivery_id = t.delivery_id
            and p.region_code = t.region_code
            and p.period = t.period
            and p.period_kind = t.period_kind
            and p.price_basis = t.price_basis
            and p.division = t.division
    group by t.observation_id, m.cut
)

select
    t.data_set_id,
    t.delivery_id,
    t.indicator_code,
    t.region_code,
    t.period,
    t.place as place_a,
    concat(c.least_place, '; ', c.most_place) as place_b,
    t.observation_id as observation_a,
    concat(c.least_id, ' ', c.most_id) as observation_b,
    t.number < c.least - (c.step + t.step) / 2 - 0.1
    or t.number > c.most + (c.step + t.step) / 2 + 0.1 as is_outside,
    concat(
        judge.show(t.value), ' outside ', judge.show(c.least_value), '..',
        judge.show(c.most_value)
    ) as arithmetic,
    concat(
        judge.about_zh(t.region_zh, t.period, t.name_zh), ' 为 ',
        judge.with_unit(judge.show(t.value), t.unit), '，而构成它的各部分增速在 ',
        judge.show(c.least_value), ' 至 ', judge.with_unit(judge.show(c.most_value), t.unit), ' 之间'
    ) as said_zh,
    concat(
        judge.about_en(t.region_en, t.period, t.name_en), ', is ',
        judge.with_unit(judge.show(t.value), t.unit), ', and the parts that make it up grow by ',
        judge.show(c.least_value), ' to ', judge.with_unit(judge.show(c.most_value), t.unit)
    ) as said_en
from compared as c
inner join growth as t on t.observation_id = c.observation_id
inner join wanted as w
    on w.other_code = t.level_code and w.cut = c.cut and w.members = c.parts;

-- One row per current figure that took the place of another one: by how much it was revised. `revised`
-- is a part of an amount, or points; `is_old`: of a period that ended three years before and more,
-- with no other stage to explain it; `is_step_back`: of an earlier stage than the one before.
create or replace view judge.compared_versions as
with versions as (
    select
        o.*,
        judge.division(o.breakdown, o.figure_kind, o.subject, o.locality) as division,
        case o.estimate_stage
            when 'flash' then 1
            when 'preliminary' then 2
            when 'final' then 3
            when 'census_revised' then 4
        end as stage
    from core.observation as o
    where o.value is not null and o.qualifier = 'exact'
),

paired as (
    select
        c.observation_id,
        p.observation_id as other_id
    from versions as c
    inner join versions as p
        on
            p.known_to = c.known_from
            and p.data_set_id = c.data_set_id
            and p.indicator_code = c.indicator_code
            and p.region_code = c.region_code
            and p.period = c.period
            and p.period_kind = c.period_kind
            and p.scope = c.scope
            and p.measure = c.measure
            and p.basis = c.basis
            and p.price_basis = c.price_basis
            and p.unit = c.unit
            and p.division = c.division
            and p.source_document = c.source_document
            and p.source_place = c.source_place
            and p.value <> c.value
    where c.known_to is null and not starts_with(c.measure, 'target') and c.period_kind <> 'target'
    qualify row_number() over (partition by c.observation_id order by p.observation_id) = 1
),

compared as (
    select
        c.*,
        p.observation_id as other_id,
        p.value as other_value,
        p.known_from as other_known,
        judge.place(p.source_document, p.source_place, p.delivery_place) as other_place,
        c.stage < p.stage as is_step_back,
        case
            when c.measure in ('level', 'count', 'ratio')
                then
                    greatest(
                        abs(cast(c.value - p.value as double))
                        - cast(c.resolution + p.resolution as double) / 2, 0
                    ) / nullif(abs(cast(p.value as double)), 0)
            else abs(cast(c.value - p.value as double))
        end as revised,
        c.measure in ('level', 'count', 'ratio') as is_amount,
        coalesce(c.estimate_stage = 'census_revised', false) as is_census,
        c.period_end < c.known_from - interval 3 year
        and coalesce(c.stage, 0) <= coalesce(p.stage, 0) as is_old
    from paired as r
    inner join versions as c on c.observation_id = r.observation_id
    inner join versions as p on p.observation_id = r.other_id
)

select
    c.data_set_id,
    c.delivery_id,
    c.indicator_code,
    c.region_code,
    c.period,
    judge.place(c.source_document, c.source_place, c.delivery_place) as place_a,
    c.other_place as place_b,
    c.observation_id as observation_a,
    c.other_id as observation_b,
    c.revised,
    c.is_amount,
    c.is_census,
    c.is_old,
    coalesce(c.is_step_back, false) as is_step_back,
    concat(judge.show(c.other_value), ' -> ', judge.show(c.value)) as arithmetic,
    concat(
        judge.about_zh(
            coalesce(g.region_name_zh, c.region_code), c.period,
            coalesce(i.name_zh, c.indicator_code)
        ),
        ' 改为 ', judge.with_unit(judge.show(c.value), c.unit), '，原为 ',
        judge.with_unit(judge.show(c.other_value), c.unit)
    ) as said_zh,
    concat(
        judge.about_en(
            coalesce(g.region_name_en, c.region_code), c.period,
            coalesce(i.name_en, c.indicator_code)
        ),
        ', is ', judge.with_unit(judge.show(c.value), c.unit), ' now and was ',
        judge.with_unit(judge.show(c.other_value), c.unit)
    ) as said_en
from compared as c
left join landing.indicator as i on i.indicator_code = c.indicator_code
left join landing.region as g on g.region_code = c.region_code;

-- One row per region and period in which the same shares stand that added to 100 in two periods
-- before and more, and never did not.
create or replace view judge.compared_share_history as
with members as (
    select
        f.*,
        hash(
            f.data_set_id, f.region_code, f.scope, f.period_kind, f.season, f.basis,
            coalesce(r.other_code, '')
        ) as whole
    from judge.named_series() as f
    left join landing.relation as r
        on r.kind = 'share_of' and r.indicator_code = f.indicator_code
    where f.measure = 'share_pct' and f.unit = '%' and f.is_exact
),

sets as (
    select
        whole,
        period,
        period_end,
        count(*) as n,
        md5(string_agg(concat_ws('|', indicator_code, division), ',' order by indicator_code, division))
            as members,
        sum(value) as sum_of_shares,
        string_agg(judge.show(value), ' + ' order by indicator_code, division) as shown,
        string_agg(observation_id, ' ' order by indicator_code, division) as ids,
        string_agg(place, '; ' order by indicator_code, division) as places,
        max_by(observation_id, (value, observation_id)) as observation_id
    from members
    group by whole, period, period_end
    having count(*) >= 2
),

judged as (
    select
        *,
        count(*) over before as sets_before,
        max(abs(sum_of_shares - 100)) over before as worst_before
    from sets
    window before as (
        partition by whole, members order by period_end
        rows between unbounded preceding and 1 preceding
    )
)

select
    f.data_set_id,
    f.delivery_id,
    f.indicator_code,
    f.region_code,
    f.period,
    j.places as place_a,
    j.ids as observation_a,
    j.sum_of_shares,
    concat(j.shown, ' = ', judge.show(j.sum_of_shares), '; 100 before') as arithmetic,
    concat(
        f.region_zh, ' ', judge.period_zh(f.period), ' 的 ', j.n, ' 项比重合计 ',
        judge.show(j.sum_of_shares), '%，而此前各期都合计 100%'
    ) as said_zh,
    concat(
        j.n, ' shares of ', f.region_en, ', ', judge.period_en(f.period), ', add up to ',
        judge.show(j.sum_of_shares), '%, and did to 100% in every period before'
    ) as said_en
from judged as j
inner join judge.named_series() as f on f.observation_id = j.observation_id
where j.sets_before >= 2 and j.worst_before <= 1;
