-- Grain: one row per headline figure in force: share of the region above, per head, rank.
with figures as (
    select
        figures.*,
        series.indicator_code,
        series.region_code,
        series.region_kind,
        series.parent_code,
        series.scope,
        series.figure_kind,
        series.breakdown,
        series.unit,
        series.measure,
        series.is_of_region,
        series.is_lower_better,
        series.adds_over_regions,
        series.parent_series_no,
        series.rank_group_no,
        coalesce(figures.period_end >= series.valid_from, true)
        and coalesce(figures.period_end < series.valid_to, true) as is_in_force
    from {{ ref('int_series_figure') }} as figures
    inner join {{ ref('int_series') }} as series
        on figures.series_no = series.series_no
),

units as (
    select
        unit,
        dimension,
        factor,
        reference_unit
    from {{ ref('dim_unit') }}
),

residents as (
    select indicator_code
    from {{ source('landing', 'indicator') }}
    where mart = 'core.district_profile' and item = 'resident_population'
),

people as (
    select
        figures.region_code,
        figures.scope,
        figures.period_end,
        min(figures.observation_id) as observation_id,
        min({{ in_reference_unit('figures.value', 'units.factor') | indent(8) }}) as residents,
        max({{ in_reference_unit('figures.value', 'units.factor') | indent(8) }})
            as most_residents,
        bool_and(figures.is_exact) as is_exact,
        bool_or(figures.is_simulated) as is_simulated
    from figures
    inner join residents
        on figures.indicator_code = residents.indicator_code
    left join units
        on figures.unit = units.unit
    where
        figures.is_amount
        and figures.is_of_region
        and figures.breakdown = '_T'
        and figures.figure_kind = 'outturn'
        and figures.value is not null
    group by figures.region_code, figures.scope, figures.period_end
),

rivals as (
    select
        observation_id,
        rank_group_no,
        vintage,
        started,
        ended,
        parent_code,
        region_kind,
        value,
        is_exact,
        is_simulated,
        case when is_lower_better then -value else value end as merit
    from figures
    where
        is_first
        and is_in_force
        and is_of_region
        and figure_kind = 'outturn'
        and parent_code is not null
        and value is not null
        and measure <> 'rank'
),

ranked as (
    select
        observation_id,
        parent_code,
        region_kind,
        ended,
        cast(rank() over best_first as integer) as rank_computed,
        cast(count(*) over alike as integer) as rank_of_regions,
        cast(
            count(*) over (partition by rank_group_no, vintage, started, ended, merit) as integer
        ) as rank_shared_by,
        bool_and(is_exact) over alike as are_exact,
        bool_or(is_simulated) over alike as is_simulated
    from rivals
    window
        alike as (partition by rank_group_no, vintage, started, ended),
        best_first as (partition by rank_group_no, vintage, started, ended order by merit desc)
),

-- How many regions there were of a kind in a region, where the list has all of them.
counted as (
    select
        moments.parent_code,
        moments.region_kind,
        moments.ended,
        cast(count(*) as integer) as region_count
    from (
        select
            parent_code,
            region_kind,
            ended
        from ranked
        group by parent_code, region_kind, ended
    ) as moments
    inner join {{ source('landing', 'region') }} as parents
        on moments.parent_code = parents.region_code and parents.lists_all_parts
    inner join {{ source('landing', 'region') }} as regions
        on
            moments.parent_code = regions.parent_code
            and moments.region_kind = regions.region_kind
            and coalesce({{ month_number('regions.valid_from') }} <= moments.ended, true)
            and coalesce({{ month_number('regions.valid_to') }} > moments.ended, true)
    group by moments.parent_code, moments.region_kind, moments.ended
),

placed as (
    select
        figures.observation_id,
        figures.value,
        above.value as value_above,
        above.observation_id as parent_observation_id,
        case
            when not figures.is_amount then 'rate'
            when figures.parent_code is null then 'no_region_above'
            when not figures.is_of_region then 'not_of_region'
            when figures.adds_over_regions is null then 'undeclared'
            when figures.adds_over_regions not in ('sum', 'at_most') then 'not_additive'
            when figures.value is null then 'missing'
            when above.observation_id is null then 'no_figure_above'
            when above.value is null then 'missing'
            when not (figures.is_exact and above.is_exact) then 'bound'
            when above.value <= 0 or figures.value < 0 then 'not_positive'
            when figures.value > above.value then 'above_whole'
        end as share_reason,
        case when figures.vintage <> above.vintage then 'vintage' end as share_caution,
        cast(figures.value as double) * cast(units.factor as double)
        / nullif(cast(people.residents as double), 0) as per_head,
        coalesce(units.reference_unit, figures.unit) || '/人' as per_head_unit,
        people.observation_id as population_observation_id,
        case
            when not figures.is_amount then 'rate'
            when figures.figure_kind <> 'outturn' then 'not_outturn'
            when not figures.is_of_region then 'not_of_region'
            when figures.value is null then 'missing'
            when not figures.is_exact then 'bound'
            when people.observation_id is null then 'no_population'
            when people.residents <> people.most_residents then 'several_populations'
            when not people.is_exact then 'bound'
            when people.residents <= 0 then 'not_positive'
        end as per_head_reason,
        ranked.rank_computed,
        ranked.rank_of_regions,
        ranked.rank_shared_by,
        counted.region_count - ranked.rank_of_regions as rank_regions_lacking,
        case
            when figures.measure = 'rank' then 'rate'
            when figures.parent_code is null then 'no_region_above'
            when figures.figure_kind <> 'outturn' then 'not_outturn'
            when not figures.is_of_region then 'not_of_region'
            when figures.value is null then 'missing'
            when not figures.is_in_force then 'not_in_force'
            when ranked.observation_id is null then 'second_code'
            when ranked.rank_of_regions < 2 then 'alone'
            when not ranked.are_exact then 'bound'
        end as rank_reason,
        coalesce(above.is_simulated, false)
        or coalesce(people.is_simulated, false)
        or coalesce(ranked.is_simulated, false) as is_simulated
    from figures
    left join {{ ref('int_series_figure') }} as above
        on
            figures.parent_series_no = above.series_no
            and figures.started = above.started
            and figures.ended = above.ended
            and above.is_first
    left join units
        on figures.unit = units.unit
    left join people
        on
            figures.region_code = people.region_code
            and figures.scope = people.scope
            and figures.period_end = people.period_end
    left join ranked
        on figures.observation_id = ranked.observation_id
    left join counted
        on
            ranked.parent_code = counted.parent_code
            and ranked.region_kind = counted.region_kind
            and ranked.ended = counted.ended
)

select
    observation_id,
    case
        when share_reason is null
            then {{ as_value(percentage('value', 'value_above'), 4) }}
    end as share_of_region_above,
    case when share_reason is null then parent_observation_id end as region_above_observation_id,
    coalesce(share_reason, share_caution) as share_reason,
    case when per_head_reason is null then {{ six_digits('per_head') | indent(4) }} end
        as per_head,
    case when per_head_reason is null then per_head_unit end as per_head_unit,
    case when per_head_reason is null then population_observation_id end
        as population_observation_id,
    per_head_reason,
    case when rank_reason is null then rank_computed end as rank_computed,
    case when rank_reason is null then rank_of_regions end as rank_of_regions,
    case when rank_reason is null then rank_shared_by end as rank_shared_by,
    case when rank_reason is null then rank_regions_lacking end as rank_regions_lacking,
    coalesce(
        rank_reason, case when rank_regions_lacking > 0 then 'incomplete' end
    ) as rank_reason,
    is_simulated
from placed
