-- Grain: one row per headline figure in force that is no outturn, target or standard of its region.
with figures as (
    select *
    from {{ ref('observation') }}
    where
        is_headline
        and breakdown = '_T'
        and (
            figure_kind not in ('outturn', 'target', 'standard')
            or subject <> '_T'
            or locality <> '_T'
        )
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
    {{ calendar_parts('figures') }}
from figures
left join kinds
    on figures.figure_kind = kinds.code
left join documents
    on figures.source_document = documents.source_document
