-- zh: 历年来本区、所在市与兄弟区县按常住人口平均各是多少元？
-- en: Over the years, how much per resident in the district, its city and its sisters?
with figures as (
    select
        profile.region_code,
        profile.region_name_zh,
        profile.item,
        profile.item_name_zh,
        profile.year,
        profile.price_basis,
        profile.value * unit.factor as amount,
        unit.dimension,
        indicator.adds_over_regions in ('sum', 'at_most') as is_amount,
        region.region_code = release.district_code as is_own
    from core.district_profile as profile
    inner join core.observation as observation
        on profile.value_observation_id = observation.observation_id
    inner join core.indicator as indicator
        on observation.indicator_code = indicator.indicator_code
    inner join meta.unit as unit
        on profile.unit = unit.unit
    inner join core.region as region
        on profile.region_code = region.region_code
    cross join meta.release as release
    inner join core.region as district
        on
            release.district_code = district.region_code
            and district.parent_code in (region.region_code, region.parent_code)
    where
        profile.basis_family = 'outturn'
        and profile.qualifier = 'exact'
        and (
            profile.period_kind = 'annual'
            or (profile.period_kind = 'point' and profile.month = 12)
        )
)

select
    amounts.item_name_zh,
    amounts.year,
    amounts.region_name_zh,
    cast(round(amounts.amount / nullif(people.amount, 0), 0) as decimal(18, 0))
        as yuan_per_resident
from figures as amounts
-- residents at the end of the same year, of the same region
inner join figures as people
    on
        amounts.region_code = people.region_code
        and amounts.year = people.year
        and people.item = 'resident_population'
where
    amounts.dimension = 'currency_cny'
    and amounts.is_amount
    and amounts.price_basis <> 'comparable'
order by
    amounts.item asc,
    amounts.year asc,
    amounts.is_own desc,
    yuan_per_resident desc
