-- zh: 哪些公布的数字互相矛盾，矛盾在哪里？
-- en: Which printed figures contradict each other, and where do they stand?
select
    rule.title_zh,
    finding.region_code,
    finding.period,
    finding.message_zh,
    finding.arithmetic,
    finding.place_a,
    finding.place_b
from quality.finding
inner join quality.rule
    on finding.rule_id = rule.rule_id
-- what a maintainer mends is no contradiction of figures
where rule.owner <> 'maintainer'
order by
    finding.severity,
    finding.rule_id,
    finding.indicator_code,
    finding.period,
    finding.finding_id
