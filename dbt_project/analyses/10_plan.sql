-- zh: 五年规划的指标中期有多少达标、多少滞后，预期性与约束性各多少，期末预计完成多少？
-- en: How many plan indicators are on schedule or behind, of which nature, and by the end?
select
    plan_summary.evaluation_period,
    plan_summary.item_name_zh,
    plan_summary.nature_name_zh,
    plan_summary.figure_kind,
    plan_summary.count_printed,
    plan_summary.whole_printed,
    plan_summary.parts,
    plan_summary.rate_printed,
    plan_summary.is_table_supplied,
    plan_summary.note_zh
from plan.plan_summary
inner join meta.release
    on plan_summary.region_code = release.district_code
order by
    plan_summary.evaluation_period,
    plan_summary.period,
    plan_summary.item,
    plan_summary.nature
