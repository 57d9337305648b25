-- Interval logic of the judge, once: what a printed figure says about the true one.
--
-- A figure is an interval. Which of its ends are known, and whether the number itself counts, is
-- said by its qualifier (`orchestration/bounds.csv`, here the macros of schema `bounds`).
-- `value_*` takes the printed digits at face value; `printed_*` allows for the rounding of an
-- exact figure, half a unit of its last printed digit either way. What is about a number lies
-- within one unit of its last digit that is not 0, either way. An end that does not exist, or
-- cannot be known, is null: comparisons then stay undecided by themselves.
create schema if not exists judge;

-- What divides the figures of a region: a class, what a figure is (outturn, forecast, …), whose it
-- is and where. Two figures are set against each other only where all of it is equal.
create or replace macro judge.division(breakdown, figure_kind, subject, locality) as
    concat_ws('|', breakdown, figure_kind, subject, locality);

-- One unit of the last significant digit: 808.4 -> 0.1, 800 -> 100. `resolution` is one unit of
-- the last printed digit, so trailing zeros are counted in printed digits, whatever the base unit.
create or replace macro judge.printed_digits(value, resolution) as
    cast(try_cast(round(abs(value) / nullif(resolution, 0)) as hugeint) as varchar);

-- How many of them say something: 0.0130 has 3, 800 has 1.
create or replace macro judge.figures_printed(value, resolution) as
    length(rtrim(judge.printed_digits(value, resolution), '0'));

create or replace macro judge.significant_unit(value, resolution) as
    case
        when value = 0 then cast(resolution as decimal(30, 8))
        else try_cast(
            resolution * pow(
                10,
                length(judge.printed_digits(value, resolution))
                - length(rtrim(judge.printed_digits(value, resolution), '0'))
            ) as decimal(30, 8)
        )
    end;

create or replace macro judge.value_low(value, qualifier, resolution) as
    case
        when bounds.has_low(qualifier) then cast(value as decimal(32, 9))
        when bounds.rounding(qualifier) = 0 then value - judge.significant_unit(value, resolution)
    end;

create or replace macro judge.value_high(value, qualifier, resolution) as
    case
        when bounds.has_high(qualifier) then cast(value as decimal(32, 9))
        when bounds.rounding(qualifier) = 0 then value + judge.significant_unit(value, resolution)
    end;

create or replace macro judge.printed_low(value, qualifier, resolution) as
    case
        when qualifier = 'exact' then value - resolution * cast(0.5 as decimal(2, 1))
        else judge.value_low(value, qualifier, resolution)
    end;

create or replace macro judge.printed_high(value, qualifier, resolution) as
    case
        when qualifier = 'exact' then value + resolution * cast(0.5 as decimal(2, 1))
        else judge.value_high(value, qualifier, resolution)
    end;

-- Whether a is above b: true, false, or null where the intervals do not decide.
-- `is_open`: its known end is excluded (超, 低于); of sums, that end which is compared.
-- `is_exact`: neither side is a bound or an approximation, so an overlap of the intervals is
-- rounding and no finding.
create or replace macro judge.is_above(
    a_low, a_is_open, a_high, b_low, b_is_open, b_high, tolerance, is_exact
) as
    case
        when a_low > b_high + tolerance then true
        when (a_is_open or b_is_open) and a_low >= b_high + tolerance then true
        when a_high <= b_low + tolerance then false
        when is_exact and a_low is not null and b_high is not null then false
    end;

-- Whether a and b cannot be the same number: true, false, or null where they may or may not be.
create or replace macro judge.is_different(
    a_low, a_is_open, a_high, b_low, b_is_open, b_high, b_qualifier, tolerance, is_exact
) as
    case
        when a_low > b_high + tolerance or b_low > a_high + tolerance then true
        when (a_is_open or b_is_open)
            and (a_low >= b_high + tolerance or b_low >= a_high + tolerance) then true
        when is_exact and a_low is not null and a_high is not null
            and b_low is not null and b_high is not null then false
        when a_low >= b_low - tolerance and a_high <= b_high + tolerance then false
        when bounds.is_lower(b_qualifier) and (
            a_low > b_low - tolerance
            or (a_low = b_low - tolerance and (a_is_open or not b_is_open))
        ) then false
        when bounds.is_upper(b_qualifier) and (
            a_high < b_high + tolerance
            or (a_high = b_high + tolerance and (a_is_open or not b_is_open))
        ) then false
    end;

-- Whether two prints of one figure cannot both be right; null where it is not known how exact one is.
create or replace macro judge.is_contradictory(
    a_value, a_qualifier, a_resolution, a_low, a_high, b_value, b_qualifier, b_resolution, b_low,
    b_high
) as
    case
        when a_value = b_value and a_qualifier = b_qualifier then false
        when judge.is_different(
            a_low, bounds.is_open(a_qualifier), a_high, b_low, bounds.is_open(b_qualifier), b_high,
            b_qualifier, 0, false
        ) then true
        when a_resolution is null and bounds.rounding(a_qualifier) = 0 then null
        when b_resolution is null and bounds.rounding(b_qualifier) = 0 then null
        else false
    end;

