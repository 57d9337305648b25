-- Grain: one row per version of a printed figure; what repeats a version unchanged is no row.
{{ config(materialized='touched_cells') }}
{%- set narrowed = followed_generation() is not none %}
with versions as {{ 'materialized' if narrowed else 'not materialized' }} (
    select *
    from {{ ref('int_observation_history') }}
    {{ semi_join_touched_cells() | indent(4) }}
    where not is_unchanged_repeat
),

indicators as (
    select
        indicator_code,
        name_zh,
        name_en,
        theme
    from {{ source('landing', 'indicator') }}
),

regions as (
    select
        region_code,
        region_name_zh
    from {{ source('landing', 'region') }}
),

documents as (
    select
        source_document,
        source_grade
    from {{ source('landing', 'source_document') }}
),

data_sets as (
    select
        data_set_id,
        precedence
    from {{ source('landing', 'data_set') }}
),

grades as (
    select
        source_grade,
        grade_rank
    from {{ source('landing', 'grade') }}
),

stages as (
    select
        estimate_stage,
        stage_rank
    from {{ source('landing', 'stage_rank') }}
),

ranked as not materialized (
    select
        versions.*,
        indicators.name_zh as indicator_name_zh,
        indicators.name_en as indicator_name_en,
        indicators.theme,
        regions.region_name_zh,
        documents.source_grade,
        {{ headline_rank(
            'versions.value',
            'grades.grade_rank',
            'data_sets.precedence',
            'stages.stage_rank',
            'versions.qualifier',
        ) | indent(8) }} as headline_rank
    from versions
    left join indicators
        on versions.indicator_code = indicators.indicator_code
    left join regions
        on versions.region_code = regions.region_code
    left join documents
        on versions.source_document = documents.source_document
    left join data_sets
        on versions.data_set_id = data_sets.data_set_id
    left join grades
        on documents.source_grade = grades.source_grade
    left join stages
        on versions.estimate_stage = stages.estimate_stage
),

-- Most figures are said by one source alone: those are found by a short hash, and not sorted.
-- Where two figures share one, they are sorted for nothing.
in_force as not materialized (
    select
        observation_id,
        {{ headline_columns() | join(',\n        ') }},
        headline_rank,
        known_from,
        repeat_of,
        hash({{ headline_columns() | join(', ') }}) as quantity_hash
    from ranked
    where known_to is null
),

crowded as (
    select quantity_hash
    from in_force
    group by quantity_hash
    having count(*) > 1
),

-- The same order stands in release/as_of.sql, for any other day.
compared as (
    select
        observation_id,
        row_number() over (
            partition by {{ headline_columns() | join(', ') }}
            order by
                headline_rank asc,
                known_from desc,
                repeat_of is not null asc,
                observation_id asc
        ) = 1 as is_first
    from in_force
    where quantity_hash in (select crowded.quantity_hash from crowded)
),

told as (
    select
        ranked.*,
        ranked.known_to is null and coalesce(compared.is_first, true) as is_headline
    from ranked
    left join compared
        on ranked.observation_id = compared.observation_id
)

select
    observation_id,
    data_set_id,
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
    breakdown,
    value,
    unit,
    value_printed,
    unit_printed,
    indicator_name_printed,
    qualifier,
    obs_status,
    conf_status,
    estimate_stage,
    known_from,
    known_to,
    is_headline,
    repeat_of,
    is_period_inferred,
    is_simulated,
    source_document,
    source_grade,
    source_place,
    delivery_place,
    delivery_id,
    receipt_sha256,
    resolution,
    theme,
    headline_rank,
    case when conf_status = 'F' then note end as note,
    correction_id
from told
