-- Grain: one row per rule.
select
    rule_id,
    gate,
    ess_level,
    severity,
    executor,
    owner,
    title_zh,
    title_en,
    guidance_zh,
    guidance_en,
    nullif(tolerance, '') as tolerance,
    nullif(tolerance_reason, '') as tolerance_reason
from {{ source('landing', 'rule') }}
