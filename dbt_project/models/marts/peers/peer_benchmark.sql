-- Grain: one row per headline figure in force that stands beside the district's figures.
with figures as (
    select
        observation_id,
        indicator_code,
        indicator_name_zh,
        indicator_name_en,
        region_code,
        region_name_zh,
        period,
        period_start,
        period_end,
        period_kind,
        measure,
        basis,
        scope,
        price_basis,
        value,
        unit,
        qualifier,
        is_simulated
    from {{ ref('observation') }}
    where is_headline and {{ is_own_outturn() }}
),

{{ district_and_above() }},

indicators as (
    select
        indicator_code,
        name_zh,
        name_en,
        mart
    from {{ source('landing', 'indicator') }}
),

-- A mean over districts stands beside what it is a mean of.
means as (
    select
        indicator_code,
        min(other_code) as concept_code
    from {{ source('landing', 'relation') }}
    where kind = 'mean_of'
    group by indicator_code
),

regions as (
    select
        region_code,
        region_name_en,
        region_kind,
        parent_code
    from {{ source('landing', 'region') }}
),

placed as (
    select
        figures.*,
        coalesce(means.concept_code, figures.indicator_code) as concept_code,
        means.concept_code is not null as is_mean,
        indicators.mart as declared_mart,
        regions.region_name_en,
        case
            when figures.region_code = district.district_code then 'district'
            when figures.region_code = district.city_code then 'city'
            when figures.region_code = district.province_code then 'province'
            when regions.region_kind = 'nation' then 'nation'
            when regions.region_kind = 'aggregate' then 'group'
            when regions.parent_code = nullif(district.city_code, '') then 'sister'
            else 'named_peer'
        end as peer_kind
    from figures
    cross join district
    left join means
        on figures.indicator_code = means.indicator_code
    left join indicators
        on figures.indicator_code = indicators.indicator_code
    left join regions
        on figures.region_code = regions.region_code
),

own as (
    select *
    from placed
    where peer_kind = 'district' and not is_mean
),

own_concepts as (
    select
        concept_code,
        count(*) as own_figures,
        array_to_string(list_sort(list(distinct period)), '、') as own_periods_zh,
        array_to_string(list_sort(list(distinct period)), ', ') as own_periods_en
    from own
    group by concept_code
),

own_periods as (
    select distinct
        concept_code,
        period,
        period_kind
    from own
),

own_scopes as (
    select distinct
        concept_code,
        period,
        period_kind,
        scope
    from own
),

peer_concepts as (
    select distinct concept_code
    from placed
    where peer_kind <> 'district'
),

-- Beside each other stands what both have a figure of, and what is declared for this table.
chosen as (
    select placed.*
    from placed
    left join own_concepts
        on placed.concept_code = own_concepts.concept_code
    left join peer_concepts
        on placed.concept_code = peer_concepts.concept_code
    where
        placed.declared_mart = 'peers.peer_benchmark'
        or (own_concepts.concept_code is not null and peer_concepts.concept_code is not null)
),

-- Only figures of one period, scope, basis and price basis are set against each other.
paired as (
    select
        chosen.*,
        own.observation_id as own_observation_id,
        own.value as own_value,
        own.unit as own_unit,
        own.qualifier as own_qualifier,
        own.is_simulated as own_is_simulated,
        own_concepts.own_figures,
        own_concepts.own_periods_zh,
        own_concepts.own_periods_en,
        own_periods.period is not null as is_period_shared,
        own_scopes.scope is not null as is_scope_shared,
        chosen.measure in ('level', 'count', 'ratio') as has_ratio
    from chosen
    left join own
        on
            chosen.peer_kind <> 'district'
            and chosen.concept_code = own.concept_code
            and chosen.period = own.period
            and chosen.period_kind = own.period_kind
            and chosen.scope = own.scope
            and chosen.basis = own.basis
            and chosen.measure = own.measure
            and chosen.price_basis = own.price_basis
            and chosen.unit = own.unit
    left join own_concepts
        on chosen.concept_code = own_concepts.concept_code
    left join own_periods
        on
            chosen.concept_code = own_periods.concept_code
            and chosen.period = own_periods.period
            and chosen.period_kind = own_periods.period_kind
    left join own_scopes
        on
            chosen.concept_code = own_scopes.concept_code
            and chosen.period = own_scopes.period
            and chosen.period_kind = own_scopes.period_kind
            and chosen.scope = own_scopes.scope
),

