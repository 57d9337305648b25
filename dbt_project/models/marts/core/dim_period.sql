-- Grain: one row per period: the calendar of all years with figures, and all others of figures.
with observed as (
    select
        period,
        min(period_start) as period_start,
        max(period_end) as period_end,
        count(*) as observation_count
    from {{ ref('observation') }}
    group by period
),

bounds_of_time as (
    select
        cast(date_part('year', min(period_start)) as integer) as first_year,
        cast(date_part('year', max(period_end)) as integer) as last_year
    from observed
),

years as (
    select unnest(generate_series(first_year, last_year)) as of_year
    from bounds_of_time
    where first_year is not null
),

-- A stretch of months by its number among those of a year: the first month and how many.
stretches as (
    select
        listed.first_month,
        listed.months
    from (
        values
        {%- for month in range(1, 13) %}
        ({{ month }}, 1), (1, {{ month }}),
        {%- endfor %}
        (4, 3), (7, 3), (10, 3), (7, 6)
    ) as listed (first_month, months)
    group by listed.first_month, listed.months
),

calendar as (
    select
        {{ period_code('years.of_year', 'stretches.first_month', 'stretches.months') }} as period,
        make_date(cast(years.of_year as integer), stretches.first_month, 1) as period_start,
        last_day(
            make_date(
                cast(years.of_year as integer), stretches.first_month + stretches.months - 1, 1
            )
        ) as period_end
    from years
    cross join stretches
    union
    -- The first quarter is a range from January, too: its code of a quarter stands beside that one.
    select
        of_year || '-Q1' as period,
        make_date(cast(of_year as integer), 1, 1) as period_start,
        make_date(cast(of_year as integer), 3, 31) as period_end
    from years
    union
    -- So does the year.
    select
        of_year || '-01/' || of_year || '-12' as period,
        make_date(cast(of_year as integer), 1, 1) as period_start,
        make_date(cast(of_year as integer), 12, 31) as period_end
    from years
),

periods as (
    select
        coalesce(observed.period, calendar.period) as period,
        coalesce(observed.period_start, calendar.period_start) as period_start,
        coalesce(observed.period_end, calendar.period_end) as period_end,
        coalesce(observed.observation_count, 0) as observation_count
    from calendar
    full join observed
        on calendar.period = observed.period
),

parts as (
    select
        *,
        split_part(period, '/', 1) as first_part,
        nullif(split_part(period, '/', 2), '') as last_part,
        cast(date_diff('month', period_start, period_end) + 1 as integer) as months,
        cast(date_part('year', period_end) as integer) as end_year,
        cast(date_part('month', period_start) as integer) as first_month,
        cast(date_part('month', period_end) as integer) as last_month,
        date_trunc('year', period_start) = date_trunc('year', period_end) as is_in_one_year
    from periods
),

shaped as (
    select
        *,
        case
            when last_part is null and length(period) = 4 then 'year'
            when last_part is null and period like '%-Q_' then 'quarter'
            when last_part is null and length(period) = 7 then 'month'
            when last_part is null then 'day'
            when length(first_part) = 4 then 'years'
            when not is_in_one_year then 'months'
            when first_month = 1 and last_month = 2 then 'jan_feb'
            when months = 6 and first_month in (1, 7) then 'half'
            when first_month = 1 then 'to_date'
            else 'months'
        end as kind
    from parts
),

-- The codes of other periods, whether they are there or not.
neighbours as (
    select
        *,
        case
            when kind = 'year' then cast(end_year - 1 as varchar)
            when kind = 'quarter' and first_month > 1
                then end_year || '-Q' || ((first_month - 1) // 3)
            when kind = 'quarter' then (end_year - 1) || '-Q4'
            when kind = 'half' and first_month = 7
                then {{ period_code('end_year', '1', '6') }}
            when kind = 'half' then {{ period_code('end_year - 1', '7', '6') }}
            when kind in ('month', 'jan_feb') and first_month > 1
                then {{ period_code('end_year', 'first_month - 1', '1') }}
            when kind in ('month', 'jan_feb') then {{ period_code('end_year - 1', '12', '1') }}
            when kind = 'to_date' then {{ period_code_to_date('end_year - 1', 'last_month') }}
        end as previous_code,
        case
            when kind in ('year', 'quarter', 'month', 'day')
                then (end_year - 1) || substr(period, 5)
            when kind = 'years'
                then
                    (cast(left(period, 4) as integer) - 1) || '/' || (end_year - 1)
            else
                (cast(left(first_part, 4) as integer) - 1) || substr(first_part, 5) || '/'
                || (end_year - 1) || substr(last_part, 5)
        end as last_year_code,
        case when is_in_one_year then cast(end_year as varchar) end as year_code,
        case
            when date_trunc('quarter', period_start) = date_trunc('quarter', period_end)
                then end_year || '-Q' || ((last_month + 2) // 3)
        end as quarter_code,
        case
            when date_trunc('month', period_start) = date_trunc('month', period_end)
                then {{ period_code('end_year', 'last_month', '1') }}
        end as month_code
    from shaped
)

select
    own.period,
    own.period_start,
    own.period_end,
    own.kind,
    own.first_month = 1 and own.is_in_one_year and own.kind <> 'day' as is_to_date,
    case when own.kind in ('year', 'quarter', 'month', 'day') then own.kind else 'range' end
        as precision,
    own.months,
    {{ period_label_zh('own.first_part') | indent(4) }}
    || coalesce('至' || {{ period_label_zh('own.last_part') | indent(4) }}, '') as label_zh,
    {{ period_label_en('own.first_part') | indent(4) }}
    || coalesce(' to ' || {{ period_label_en('own.last_part') | indent(4) }}, '') as label_en,
    {{ period_short_zh() | indent(4) }} as short_label_zh,
    {{ period_short_en() | indent(4) }} as short_label_en,
    previous.period as previous_period,
    last_year.period as same_period_last_year,
    in_year.period as year_period,
    in_quarter.period as quarter_period,
    in_month.period as month_period,
    cast(
        row_number() over (
            order by own.period_end asc, own.period_start desc, own.period asc
        ) as integer
    ) as sort,
    own.observation_count,
    {{ calendar_parts('own') }}
from neighbours as own
left join periods as previous
    on own.previous_code = previous.period
left join periods as last_year
    on own.last_year_code = last_year.period
left join periods as in_year
    on own.year_code = in_year.period
left join periods as in_quarter
    on own.quarter_code = in_quarter.period
left join periods as in_month
    on own.month_code = in_month.period
