-- zh: 财政支出用在哪里，占比多少，人均多少？
-- en: Where does public spending go, in what shares, and how much per resident?
select
    social_spending.item_name_zh,
    social_spending.period,
    social_spending.amount,
    social_spending.amount_unit,
    social_spending.share_printed,
    social_spending.share_computed,
    social_spending.per_resident,
    social_spending.per_resident_qualifier
from public_services.social_spending
inner join meta.release
    on social_spending.region_code = release.district_code
where social_spending.period_kind = 'annual' and social_spending.basis_family = 'outturn'
order by
    social_spending.period desc,
    social_spending.is_total desc,
    social_spending.amount desc,
    social_spending.item asc
