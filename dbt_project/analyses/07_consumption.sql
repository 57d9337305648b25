-- zh: 社会消费品零售总额有多少、增长多快、基期是多少？消费券撬动了多少？
-- en: How large are retail sales, how fast do they grow, from what base? What did vouchers move?
select
    retail_and_trade.item_name_zh,
    retail_and_trade.period,
    retail_and_trade.value,
    retail_and_trade.value_qualifier,
    retail_and_trade.value_unit,
    retail_and_trade.cagr,
    retail_and_trade.base_implied_period,
    retail_and_trade.base_implied,
    retail_and_trade.moved,
    retail_and_trade.multiplier,
    retail_and_trade.note_zh
from consumption.retail_and_trade
inner join meta.release
    on retail_and_trade.region_code = release.district_code
where
    retail_and_trade.topic in ('retail', 'voucher')
    and retail_and_trade.value is not null
    and retail_and_trade.basis_family = 'outturn'
order by retail_and_trade.item, retail_and_trade.period
