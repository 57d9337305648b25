-- zh: 本区主要指标的最近数字、增速、位次如何，与市、省相比如何？
-- en: How does the district stand: latest figure, growth, rank, and the city beside it?
select
    sort,
    indicator_name_zh,
    period,
    value,
    qualifier,
    unit,
    growth,
    growth_kind,
    growth_period,
    rank_in_city_text_zh,
    rank_in_province_text_zh,
    city_value,
    province_value
from peers.scorecard
where value is not null
order by sort
