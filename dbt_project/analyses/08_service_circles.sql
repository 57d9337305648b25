-- zh: “15分钟”服务圈：标准是什么，建了多少个，覆盖率是多少？
-- en: The 15-minute circles: what is the standard, how many are there, how much is covered?
select
    service_coverage.topic_name_zh,
    service_coverage.item_name_zh,
    service_coverage.period,
    service_coverage.basis_family,
    service_coverage.standard,
    service_coverage.standard_qualifier,
    service_coverage.standard_unit,
    service_coverage.count,
    service_coverage.coverage,
    service_coverage.coverage_qualifier,
    service_coverage.rate,
    service_coverage.rate_qualifier
from public_services.service_coverage
inner join meta.release
    on service_coverage.region_code = release.district_code
order by
    service_coverage.topic,
    service_coverage.item,
    service_coverage.period,
    service_coverage.basis_family