qualified as (
    select
        *,
        case
            when has_ratio and own_value >= 0 and value > 0
                then bounds.of_ratio(own_qualifier, qualifier)
        end as ratio_qualifier,
        case
            when own_value is not null and value is not null
                then bounds.of_difference(own_qualifier, qualifier)
        end as gap_qualifier
    from paired
),

explained as (
    select
        *,
        case
            when peer_kind = 'district' then null
            when own_figures is null then 'no_district_figure'
            when not is_period_shared then 'other_period'
            when not is_scope_shared then 'other_scope'
            when value is null then 'no_peer_value'
            when own_observation_id is null then 'other_basis'
            when own_value is null then 'no_district_value'
            when gap_qualifier = 'indeterminate' then 'bounds_undecided'
        end as reason
    from qualified
)

select
    explained.peer_kind,
    explained.region_code,
    explained.region_name_zh,
    explained.region_name_en,
    explained.concept_code,
    coalesce(concepts.name_zh, explained.indicator_name_zh) as concept_name_zh,
    coalesce(concepts.name_en, explained.indicator_name_en) as concept_name_en,
    explained.indicator_code,
    explained.indicator_name_zh,
    explained.indicator_name_en,
    explained.is_mean,
    explained.period,
    explained.period_start,
    explained.period_end,
    explained.period_kind,
    explained.measure,
    explained.basis,
    explained.scope,
    explained.price_basis,
    cast(explained.value as decimal(30, 8)) as value,
    explained.unit,
    explained.qualifier,
    cast(explained.own_value as decimal(30, 8)) as own_value,
    explained.own_qualifier,
    {{ as_bound(
        ratio('explained.own_value', 'explained.value'), 'explained.ratio_qualifier', 4
    ) | indent(4) }} as ratio,
    explained.ratio_qualifier,
    {{ as_bound('explained.own_value - explained.value', 'explained.gap_qualifier', 8)
        | indent(4) }} as gap,
    explained.gap_qualifier,
    explained.reason,
    case explained.reason
        when 'no_district_figure' then '本区没有这一指标的数字'
        when 'other_period' then '本区只有其他时期的数字：' || explained.own_periods_zh
        when 'other_scope' then '本区同期数字的统计口径不同'
        when 'other_basis' then '本区同期数字的类型、价格或单位不同'
        when 'no_peer_value' then '该地区的数字缺失'
        when 'no_district_value' then '本区同期数字缺失'
        when 'bounds_undecided' then '界限方向相互抵消，不能比较'
    end as reason_zh,
    case explained.reason
        when 'no_district_figure' then 'The district has no figure of this indicator'
        when 'other_period'
            then 'The district has figures of other periods only: ' || explained.own_periods_en
        when 'other_scope' then 'The figure of the district has another scope'
        when 'other_basis' then 'The figure of the district has another basis, price basis or unit'
        when 'no_peer_value' then 'The figure of the region is missing'
        when 'no_district_value' then 'The figure of the district is missing'
        when 'bounds_undecided' then 'The bounds point in no direction'
    end as reason_en,
    case when explained.is_mean then '对方为平均值，权重未说明' end as note_zh,
    case when explained.is_mean then 'The peer is a mean whose weighting is not stated' end
        as note_en,
    explained.is_simulated
    or (explained.own_observation_id is not null and explained.own_is_simulated) as is_simulated,
    explained.observation_id as value_observation_id,
    explained.own_observation_id,
    {{ value_ends('explained') }},
    {{ calendar_parts('explained') }}
from explained
left join indicators as concepts
    on explained.concept_code = concepts.indicator_code
