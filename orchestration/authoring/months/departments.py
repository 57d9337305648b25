"""Who reports what, in which layout, and when: the departments of the simulated district.

Belongs here: indicators with their size, trend and season, and the shape of each table. Does not
belong here: figures (``truth``) and files (``tables``). Everything is invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Shape = Literal["xlsx", "xlsx-unit-rows", "csv", "html", "html-as-xls", "records", "json"]
Season = Literal["even", "work", "shopping", "tax", "power", "travel"]
Kind = Literal["flow", "stock", "index"]


@dataclass(frozen=True)
class Item:
    """One row of a table: an indicator of the catalogue.

    Attributes:
        label: As this department prints it.
        start: A month's usual value at the beginning, in ``unit``; of an index its mean.
        trend: Growth a year.
        noise: How far a month strays, as a share of its value.
        parts: What it is the sum of; then it has no value of its own.
        growth: Whether the growth on the same period of last year stands beside it.
        other_parts: The same total cut in another way: the last takes what the others leave.
    """

    code: str
    label: str
    start: str
    unit: str
    decimals: int = 2
    trend: float = 0.06
    noise: float = 0.03
    kind: Kind = "flow"
    parts: tuple[Item, ...] = ()
    other_parts: tuple[Item, ...] = ()
    growth: bool = True

    @property
    def step(self) -> Decimal:
        """The last digit that is printed."""
        return Decimal(1).scaleb(-self.decimals)


@dataclass(frozen=True)
class Department:
    """A department and its month table.

    Attributes:
        together: Whether January and February come in one table, as where no January is collected.
        day: Day of the following month on which the table is due.
        only_to_date: No single months are printed, as for investment.
        stub: What stands over the names of its rows.
    """

    id: str
    name_zh: str
    name_en: str
    table_zh: str
    theme: str
    shape: Shape
    items: tuple[Item, ...]
    season: Season = "even"
    together: bool = False
    day: int = 15
    only_to_date: bool = False
    encoding: str = "utf-8"
    stub: str = "指标"

    @property
    def rows(self) -> tuple[tuple[int, Item], ...]:
        """Every item with its depth, in the order of the table."""
        found: list[tuple[int, Item]] = []
        for item in self.items:
            found.append((0, item))
            found += [(1, part) for part in (*item.parts, *item.other_parts)]
        return tuple(found)

    @property
    def file_stem(self) -> str:
        """How its files begin."""
        return f"模拟_{self.table_zh}"


def _i(code: str, label: str, start: str, unit: str = "亿元", **more: object) -> Item:
    return Item(code, label, start, unit, **more)  # type: ignore[arg-type]  # fields of Item


DEPARTMENTS: tuple[Department, ...] = (
    Department(
        "sim-industry", "统计局工业科", "Industry section of the bureau", "规上工业主要指标",
        "industry_clusters", "xlsx",
        (
            _i("above_scale_industrial_output", "规模以上工业总产值", "96.4", trend=0.07),
            _i("above_scale_industrial_sales_output", "规模以上工业销售产值", "94.1", trend=0.065),
            _i("industrial_export_delivery", "出口交货值", "18.2", trend=0.04, noise=0.05),
        ),
        season="work", together=True, day=16,
    ),
    Department(
        "sim-fiscal", "财政局", "Finance bureau", "财政收支月报", "profile", "xlsx-unit-rows",
        (
            _i("general_budget_revenue", "一般公共预算收入", "0", parts=(
                _i("tax_revenue", "税收收入", "6.15", trend=0.05),
                _i("nontax_revenue", "非税收入", "1.08", trend=0.03, noise=0.12),
            )),
            _i("general_budget_expenditure", "一般公共预算支出", "8.9", trend=0.05, noise=0.08),
        ),
        season="tax", day=12,
    ),
    Department(
        "sim-retail", "统计局贸易科", "Trade section of the bureau", "社会消费品零售总额",
        "consumption", "html",
        (
            _i("retail_sales", "社会消费品零售总额", "0", parts=(
                _i("urban_retail_sales", "城镇消费品零售额", "31.6", trend=0.06),
                _i("rural_retail_sales", "乡村消费品零售额", "4.3", trend=0.07),
            ), other_parts=(
                _i("catering_sales", "餐饮收入", "4.05", trend=0.08, noise=0.05),
                _i("goods_retail_sales", "商品零售额", "0"),
            )),
        ),
        season="shopping", together=True, day=17,
    ),
    Department(
        "sim-finance", "人民银行", "Central bank branch", "金融机构信贷收支", "profile", "csv",
        (
            _i("deposit_balance", "金融机构本外币存款余额", "2150.4", trend=0.09, noise=0.004,
               kind="stock"),
            _i("household_deposits", "住户存款余额", "880.7", trend=0.11, noise=0.004,
               kind="stock"),
            _i("loan_balance", "金融机构本外币贷款余额", "2480.9", trend=0.1, noise=0.004,
               kind="stock"),
        ),
        day=14, encoding="gb18030",
    ),
    Department(
        "sim-investment", "统计局投资科", "Investment section of the bureau", "固定资产投资月报",
        "investment", "csv",
        (
            _i("fixed_asset_investment", "固定资产投资", "0", parts=(
                _i("industrial_investment", "工业投资", "5.4", trend=0.1, noise=0.08, growth=False),
                _i("infrastructure_investment", "基础设施投资", "6.8", trend=0.05, noise=0.08),
                _i("real_estate_investment", "房地产开发投资", "9.2", trend=-0.04, noise=0.06),
            )),
        ),
        season="work", together=True, day=17, only_to_date=True, encoding="gb18030",
    ),
    Department(
        "sim-trade", "海关", "Customs", "外贸进出口", "consumption", "html-as-xls",
        (
            _i("total_trade", "外贸进出口总额", "0", parts=(
                _i("export", "出口总额", "24.6", trend=0.06, noise=0.06),
                _i("import", "进口总额", "15.1", trend=0.05, noise=0.07),
            )),
        ),
        season="work", day=18,
    ),
    Department(
        "sim-power", "供电公司", "Power company", "分行业用电量", "profile", "xlsx",
        (
            _i("electricity_consumption", "全社会用电量", "4.9214", "亿千瓦时", decimals=4,
               trend=0.05),
            _i("industrial_electricity", "工业用电量", "2.8105", "亿千瓦时", decimals=4,
               trend=0.045),
        ),
        season="power", day=8,
    ),
    Department(
        "sim-tax", "税务局", "Tax bureau", "分税种税收", "profile", "records",
        (
            _i("vat_revenue", "增值税", "2.31", trend=0.05, noise=0.06),
            _i("corporate_income_tax", "企业所得税", "1.42", trend=0.04, noise=0.1),
            _i("personal_income_tax", "个人所得税", "0.55", trend=0.06, noise=0.08),
        ),
        season="tax", day=11,
    ),
    Department(
        "sim-prices", "国家统计局调查队", "Survey office", "居民消费价格", "profile", "html",
        (
            _i("cpi", "居民消费价格指数", "101.6", "指数", decimals=1, noise=0.004, kind="index",
               growth=False),
            _i("cpi_food", "食品烟酒", "102.4", "指数", decimals=1, noise=0.012, kind="index",
               growth=False),
        ),
        day=13,
    ),
    Department(
        "sim-housing", "住房和城乡建设局", "Housing bureau", "商品房销售", "profile", "csv",
        (
            _i("commodity_housing_sales_area", "商品房销售面积", "6.82", "万平方米", trend=-0.05,
               noise=0.15),
            _i("floor_space_started", "房屋新开工面积", "5.2", "万平方米", trend=-0.08, noise=0.2),
        ),
        day=10,
    ),
    Department(
        "sim-transport", "交通运输局", "Transport bureau", "交通运输主要指标", "profile", "json",
        (
            _i("freight_volume", "货运量", "512.6", "万吨", decimals=1, trend=0.04),
            _i("passenger_volume", "客运量", "88.3", "万人次", decimals=1, trend=0.02, noise=0.06),
        ),
        season="travel", day=20,
    ),
    Department(
        "sim-tourism", "文化和旅游局", "Culture and tourism bureau", "旅游接待", "consumption",
        "xlsx-unit-rows",
        (
            _i("tourist_arrivals", "接待游客总量", "142.5", "万人次", decimals=1, trend=0.08,
               noise=0.08),
            _i("tourism_revenue", "旅游总收入", "16.84", trend=0.09, noise=0.08, growth=False),
        ),
        season="travel", day=20,
    ),
)  # fmt: skip
