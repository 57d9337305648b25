-- zh: 固定资产投资有多少，由哪些部分构成，公布的比重是否站得住？
-- en: How large is fixed-asset investment, what is it made of, and do the printed shares hold?
select
    fixed_asset_investment.period,
    fixed_asset_investment.item_name_zh,
    fixed_asset_investment.investment,
    fixed_asset_investment.share_printed,
    fixed_asset_investment.share_computed,
    fixed_asset_investment.share_difference,
    fixed_asset_investment.residual_share,
    fixed_asset_investment.growth_printed
from investment.fixed_asset_investment
inner join meta.release
    on fixed_asset_investment.region_code = release.district_code
where fixed_asset_investment.basis_family = 'outturn'
order by fixed_asset_investment.period, fixed_asset_investment.item
