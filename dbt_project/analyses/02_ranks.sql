-- zh: 本区在全市、全省、全国有哪些位次，哪些上升、哪些下降？
-- en: Which ranks does the district hold, and which of them rose or fell?
select
    ranking.ranked_among,
    ranking.indicator_name_zh,
    ranking.period,
    ranking.rank_text_zh,
    ranking.rank_previous,
    ranking.rank_previous_period,
    ranking.rank_change
from peers.ranking
inner join meta.release
    on ranking.region_code = release.district_code
where ranking.is_latest
order by
    ranking.rank_change asc nulls last,
    ranking.ranked_among asc,
    ranking.rank asc,
    ranking.indicator_code asc
