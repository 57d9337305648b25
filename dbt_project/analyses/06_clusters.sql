-- zh: 重点产业产值各是多少，能不能相加，为什么？
-- en: What do the named industries put out, can they be added, and why (not)?
select
    cluster_performance.item_name_zh,
    cluster_performance.period,
    cluster_performance.output,
    cluster_performance.output_qualifier,
    cluster_performance.output_cagr,
    cluster_performance.output_base_implied,
    cluster_performance.output_implied,
    cluster_performance.share,
    cluster_performance.is_summable,
    cluster_performance.note_zh
from industry_clusters.cluster_performance
inner join meta.release
    on cluster_performance.region_code = release.district_code
where
    cluster_performance.basis_family = 'outturn'
    and (cluster_performance.output is not null or cluster_performance.share is not null)
order by
    cluster_performance.period asc,
    cluster_performance.output desc nulls last,
    cluster_performance.item asc
