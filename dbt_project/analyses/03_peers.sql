-- zh: 与所在市和兄弟区县相比，本区的总量、人口与增速处于什么水平？
-- en: How do totals, population and growth compare with the city and the sister districts?
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
where peer_kind in ('city', 'sister') and own_value is not null
order by concept_code asc, period asc, peer_kind asc, value desc, region_code asc
