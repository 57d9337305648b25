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
        cast({{ slot('value', ['rate', 'share']) }} as decimal(12, 4))
            as rate_printed,
        {{ slot('qualifier', ['rate', 'share']) }} as rate_qualifier,
        {{ slot('indicator_code', ['rate', 'share']) }} as rate_indicator,
        bool_or(is_simulated) as is_simulated,
        {{ slot('observation_id', 'count') }} as count_observation_id,
        {{ slot('observation_id', 'value') }} as investment_observation_id,
        {{ slot('observation_id', ['rate', 'share']) }} as rate_observation_id
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

part_relations as (
    select distinct
        indicator_code,
        other_code
    from {{ source('landing', 'relation') }}
    where kind = 'part_of'
),

-- One stage converts another only where both count one cohort: where its number is declared a part
-- of the number of that stage. `all` is no stage.
cohorts as (
    select
        later.region_code,
        later.period,
        later.period_kind,
        later.programme,
        later.stage,
        later.basis_family,
        earlier.stage as previous_stage,
        earlier.project_count as previous_count,
        earlier.project_count_qualifier as previous_count_qualifier,
        earlier.is_simulated as previous_is_simulated
    from named as later
    inner join part_relations
        on later.count_indicator = part_relations.indicator_code
    inner join named as earlier
        on
            part_relations.other_code = earlier.count_indicator
            and later.region_code = earlier.region_code
            and later.period = earlier.period
            and later.period_kind = earlier.period_kind
            and later.programme = earlier.programme
            and later.basis_family = earlier.basis_family
            and earlier.stage not in ('all', later.stage)
            and earlier.project_count is not null
    qualify row_number() over (
        partition by
            later.region_code, later.period, later.period_kind, later.programme, later.stage,
            later.basis_family
        order by earlier.stage_sort desc, earlier.stage asc
    ) = 1
),

first_stages as (
    select
        region_code,
        period,
        period_kind,
        programme,
        basis_family,
        min(stage_sort) as stage_sort
    from named
    where stage <> 'all' and project_count is not null
    group by region_code, period, period_kind, programme, basis_family
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
        cohorts.previous_stage,
        cohorts.previous_count,
        cohorts.previous_count_qualifier,
        cohorts.previous_is_simulated,
        coalesce(named.stage_sort > first_stages.stage_sort, false)
        and named.stage <> 'all' and named.project_count is not null as is_later_stage
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
    left join cohorts
        on
            named.region_code = cohorts.region_code
            and named.period = cohorts.period
            and named.period_kind = cohorts.period_kind
            and named.programme = cohorts.programme
            and named.stage = cohorts.stage
            and named.basis_family = cohorts.basis_family
    left join first_stages
        on
            named.region_code = first_stages.region_code
            and named.period = first_stages.period
            and named.period_kind = first_stages.period_kind
            and named.programme = first_stages.programme
            and named.basis_family = first_stages.basis_family
),

-- A part above its whole is none, whatever was declared.
checked as (
    select
        *,
        coalesce(
            bounds.has_low(project_count_qualifier)
            and bounds.has_high(previous_count_qualifier)
            and project_count > previous_count,
            false
        ) as is_above_cohort
    from joined
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
            when previous_count > 0 and not is_above_cohort
                then bounds.of_ratio(project_count_qualifier, previous_count_qualifier)
        end as stage_conversion_qualifier
    from checked
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
    case when stage_conversion_qualifier is not null then previous_stage end
        as stage_conversion_from,
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
    case
        when is_above_cohort then '多于其所属阶段的项目数，不作转化率。'
        when stage_conversion_qualifier = 'indeterminate' then '界限方向相互抵消，转化率不能确定。'
        when is_later_stage and previous_stage is null
            then '未申报为前面阶段中的同一批项目，不作转化率。'
    end as note_zh,
    case
        when is_above_cohort then 'More than the stage that it is part of: no conversion.'
        when stage_conversion_qualifier = 'indeterminate'
            then 'The bounds point in no direction: no conversion.'
        when is_later_stage and previous_stage is null
            then 'Not declared to be among the projects of an earlier stage: no conversion.'
    end as note_en,
    {{ calendar_parts() }}
from qualified
