-- zh: 近五年与所在市和兄弟区县相比，本区的总量、人口与增速处于什么水平？
-- en: How did totals, population and growth of five years compare with the city and its districts?
select
    concept_name_zh,
    period,
    peer_kind,
    region_name_zh,
    value,
    qualifier,
    unit,
    own_value,
    own_qualifier,
    ratio,
    gap,
    reason_zh
from peers.peer_benchmark
where
    peer_kind in ('city', 'sister')
    and own_value is not null
    -- what leaders look at, see peers.scorecard; all else stands in the table
    and concept_code in (select scorecard.indicator_code from peers.scorecard)
    and year > (
        select max(newest.year) from peers.peer_benchmark as newest
        where newest.own_value is not null
    ) - 5
order by concept_code asc, period asc, peer_kind asc, value desc, region_code asc
