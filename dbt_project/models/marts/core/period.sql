-- Grain: one row per reference period that a figure has.
with periods as (
    select
        period,
        min(period_start) as period_start,
        max(period_end) as period_end,
        count(*) as observation_count
    from {{ ref('observation') }}
    group by period
),

parts as (
    select
        *,
        split_part(period, '/', 1) as first_part,
        nullif(split_part(period, '/', 2), '') as last_part
    from periods
)

select
    period,
    period_start,
    period_end,
    case
        when last_part is not null then 'range'
        when regexp_full_match(period, '\d{4}') then 'year'
        when regexp_full_match(period, '\d{4}-Q[1-4]') then 'quarter'
        when regexp_full_match(period, '\d{4}-\d{2}') then 'month'
        else 'day'
    end as precision,
    cast(date_diff('month', period_start, period_end) + 1 as integer) as months,
    {{ period_label_zh('first_part') | indent(4) }}
    || coalesce('至' || {{ period_label_zh('last_part') | indent(4) }}, '') as label_zh,
    {{ period_label_en('first_part') | indent(4) }}
    || coalesce(' to ' || {{ period_label_en('last_part') | indent(4) }}, '') as label_en,
    observation_count,
    {{ calendar_parts() }}
from parts