-- A tolerance as a number in the unit of `value`; a relative one is a fraction of it.
create or replace macro judge.tolerance_of(tolerance, tolerance_kind, value) as
    case
        when tolerance_kind = 'relative' then cast(
            cast(coalesce(tolerance, 0) as double) * cast(abs(value) as double) as decimal(30, 8)
        )
        else cast(coalesce(tolerance, 0) as decimal(30, 8))
    end;

-- A decimal as a person writes it: 12.30000000 -> 12.3
create or replace macro judge.show(value) as
    case
        when contains(cast(value as varchar), '.')
            then rtrim(rtrim(cast(value as varchar), '0'), '.')
        else cast(value as varchar)
    end;

-- A figure with the sign of its qualifier: 超800 -> >800
create or replace macro judge.show_figure(value, qualifier) as
    concat(bounds.sign_en(qualifier), judge.show(value));

-- Where a figure stands: in its document, then in the delivery.
create or replace macro judge.place(source_document, source_place, delivery_place) as
    concat_ws(
        ' · ', nullif(source_document, ''), nullif(source_place, ''), nullif(delivery_place, '')
    );

-- A number with its noun: 1 figure, 2 figures. `orchestration.text.counted` says it in Python.
create or replace macro judge.counted(number, noun) as
    concat(number, ' ', noun, case when number <> 1 then 's' else '' end);

-- A number with its unit: 17.33%, 873.77 亿元; the unit 1 is not said.
create or replace macro judge.with_unit(shown, unit) as
    case
        when unit is null or unit in ('', '1') then shown
        when unit in ('%', '‰', '‱') then concat(shown, unit)
        else concat(shown, ' ', unit)
    end;

-- A figure as a sentence says it: 超 800 亿元, more than 800 亿元.
create or replace macro judge.said_zh(value, qualifier, unit) as
    case
        when value is not null then ltrim(concat(
            bounds.before_zh(qualifier), ' ',
            judge.with_unit(concat(judge.show(value), bounds.after_zh(qualifier)), unit)
        ))
    end;

create or replace macro judge.said_en(value, qualifier, unit) as
    case
        when value is not null then ltrim(concat(
            bounds.before_en(qualifier), ' ', judge.with_unit(judge.show(value), unit)
        ))
    end;

-- A computed interval as a sentence says it; an end that is not known is left out.
create or replace macro judge.between_zh(low, high, unit) as
    case
        when low is null then judge.said_zh(high, 'at_most', unit)
        when high is null then judge.said_zh(low, 'at_least', unit)
        when low = high then judge.with_unit(judge.show(low), unit)
        else concat(judge.show(low), ' 至 ', judge.with_unit(judge.show(high), unit))
    end;

create or replace macro judge.between_en(low, high, unit) as
    case
        when low is null then judge.said_en(high, 'at_most', unit)
        when high is null then judge.said_en(low, 'at_least', unit)
        when low = high then judge.with_unit(judge.show(low), unit)
        else concat(judge.show(low), ' to ', judge.with_unit(judge.show(high), unit))
    end;

-- A period as a sentence says it: 2021-01/2023-06 -> 2021年1月至2023年6月
create or replace macro judge.period_zh(period) as
    replace(
        regexp_replace(
            regexp_replace(
                regexp_replace(
                    regexp_replace(period, '([0-9]{4})-Q([1-4])', '\1年第\2季度', 'g'),
                    '([0-9]{4})-0?([0-9]{1,2})-0?([0-9]{1,2})', '\1年\2月\3日', 'g'
                ),
                '([0-9]{4})-0?([0-9]{1,2})', '\1年\2月', 'g'
            ),
            '([0-9]{4})(/|$)', '\1年\2', 'g'
        ),
        '/', '至'
    );

create or replace macro judge.period_en(period) as replace(period, '/', ' to ');

-- What a figure is about: 深圳市龙岗区 2024年 研发经费投入强度
create or replace macro judge.about_zh(region, period, indicator) as
    concat(region, ' ', judge.period_zh(period), ' ', indicator);

create or replace macro judge.about_en(region, period, indicator) as
    concat(indicator, ', ', region, ', ', judge.period_en(period));

-- What else is known of a relation, behind a sentence.
create or replace macro judge.note_zh(note) as
    case when note <> '' then concat('。说明：', note) else '' end;

create or replace macro judge.note_en(note) as
    case when note <> '' then concat('. Note: ', note) else '' end;

-- A computed decimal as it is shown: `digits` places, down (-1), up (1) or to the nearest (0).
create or replace macro judge.rounded(value, digits, direction) as
    cast(
        case direction
            when -1 then floor(value * cast(pow(10, digits) as decimal(10, 0)))
            when 1 then ceil(value * cast(pow(10, digits) as decimal(10, 0)))
            else round(value * cast(pow(10, digits) as decimal(10, 0)))
        end / pow(10, digits)
        as decimal(30, 8)
    );

