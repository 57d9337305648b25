-- zh: 已公布的目标有哪些，何时到期，目前做到多少？
-- en: Which targets are published, when do they fall due, and how far is the outturn?
select
    policy_target.period,
    policy_target.indicator_name_zh,
    policy_target.target_role,
    policy_target.target,
    policy_target.growth_target,
    policy_target.target_qualifier,
    policy_target.target_unit,
    policy_target.outturn_period,
    policy_target.outturn,
    policy_target.is_met,
    policy_target.document_title_zh
from plan.policy_target
inner join meta.release
    on policy_target.region_code = release.district_code
order by policy_target.period desc, policy_target.indicator_code asc, policy_target.basis asc
