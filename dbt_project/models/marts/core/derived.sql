-- Grain: one row per headline figure in force: what is computed of it, published by nobody.
with told as (
    select *
    from {{ ref('int_figure_change') }}
),

series as (
    select
        series_no,
        measure,
        unit,
        is_amount,
        breakdown,
        whole_code,
        whole_series_no,
        adds_over_classes,
        is_grown_really
    from {{ ref('int_series') }}
),

wholes as (
    select
        changes.series_no,
        changes.started,
        changes.ended,
        changes.observation_id,
        changes.value,
        changes.is_exact,
        changes.vintage,
        changes.value_year_before,
        changes.change_on_published,
        changes.change_reason,
        changes.is_simulated,
        series.is_grown_really
    from {{ ref('int_figure_change') }} as changes
    inner join series
        on changes.series_no = series.series_no
    where
        changes.is_first
        and changes.series_no in (
            select parts.whole_series_no
            from series as parts
            where parts.whole_series_no is not null
        )
),

figures as (
    select
        told.*,
        {{ named_columns('flows', [
            'current_computed', 'current_period', 'current_reason', 'rolling_twelve_months',
            'rolling_reason', 'index_to_base', 'index_base_period', 'index_reason',
        ]) | indent(4) }},
        {{ named_columns('places', [
            'share_of_region_above', 'region_above_observation_id', 'share_reason', 'per_head',
            'per_head_unit', 'population_observation_id', 'per_head_reason', 'rank_computed',
            'rank_of_regions', 'rank_shared_by', 'rank_regions_lacking', 'rank_reason',
        ]) | indent(4) }},
        series.unit,
        series.measure,
        wholes.observation_id as whole_observation_id,
        flows.is_simulated
        or places.is_simulated
        or coalesce(wholes.is_simulated, false) as others_are_simulated,
        case
            when not series.is_amount then 'rate'
            when series.whole_code is null then 'no_part'
            when series.breakdown <> '_T' and series.adds_over_classes is null then 'undeclared'
            when
                series.breakdown <> '_T' and series.adds_over_classes not in ('sum', 'at_most')
                then 'not_additive'
            when told.value is null then 'missing'
            when wholes.observation_id is null then 'no_whole'
            when wholes.value is null then 'missing'
            when not (told.is_exact and wholes.is_exact) then 'bound'
            when wholes.value <= 0 or told.value < 0 then 'not_positive'
            when told.value > wholes.value then 'above_whole'
        end as whole_reason,
        case when told.vintage <> wholes.vintage then 'vintage' end as whole_caution,
        {{ as_value(percentage('told.value', 'wholes.value'), 4) }} as share_of_whole,
        case
            when told.change_on_published is null then told.change_reason
            when wholes.change_on_published is null then wholes.change_reason
            when series.is_grown_really or wholes.is_grown_really then 'comparable_growth'
        end as pull_reason,
        {{ as_value(
            percentage('told.change_on_published', 'wholes.value_year_before'), 4
        ) }} as pull_points,
        case when wholes.change_on_published <= 0 then 'not_growing' end as contribution_reason,
        {{ as_value(
            percentage('told.change_on_published', 'wholes.change_on_published'), 2
        ) }} as contribution_pct
    from told
    inner join series
        on told.series_no = series.series_no
    inner join {{ ref('int_figure_flow') }} as flows
        on told.observation_id = flows.observation_id
    inner join {{ ref('int_figure_place') }} as places
        on told.observation_id = places.observation_id
    left join wholes
        on
            series.whole_series_no = wholes.series_no
            and told.started = wholes.started
            and told.ended = wholes.ended
)

select
    observation_id,
    unit,
    growth_as_published,
    growth_price_basis,
    growth_observation_id,
    cast(average_growth_two_years as decimal(30, 8)) as average_growth_two_years,
    average_growth_reason,
    value_year_before,
    year_before_observation_id,
    change_on_published,
    change_pct_on_published,
    case when {{ is_in_points('measure') }} then '百分点' else unit end as change_unit,
    change_reason,
    previous_value,
    previous_change_on_published,
    previous_change_pct_on_published,
    previous_change_reason,
    current_computed,
    current_period,
    current_reason,
    rolling_twelve_months,
    rolling_reason,
    index_to_base,
    index_base_period,
    index_reason,
    share_of_region_above,
    region_above_observation_id,
    share_reason as share_of_region_above_reason,
    per_head,
    per_head_unit,
    population_observation_id,
    per_head_reason,
    rank_computed,
    rank_of_regions,
    rank_shared_by,
    rank_regions_lacking,
    rank_reason,
    case when whole_reason is null then share_of_whole end as share_of_whole,
    case when whole_reason is null then whole_observation_id end as whole_observation_id,
    coalesce(whole_reason, whole_caution) as share_of_whole_reason,
    case when coalesce(whole_reason, pull_reason) is null then pull_points end as pull_points,
    coalesce(whole_reason, pull_reason) as pull_reason,
    case
        when coalesce(whole_reason, pull_reason, contribution_reason) is null
            then contribution_pct
    end as contribution_pct,
    coalesce(whole_reason, pull_reason, contribution_reason) as contribution_reason,
    is_simulated or others_are_simulated as is_simulated
from figures
