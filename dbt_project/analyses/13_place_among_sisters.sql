-- zh: 历年来本区在全市各区县市中排第几，与最高的相差多少？
-- en: Over the years, which place does the district take among its sisters, and who leads?
with pairs as (
    -- only figures of one document are held against each other: one vintage, one frame
    select
        benchmark.concept_code,
        benchmark.concept_name_zh,
        benchmark.period,
        benchmark.period_end,
        benchmark.unit,
        benchmark.own_value,
        benchmark.region_name_zh,
        benchmark.value,
        own.source_document
    from peers.peer_benchmark as benchmark
    inner join core.observation as own
        on benchmark.own_observation_id = own.observation_id
    inner join core.observation as sister
        on
            benchmark.value_observation_id = sister.observation_id
            and own.source_document = sister.source_document
    where
        benchmark.peer_kind = 'sister'
        and benchmark.period_kind in ('annual', 'point')
        and benchmark.qualifier = 'exact'
        and benchmark.own_qualifier = 'exact'
),

places as (
    select
        concept_code,
        concept_name_zh,
        period,
        period_end,
        own_value,
        unit,
        source_document,
        1 + count(case when value > own_value then 1 end) as place,
        1 + count(*) as among,
        max_by(region_name_zh, value) as largest_sister_zh,
        max(value) as largest_sister,
        count(*) over (partition by concept_code, unit) as periods
    from pairs
    group by
        concept_code, concept_name_zh, period, period_end, own_value, unit, source_document
    having count(*) > 1
)

select
    concept_name_zh,
    period,
    own_value,
    unit,
    place,
    among,
    largest_sister_zh,
    largest_sister,
    source_document
from places
where periods > 2
order by concept_code asc, period_end asc, source_document asc
