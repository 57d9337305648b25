-- Grain: one row per version of a printed figure; what repeats a version unchanged is no row.
{{ config(tags=['touched_cells']) }}
{%- set narrowed = is_narrowed() %}
{%- set quantity = headline_columns() %}
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
        theme,
        is_stock
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
        indicators.is_stock,
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

-- Most quantities have one version alone: those are found by a short hash, and nothing is sorted.
-- Where two quantities share a hash, they are sorted for nothing.
stated as not materialized (
    select
        observation_id,
        {{ quantity | join(',\n        ') }},
        headline_rank,
        known_from,
        coalesce(known_to, date 'infinity') as known_to,
        repeat_of,
        hash({{ quantity | join(', ') }}) as quantity_hash
    from ranked
    where known_from is distinct from known_to
),

crowded as (
    select quantity_hash
    from stated
    group by quantity_hash
    having count(*) > 1
),

numbered as (
    select
        *,
        dense_rank() over (order by {{ quantity | join(', ') }}) as quantity
    from stated
    where quantity_hash in (select crowded.quantity_hash from crowded)
),

beginnings as (
    select
        *,
        -- Begins while another version of the same quantity is in force.
        known_from < max(known_to) over (
            partition by quantity
            order by known_from, known_to, observation_id
            rows between unbounded preceding and 1 preceding
        ) as is_beside_another
    from numbered
),

rivals as materialized (
    select
        observation_id,
        {{ quantity | join(',\n        ') }},
        headline_rank,
        known_from,
        known_to,
        repeat_of,
        quantity
    from beginnings
    qualify bool_or(is_beside_another) over (partition by quantity)
),

-- Between two such days, nothing changes of what a quantity's sources say.
turning_days as (
    select
        quantity,
        known_from as begins_on
    from rivals
    union
    select
        quantity,
        known_to as begins_on
    from rivals
    where known_to < date 'infinity'
),

spans as (
    select
        *,
        lead(begins_on, 1, date 'infinity') over (partition by quantity order by begins_on)
            as ends_on
    from turning_days
),

firsts as (
    select
        spans.*,
        rivals.observation_id
    from spans
    inner join rivals
        on
            spans.quantity = rivals.quantity
            and spans.begins_on >= rivals.known_from
            and spans.begins_on < rivals.known_to
    qualify row_number() over (
        partition by spans.quantity, spans.begins_on
        order by
            rivals.headline_rank asc,
            rivals.known_from desc,
            rivals.repeat_of is not null asc,
            rivals.observation_id asc
    ) = 1
),

-- Spans that follow each other are one.
kept as (
    select
        *,
        coalesce(begins_on <> lag(ends_on) over (
            partition by quantity, observation_id
            order by begins_on
        ), true) as is_new
    from firsts
),

joined as (
    select
        *,
        count(*) filter (where is_new) over (
            partition by quantity, observation_id
            order by begins_on
        ) as stretch
    from kept
),

stretches as (
    select
        observation_id,
        min(begins_on) as begins_on,
        nullif(max(ends_on), date 'infinity') as ends_on
    from joined
    group by observation_id, stretch
),

headlines as (
    select
        observation_id,
        string_agg(
            concat(begins_on, '/', ends_on), ' '
            order by begins_on
        ) as headline_during,
        bool_or(ends_on is null) as is_first
    from stretches
    group by observation_id
),

told as (
    select
        ranked.*,
        ranked.known_to is null
        and (rivals.observation_id is null or coalesce(headlines.is_first, false)) as is_headline,
        if(
            rivals.observation_id is not null, coalesce(headlines.headline_during, 'never'), null
        ) as headline_during
    from ranked
    left join rivals
        on ranked.observation_id = rivals.observation_id
    left join headlines
        on ranked.observation_id = headlines.observation_id
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
    correction_id,
    headline_during,
    figure_kind,
    subject,
    locality,
    {{ value_ends() }},
    {{ calendar_parts() }},
    case when period_kind = 'point' or is_stock then period_end end as reference_date
from told
