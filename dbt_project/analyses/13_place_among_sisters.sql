-- zh: 历年来本区在全市各区县市中排第几，与最高的相差多少？
-- en: Over the years, which place does the district take among its sisters, and who leads?
with ranked as (
    -- a rank is of figures of one vintage; how many sisters have none of it stands beside it
    select
        figures.indicator_code,
        figures.region_code,
        regions.region_name_zh,
        regions.parent_code,
        figures.scope,
        figures.period,
        figures.period_end,
        figures.value,
        figures.unit,
        derived.rank_computed as place,
        derived.rank_of_regions as among,
        derived.rank_regions_lacking as lacking
    from core.fact_figure as figures
    inner join core.derived as derived
        on figures.observation_id = derived.observation_id
    inner join core.dim_region as regions
        on figures.region_code = regions.region_code
    where
        figures.period_kind in ('annual', 'point')
        and figures.breakdown = '_T'
        and derived.rank_computed is not null
),

placed as (
    select
        ranked.*,
        count(*) over (partition by ranked.indicator_code, ranked.scope, ranked.unit) as periods
    from ranked
    inner join meta.release as release
        on ranked.region_code = release.district_code
)

select
    indicators.name_zh as concept_name_zh,
    placed.period,
    placed.value as own_value,
    placed.unit,
    placed.place,
    placed.among,
    placed.lacking,
    min(leaders.region_name_zh) as largest_sister_zh,
    min(leaders.value) as largest_sister
from placed
inner join core.dim_indicator as indicators
    on placed.indicator_code = indicators.indicator_code
left join ranked as leaders
    on
        placed.indicator_code = leaders.indicator_code
        and placed.period = leaders.period
        and placed.scope = leaders.scope
        and placed.unit = leaders.unit
        and placed.parent_code = leaders.parent_code
        and placed.among = leaders.among
        and leaders.place = 1
where placed.periods > 2
group by
    indicators.name_zh, placed.indicator_code, placed.period, placed.period_end, placed.value,
    placed.unit, placed.place, placed.among, placed.lacking
order by placed.indicator_code asc, placed.period_end asc