-- Places to show of a computed figure: those of the printed one, and at least two.
create or replace macro judge.digits_of(resolution) as
    case
        when resolution > 0
            then cast(least(greatest(2, ceil(-log10(cast(resolution as double)))), 8) as integer)
        else 2
    end;

-- Plausible ranges (landing.plausible) are in reference units and, of what is said per resident,
-- per year. Two measures are held to one range: a count is a level, a target is one of the same.
create or replace macro judge.measures_alike(one, other) as
    replace(replace(one, 'target_level', 'level'), 'count', 'level')
    = replace(replace(other, 'target_level', 'level'), 'count', 'level')
    or (one = 'target_growth_pct' and other = 'yoy_growth_pct');

-- How many years a figure is over: of a stock, a rate, or what is only dated, one.
create or replace macro judge.years_of(behaviour, period_kind, period_start, period_end) as
    case
        when behaviour = 'flow' and period_kind <> 'point'
            then greatest(datediff('month', period_start, period_end) + 1, 1) / 12.0
        else 1.0
    end;

-- By which factor what is over a part of a year, or over a span that is not said, may differ.
create or replace macro judge.slack_of(behaviour, period_kind, years, short_periods) as
    case
        when behaviour = 'flow' and (years < 1 or period_kind = 'point') then short_periods
        else 1.0
    end;

-- The low end of an amount from that per head. A positive one holds only for totals, and since a
-- day; a negative one is further down the more residents there are.
create or replace macro judge.low_of(per_head, residents_low, residents_high, years, slack, holds) as
    case
        when per_head > 0 then if(holds, per_head * residents_low * years / slack, null)
        when per_head < 0 then per_head * residents_high * years * slack
    end;

create or replace macro judge.high_of(per_head, residents_high, years, slack) as
    case when per_head > 0 then per_head * residents_high * years * slack end;

-- A number about which only its size matters, as a person writes it: 1234567.8 -> 1234568
create or replace macro judge.sized(number) as
    case
        when abs(number) >= 1000 then printf('%.0f', cast(number as double))
        else printf('%.4g', cast(number as double))
    end;

-- A range as a person writes it: 5 to 20; an end that there is none of is left out.
create or replace macro judge.range_zh(low, high) as
    case
        when low is null then concat('不超过 ', judge.sized(high))
        when high is null then concat('不低于 ', judge.sized(low))
        else concat(judge.sized(low), ' 至 ', judge.sized(high))
    end;

create or replace macro judge.range_en(low, high) as
    case
        when low is null then concat('at most ', judge.sized(high))
        when high is null then concat('at least ', judge.sized(low))
        else concat(judge.sized(low), ' to ', judge.sized(high))
    end;

-- The column in which a figure is printed, of 表1!E13 表1!E, of R2C5 C5; what is no cell is all one.
create or replace macro judge.printed_column(place) as
    case
        when regexp_matches(place, 'R[0-9]+C[0-9]+$') then regexp_extract(place, 'C[0-9]+$')
        when regexp_matches(place, '![A-Z]+[0-9]+$')
            then regexp_replace(place, '[0-9]+$', '')
        else ''
    end;

-- About how many decimal digits of a printed number are news, at most three: of 512.3 three, of 5.1
-- one, of an index of 100.3 none.
create or replace macro judge.facts(value, resolution) as
    least(
        3,
        greatest(
            0,
            coalesce(
                floor(
                    log10(
                        greatest(
                            cast(
                                case
                                    when value between 80 and 120 and resolution < 1
                                        then abs(value - 100)
                                    else abs(value)
                                end
                                / nullif(resolution, 0) as double
                            ),
                            1
                        )
                    )
                ),
                0
            )
        )
    );

-- How much a figure moved, as it is shown: amounts in times, what is in per cent in points.
create or replace macro judge.moved(kind, number) as
    judge.show(
        cast(
            round(number, case when kind = 'amount' and abs(number) < 10 then 2 else 1 end)
            as decimal(30, 2)
        )
    );

-- The number with two neighbouring digits exchanged that lies nearest to what was expected, between
-- two ends; null where none does. No number begins with a zero for it.
create or replace macro judge.exchanged_at(shown, i) as
    concat(
        substr(shown, 1, i - 1), substr(shown, i + 1, 1), substr(shown, i, 1), substr(shown, i + 2)
    );

create or replace macro judge.transposed(value, low, high, expected) as
    list_sort(
        list_transform(
            list_filter(
                list_transform(
                    range(1, length(judge.show(value))),
                    lambda i: judge.exchanged_at(judge.show(value), i)
                ),
                lambda text: regexp_full_match(text, '[1-9][0-9]*(\.[0-9]+)?')
                and try_cast(text as decimal(30, 8)) <> value
                and try_cast(text as double) between low and high
            ),
            lambda text: struct_pack(
                off := abs(try_cast(text as double) - expected),
                number := try_cast(text as decimal(30, 8))
            )
        )
    )[1].number;
