-- Grain: one row per headline figure in force that its mart cannot show as one of its region.
with indicators as (
    select
        indicator_code,
        mart
    from {{ source('landing', 'indicator') }}
    where mart <> ''
),

cells as (
    select
        observation_id,
        is_shown,
        class_list,
        class_name_zh,
        class_name_en
    from {{ ref('int_mart_cell') }}
),

-- Why a figure stands here: it is no outturn, target or standard of the region; or it is one, but
-- its mart has rows of the declared scope alone, none of classes, or room for one figure only.
judged as (
    select
        observations.*,
        cells.class_list,
        cells.class_name_zh,
        cells.class_name_en,
        case
            when observations.figure_kind not in ('outturn', 'target', 'standard') then 'kind'
            when observations.subject <> '_T' then 'subject'
            when observations.locality <> '_T' then 'place'
            when indicators.mart is null then null
            when cells.observation_id is null then 'scope'
            when not cells.is_shown then 'taken'
            when observations.breakdown <> '_T' and {{ is_without_classes('indicators.mart') }}
                then 'class'
        end as apart_reason
    from {{ ref('observation') }} as observations
    left join indicators
        on observations.indicator_code = indicators.indicator_code
    left join cells
        on observations.observation_id = cells.observation_id
    where observations.is_headline
),

figures as (
    select *
    from judged
    where apart_reason is not null
),

kinds as (
    select
        code,
        name_zh,
        name_en
    from {{ source('landing', 'code') }}
    where list = 'figure_kind'
),

documents as (
    select
        source_document,
        title_zh,
        title_en
    from {{ source('landing', 'source_document') }}
)

select
    figures.theme,
    figures.figure_kind,
    kinds.name_zh as figure_kind_name_zh,
    kinds.name_en as figure_kind_name_en,
    figures.region_code,
    figures.region_name_zh,
    nullif(figures.subject, '_T') as subject,
    nullif(figures.locality, '_T') as locality,
    figures.indicator_code,
    figures.indicator_name_zh,
    figures.indicator_name_en,
    figures.period,
    figures.period_start,
    figures.period_end,
    figures.period_kind,
    figures.measure,
    figures.scope,
    figures.price_basis,
    figures.basis,
    figures.value,
    figures.unit,
    figures.qualifier,
    figures.value_printed,
    figures.note,
    figures.source_document,
    documents.title_zh as document_title_zh,
    documents.title_en as document_title_en,
    figures.source_place,
    figures.is_simulated,
    figures.observation_id as value_observation_id,
    {{ value_ends('figures') }},
    {{ calendar_parts('figures') }},
    figures.apart_reason,
    coalesce(figures.class_list, if(figures.breakdown = '_T', '_T', 'breakdown')) as class_list,
    figures.breakdown as class_code,
    figures.class_name_zh,
    figures.class_name_en
from figures
left join kinds
    on figures.figure_kind = kinds.code
left join documents
    on figures.source_document = documents.source_document
