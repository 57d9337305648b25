-- Grain: one row per reference period that a figure has.
select
    period,
    period_start,
    period_end,
    precision,
    months,
    label_zh,
    label_en,
    observation_count,
    year,
    quarter,
    month
from {{ ref('dim_period') }}
where observation_count > 0
