-- Grain: one row per finding.
select
    findings.finding_id,
    findings.rule_id,
    findings.gate,
    findings.severity,
    nullif(findings.data_set_id, '') as data_set_id,
    nullif(findings.delivery_id, '') as delivery_id,
    nullif(findings.indicator_code, '') as indicator_code,
    nullif(findings.region_code, '') as region_code,
    nullif(findings.period, '') as period,
    nullif(findings.place_a, '') as place_a,
    nullif(findings.place_b, '') as place_b,
    nullif(findings.observation_a, '') as observation_a,
    nullif(findings.observation_b, '') as observation_b,
    nullif(findings.arithmetic, '') as arithmetic,
    findings.effect_pct,
    findings.message_zh,
    findings.message_en,
    coalesce(decisions.decision, 'open') as decision,
    decisions.reason as decision_reason,
    decisions.decided_on,
    decisions.expires_on as decision_expires_on
from {{ source('landing', 'finding') }} as findings
left join {{ source('landing', 'finding_decision') }} as decisions
    on findings.claim = decisions.claim
