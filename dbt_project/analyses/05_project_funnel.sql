-- zh: 重大项目从签约、落地、开工到竣工走到哪一步？
-- en: How far have the projects come, from signing to completion?
select
    region_name_zh,
    period,
    programme_name_zh,
    stage_name_zh,
    project_count,
    project_count_qualifier,
    rate_printed,
    investment,
    investment_unit
from investment.project_pipeline
where basis_family = 'outturn'
order by region_code, period, programme, stage_sort
