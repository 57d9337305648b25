-- zh: 本区和所在市的哪些数字先后公布不一，最初是多少，现在采用多少，各据哪份文件？
-- en: Which figures of district and city were said otherwise later or elsewhere, and where?
with told as (
    select
        observation.observation_id,
        observation.indicator_name_zh,
        observation.region_name_zh,
        observation.period,
        observation.period_start,
        observation.value,
        observation.unit,
        observation.resolution,
        observation.known_from,
        observation.source_document,
        observation.is_headline and observation.known_to is null as is_in_force,
        -- one figure: the same thing of the same region and time, counted on the same frame
        concat_ws(
            '|',
            observation.indicator_code,
            observation.region_code,
            observation.period,
            observation.period_kind,
            observation.basis,
            observation.scope,
            observation.price_basis,
            observation.breakdown,
            observation.figure_kind,
            observation.subject,
            observation.locality
        ) as figure
    from core.observation
    cross join meta.release
    inner join core.region
        on release.district_code = region.region_code
    where
        observation.region_code in (region.region_code, region.parent_code)
        and observation.qualifier = 'exact'
        and observation.value is not null
)

select
    min(indicator_name_zh) as indicator_name_zh,
    min(region_name_zh) as region_name_zh,
    min(period) as period,
    min_by(value, concat(known_from, observation_id)) as first_value,
    min(known_from) as first_known_from,
    min_by(source_document, concat(known_from, observation_id)) as first_document,
    max(case when is_in_force then value end) as value_in_force,
    min(unit) as unit,
    max(case when is_in_force then source_document end) as document_in_force,
    count(distinct value) as different_values,
    max(value) - min(value) as spread
from told
group by figure
-- another rounding of the same number is the same number
having count(distinct value) > 1 and max(value) - min(value) >= max(resolution)
order by indicator_name_zh asc, min(period_start) asc, region_name_zh asc
