-- zh: 历年公布的增速与按公布数算出的变化相差多少（口径、价格不同者不可比）？
-- en: Over the years, how far is published growth from the change on published levels?
select
    profile.region_name_zh,
    profile.item_name_zh,
    profile.year,
    before.value as value_year_before,
    profile.value,
    profile.unit,
    profile.growth as growth_published_pct,
    profile.growth_price_basis,
    cast(round(100 * (profile.value / nullif(before.value, 0) - 1), 2) as decimal(12, 2))
        as change_on_published_pct,
    cast(
        round(100 * (profile.value / nullif(before.value, 0) - 1), 2) - profile.growth
        as decimal(12, 2)
    ) as difference_points
from core.district_profile as profile
inner join core.district_profile as before
    on
        profile.region_code = before.region_code
        and profile.item = before.item
        and profile.period_kind = before.period_kind
        and profile.basis_family = before.basis_family
        and profile.unit = before.unit
        and profile.scope = before.scope
        and profile.year = before.year + 1
cross join meta.release
inner join core.region
    on release.district_code = region.region_code
where
    profile.region_code in (region.region_code, region.parent_code)
    and profile.period_kind = 'annual'
    and profile.basis_family = 'outturn'
    and profile.growth_kind = 'yoy'
    and profile.qualifier = 'exact'
    and before.qualifier = 'exact'
order by profile.region_code desc, profile.item asc, profile.year asc
