-- Grain: one row per rule. Rules by which evaluations of plans judge progress, dated.
select
    cast(rule_id as varchar) as rule_id,
    cast(plan_id as varchar) as plan_id,
    cast(region_code as varchar) as region_code,
    cast(name_zh as varchar) as name_zh,
    cast(name_en as varchar) as name_en,
    cast(plan_name_zh as varchar) as plan_name_zh,
    cast(plan_name_en as varchar) as plan_name_en,
    cast(plan_period as varchar) as plan_period,
    cast(evaluation_period as varchar) as evaluation_period,
    cast(evaluation_end as date) as evaluation_end,
    cast(annual_period as varchar) as annual_period,
    cast(annual_end as date) as annual_end,
    cast(annual_threshold_pct as decimal(5, 2)) as annual_threshold_pct,
    cast(within_year_threshold_pct as decimal(5, 2)) as within_year_threshold_pct,
    cast(issued as varchar) as issued,
    cast(source_document as varchar) as source_document,
    cast(source_place as varchar) as source_place,
    cast(note_zh as varchar) as note_zh,
    cast(note_en as varchar) as note_en
from {{ source('landing', 'evaluation_rule') }}
