-- zh: 历年来本区占全市的比重是多少？
-- en: Over the years, which share of its city does the district make up?
select
    benchmark.concept_name_zh,
    benchmark.period,
    benchmark.own_value,
    benchmark.value as city_value,
    benchmark.unit,
    cast(round(100 * benchmark.own_value / nullif(benchmark.value, 0), 2) as decimal(9, 2))
        as share_of_city_pct,
    benchmark.note_zh
from peers.peer_benchmark as benchmark
-- what does not add up over regions has no share: rates, prices, means
inner join core.indicator
    on
        benchmark.indicator_code = indicator.indicator_code
        and indicator.adds_over_regions in ('sum', 'at_most')
where
    benchmark.peer_kind = 'city'
    and benchmark.ratio is not null
    and benchmark.qualifier = 'exact'
    and benchmark.own_qualifier = 'exact'
order by
    benchmark.concept_code asc,
    benchmark.period_end asc,
    benchmark.period_start desc,
    benchmark.value_observation_id asc
