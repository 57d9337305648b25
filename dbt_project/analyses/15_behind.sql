-- zh: 哪些目标尚未达到、哪些还不能判定，差多少，为什么？
-- en: Which targets are not met yet and which cannot be judged, by how much, and why?
with behind as (
    select
        progress.name_zh,
        progress.target_period,
        progress.target_value as target,
        progress.unit as target_unit,
        progress.outturn_period,
        progress.outturn_value as outturn,
        progress.unit as outturn_unit,
        progress.outturn_qualifier,
        progress.assessment = 'behind' as is_behind,
        progress.reason_zh
    from plan.plan_progress as progress
    inner join meta.release
        on progress.region_code = release.district_code
    where progress.assessment <> 'on_track'
    union all
    select
        target.indicator_name_zh,
        target.period,
        coalesce(target.target, target.growth_target) as target,
        case when target.growth_target is null then target.target_unit else '%' end as target_unit,
        target.outturn_period,
        target.outturn,
        target.outturn_unit,
        target.outturn_qualifier,
        not target.is_met as is_behind,
        target.note_zh
    from plan.policy_target as target
    inner join meta.release
        on target.region_code = release.district_code
    where target.outturn is not null and coalesce(not target.is_met, true)
)

select
    name_zh,
    target_period,
    target,
    target_unit,
    outturn_period,
    outturn,
    outturn_unit,
    outturn_qualifier,
    case when is_behind then '未达到' else '不能判定' end as verdict_zh,
    case when is_behind then abs(target - outturn) end as shortfall,
    reason_zh
from behind
order by is_behind desc nulls last, target_period asc, name_zh asc
