-- zh: 历年公布的增速与按公布数算出的变化相差多少，为何不同，哪些不可比？
-- en: Over the years, how far is published growth from the change on published levels, and why?
select
    regions.region_name_zh,
    indicators.name_zh as item_name_zh,
    figures.year,
    derived.value_year_before,
    figures.value,
    figures.unit,
    derived.growth_as_published as growth_published_pct,
    derived.growth_price_basis,
    derived.change_pct_on_published as change_on_published_pct,
    derived.change_pct_on_published - derived.growth_as_published as difference_points,
    reasons.name_zh as reason_zh
from core.fact_figure as figures
inner join core.derived as derived
    on figures.observation_id = derived.observation_id
inner join core.dim_region as regions
    on figures.region_code = regions.region_code
inner join core.dim_indicator as indicators
    on figures.indicator_code = indicators.indicator_code
left join meta.code as reasons
    on reasons.code_list = 'derived_reason' and derived.change_reason = reasons.code
where
    regions.role in ('self', 'city')
    and figures.period_kind = 'annual'
    and figures.breakdown = '_T'
    and figures.figure_kind = 'outturn'
    and derived.value_year_before is not null
    and derived.growth_as_published is not null
order by figures.region_code desc, figures.indicator_code asc, figures.year asc
