-- Grain: one row per headline figure in force: the months alone, twelve months, an index.
with figures as (
    select
        figures.*,
        series.period_kind,
        series.is_stock,
        series.adds_over_time,
        series.annual_series_no,
        series.period_kind = 'cumulative_range'
        and figures.started % 12 = 1
        and figures.months <= 12 as is_to_date
    from {{ ref('int_series_figure') }} as figures
    inner join {{ ref('int_series') }} as series
        on figures.series_no = series.series_no
),

-- Exact amounts above nothing can be a base: the first of each season between two breaks.
bases as (
    select
        series_no,
        stretch,
        months,
        ended % 12 as season,
        min(ended) as ended
    from figures
    where is_first and is_amount and is_exact and value > 0 and not is_at_comparable_prices
    group by series_no, stretch, months, ended % 12
),

based as (
    select
        bases.series_no,
        bases.stretch,
        bases.months,
        bases.season,
        figures.value,
        figures.period
    from bases
    inner join figures
        on
            bases.series_no = figures.series_no
            and bases.ended = figures.ended
            and bases.months = figures.months
            and figures.is_first
),

-- What is cumulative less what was so before in the year.
cumulated as (
    select
        observation_id,
        lag(observation_id) over in_year as before_id,
        lag(value) over in_year as before_value,
        lag(months) over in_year as before_months,
        lag(is_exact) over in_year as before_is_exact,
        lag(stretch) over in_year as before_stretch,
        lag(last_break) over in_year as before_last_break,
        lag(estimate_stage) over in_year as before_stage,
        lag(data_set_id) over in_year as before_data_set,
        lag(known_from) over in_year as before_known_from,
        lag(is_simulated) over in_year as before_is_simulated
    from figures
    where is_to_date and is_first
    window in_year as (partition by series_no, started order by ended)
),

-- Twelve months one by one, or four quarters.
added as (
    select
        observation_id,
        sum(value) over year_of_months as months_value,
        count(value) filter (where is_exact) over year_of_months as months_count,
        min(stretch) over year_of_months as first_stretch,
        bool_or(is_simulated) over year_of_months as is_simulated
    from figures
    where is_first and period_kind = 'monthly' and months = 1 and adds_over_time = 'sum'
    window
        year_of_months as (
            partition by series_no order by ended range between 11 preceding and current row
        )
    union all
    select
        observation_id,
        sum(value) over year_of_quarters as months_value,
        3 * count(value) filter (where is_exact) over year_of_quarters as months_count,
        min(stretch) over year_of_quarters as first_stretch,
        bool_or(is_simulated) over year_of_quarters as is_simulated
    from figures
    where is_first and period_kind = 'quarterly' and months = 3 and adds_over_time = 'sum'
    window
        year_of_quarters as (
            partition by series_no order by ended range between 9 preceding and current row
        )
),

-- A year, the same part of it a year later, and that part of the year itself.
completed as (
    select
        now.observation_id,
        whole.value - part.value + now.value as value,
        whole.is_exact and part.is_exact as are_exact,
        whole.stretch = now.stretch and part.stretch = now.stretch as are_of_one_stretch,
        whole.is_simulated or part.is_simulated as is_simulated
    from figures as now
    inner join figures as part
        on
            now.series_no = part.series_no
            and now.started - 12 = part.started
            and now.ended - 12 = part.ended
            and part.is_first
    inner join figures as whole
        on
            now.annual_series_no = whole.series_no
            and now.started - 12 = whole.started
            and whole.months = 12
            and whole.is_first
    where now.is_to_date and now.months < 12 and now.adds_over_time = 'sum'
),

reasoned as (
    select
        figures.observation_id,
        figures.value,
        figures.months,
        figures.started,
        coalesce(cumulated.before_is_simulated, false)
        or coalesce(added.is_simulated, false)
        or coalesce(completed.is_simulated, false) as is_simulated,
        based.value as base_value,
        based.period as base_period,
        case
            when not figures.is_amount then 'rate'
            when figures.value is null then 'missing'
            when figures.is_at_comparable_prices then 'comparable_prices'
            when not figures.is_exact then 'bound'
            when based.value is null then 'not_positive'
        end as index_reason,
        coalesce(cumulated.before_months, 0) as before_months,
        figures.value - coalesce(cumulated.before_value, 0) as part_value,
        case
            when not figures.is_amount then 'rate'
            when figures.is_stock then 'stock'
            when not figures.is_to_date then 'not_cumulative'
            when figures.adds_over_time is null then 'undeclared'
            when figures.adds_over_time <> 'sum' then 'not_additive'
            when figures.value is null then 'missing'
            when not figures.is_exact then 'bound'
            when cumulated.before_id is null then null
            when cumulated.before_value is null then 'missing'
            when not cumulated.before_is_exact then 'bound'
            when cumulated.before_stretch <> figures.stretch
                then coalesce(figures.last_break, cumulated.before_last_break, 'census')
            when
                cumulated.before_data_set <> figures.data_set_id
                or cumulated.before_stage <> figures.estimate_stage
                or cumulated.before_known_from > figures.known_from
                then 'vintage'
            when figures.value < cumulated.before_value and cumulated.before_value > 0
                then 'fell'
        end as part_reason,
        case
            when figures.months = 12 then figures.value
            when figures.is_to_date then completed.value
            else added.months_value
        end as twelve_months,
        case
            when not figures.is_amount then 'rate'
            when figures.is_stock then 'stock'
            when figures.adds_over_time is null then 'undeclared'
            when figures.adds_over_time <> 'sum' then 'not_additive'
            when figures.value is null then 'missing'
            when not figures.is_exact then 'bound'
            when figures.is_at_comparable_prices and figures.months <> 12 then 'comparable_prices'
            when figures.months = 12 then null
            when figures.is_to_date and completed.observation_id is null then 'gap'
            when figures.is_to_date and not completed.are_exact then 'bound'
            when figures.is_to_date and not completed.are_of_one_stretch
                then coalesce(figures.last_break, 'census')
            when figures.is_to_date and completed.value is null then 'missing'
            when figures.is_to_date then null
            when added.observation_id is null then 'not_twelve'
            when added.months_count <> 12 then 'gap'
            when added.first_stretch <> figures.stretch then coalesce(figures.last_break, 'census')
        end as twelve_reason
    from figures
    left join based
        on
            figures.series_no = based.series_no
            and figures.stretch = based.stretch
            and figures.months = based.months
            and figures.ended % 12 = based.season
    left join cumulated
        on figures.observation_id = cumulated.observation_id
    left join added
        on figures.observation_id = added.observation_id
    left join completed
        on figures.observation_id = completed.observation_id
)

select
    observation_id,
    case
        when index_reason is null
            then {{ as_value(percentage('value', 'base_value'), 2) }}
    end as index_to_base,
    case when index_reason is null then base_period end as index_base_period,
    index_reason,
    case when part_reason is null then cast(part_value as decimal(30, 8)) end
        as current_computed,
    case
        when part_reason is null
            then {{ period_code(
                '((started - 1) // 12)', 'before_months + 1', '(months - before_months)'
            ) | indent(12) }}
    end as current_period,
    part_reason as current_reason,
    case when twelve_reason is null then cast(twelve_months as decimal(30, 8)) end
        as rolling_twelve_months,
    twelve_reason as rolling_reason,
    is_simulated
from reasoned
