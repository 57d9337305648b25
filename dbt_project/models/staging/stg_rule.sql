-- Grain: one row per rule. The catalogue of rules.
select
    cast(rule_id as varchar) as rule_id,
    cast(gate as varchar) as gate,
    cast(ess_level as integer) as ess_level,
    cast(severity as varchar) as severity,
    cast(executor as varchar) as executor,
    cast(owner as varchar) as owner,
    cast(title_zh as varchar) as title_zh,
    cast(title_en as varchar) as title_en,
    cast(guidance_zh as varchar) as guidance_zh,
    cast(guidance_en as varchar) as guidance_en,
    cast(tolerance as varchar) as tolerance,
    cast(tolerance_reason as varchar) as tolerance_reason
from {{ source('landing', 'rule') }}
