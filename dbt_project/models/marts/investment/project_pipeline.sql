-- Grain: one row per region, period, period kind, programme, project stage and basis family.
with cells as (
    select *
    from {{ mart_cells('investment.project_pipeline') }}
),

items as (
    select
        item,
        item_name_zh,
        item_name_en
    from {{ mart_items('investment.project_pipeline') }}
),

stages as (
    select
        code as stage,
        name_zh as stage_name_zh,
        name_en as stage_name_en,
        sort as stage_sort
    from {{ source('landing', 'code') }}
    where list = 'stage'
),

share_relations as (
    select distinct
        indicator_code,
        other_code
    from {{ source('landing', 'relation') }}
    where kind = 'share_of'
),

printed as (
    select
        region_code,
        region_name_zh,
        period,
        period_start,
        period_end,
        period_kind,
        item as programme,
        stage,
        basis_family,
        {{ slot('value', 'count') }} as project_count,
        {{ slot('qualifier', 'count') }} as project_count_qualifier,
        {{ slot('indicator_code', 'count') }} as count_indicator,
        {{ slot('value', 'value') }} as investment,
        {{ slot('unit', 'value') }} as investment_unit,
        {{ slot('qualifier', 'value') }} as investment_qualifier,
        cast(any_value(value) filter (where slot in ('rate', 'share')) as decimal(12, 4))
            as rate_printed,
        any_value(qualifier) filter (where slot in ('rate', 'share')) as rate_qualifier,
        any_value(indicator_code) filter (where slot in ('rate', 'share')) as rate_indicator,
        bool_or(is_simulated) as is_simulated,
        {{ slot('observation_id', 'count') }} as count_observation_id,
        {{ slot('observation_id', 'value') }} as investment_observation_id,
        any_value(observation_id) filter (where slot in ('rate', 'share')) as rate_observation_id
    from cells
    group by
        region_code, region_name_zh, period, period_start, period_end, period_kind, item, stage,
        basis_family
),

programmes as (
    select
        region_code,
        period,
        period_kind,
        programme,
        basis_family,
        project_count as all_count,
        project_count_qualifier as all_count_qualifier,
        count_indicator as all_count_indicator,
        is_simulated as all_is_simulated,
        count_observation_id as all_count_observation_id
    from printed
    where stage = 'all' and project_count is not null
),

named as (
    select
        printed.*,
        items.item_name_zh as programme_name_zh,
        items.item_name_en as programme_name_en,
        coalesce(stages.stage_name_zh, printed.stage) as stage_name_zh,
        coalesce(stages.stage_name_en, printed.stage) as stage_name_en,
        stages.stage_sort
    from printed
    left join items
        on printed.programme = items.item
    left join stages
        on printed.stage = stages.stage
),

-- The stage before, among those of the programme that have a count; `all` is no stage.
stage_pairs as (
    select
        region_code,
        period,
        period_kind,
        programme,
        stage,
        basis_family,
        lag(stage) over by_stage as previous_stage,
        lag(project_count) over by_stage as previous_count,
        lag(project_count_qualifier) over by_stage as previous_count_qualifier,
        lag(is_simulated) over by_stage as previous_is_simulated
    from named
    where stage <> 'all' and project_count is not null
    window by_stage as (
        partition by region_code, period, period_kind, programme, basis_family
        order by stage_sort, stage
    )
),

-- A rate is of the programme's projects only where a declaration says so (`share_of`).
joined as (
    select
        named.*,
        case
            when named.rate_printed is null then null
            when named.stage = 'all' then 'planned_investment'
            when share_relations.indicator_code is not null then 'projects'
            else 'not_stated'
        end as rate_of,
        programmes.all_count,
        programmes.all_count_qualifier,
        programmes.all_is_simulated,
        programmes.all_count_observation_id,
        stage_pairs.previous_stage,
        stage_pairs.previous_count,
        stage_pairs.previous_count_qualifier,
        stage_pairs.previous_is_simulated
    from named
    left join programmes
        on
            named.region_code = programmes.region_code
            and named.period = programmes.period
            and named.period_kind = programmes.period_kind
            and named.programme = programmes.programme
            and named.basis_family = programmes.basis_family
    left join share_relations
        on
            named.rate_indicator = share_relations.indicator_code
            and programmes.all_count_indicator = share_relations.other_code
    left join stage_pairs
        on
            named.region_code = stage_pairs.region_code
            and named.period = stage_pairs.period
            and named.period_kind = stage_pairs.period_kind
            and named.programme = stage_pairs.programme
            and named.stage = stage_pairs.stage
            and named.basis_family = stage_pairs.basis_family
),

qualified as (
    select
        *,
        case
            when rate_of = 'planned_investment' and rate_printed > 0
                then bounds.of_ratio(investment_qualifier, rate_qualifier)
        end as planned_investment_implied_qualifier,
        case
            when rate_of = 'projects'
                then bounds.of_product(rate_qualifier, all_count_qualifier)
        end as project_count_implied_qualifier,
        case
            when project_count > 0
                then bounds.of_ratio(investment_qualifier, project_count_qualifier)
        end as average_investment_qualifier,
        case
            when previous_count > 0
                then bounds.of_ratio(project_count_qualifier, previous_count_qualifier)
        end as stage_conversion_qualifier
    from joined
)

select
    region_code,
    region_name_zh,
    period,
    period_start,
    period_end,
    period_kind,
    programme,
    programme_name_zh,
    programme_name_en,
    stage,
    stage_name_zh,
    stage_name_en,
    stage_sort,
    project_count,
    project_count_qualifier,
    investment,
    investment_unit,
    investment_qualifier,
    rate_printed,
    rate_qualifier,
    rate_of,
    cast(
        {{ as_bound(
            percentage('investment', 'rate_printed'), 'planned_investment_implied_qualifier', 2
        ) | indent(8) }}
        as decimal(30, 8)
    ) as planned_investment_implied,
    planned_investment_implied_qualifier,
    cast(
        {{ as_bound(
            'rate_printed * all_count / 100', 'project_count_implied_qualifier', 1
        ) | indent(8) }}
        as decimal(30, 8)
    ) as project_count_implied,
    project_count_implied_qualifier,
    cast(
        {{ as_bound(
            ratio('investment', 'project_count'), 'average_investment_qualifier', 4
        ) | indent(8) }}
        as decimal(30, 8)
    ) as average_investment,
    average_investment_qualifier,
    cast(
        {{ as_bound(
            percentage('project_count', 'previous_count'), 'stage_conversion_qualifier', 2
        ) | indent(8) }}
        as decimal(12, 4)
    ) as stage_conversion,
    stage_conversion_qualifier,
    previous_stage as stage_conversion_from,
    is_simulated
    or (project_count_implied_qualifier is not null and all_is_simulated)
    or (stage_conversion_qualifier is not null and previous_is_simulated) as is_simulated,
    count_observation_id,
    investment_observation_id,
    rate_observation_id,
    case
        when project_count_implied_qualifier is not null then all_count_observation_id
    end as all_count_observation_id,
    basis_family,
    {{ calendar_parts() }}
from qualified
