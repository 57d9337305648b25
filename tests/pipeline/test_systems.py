"""Systems that run: a month arrives, and tiers, classes, ledger and circles show it.

Belongs here: the invented months of a new district, through the command. Does not belong here: the
single branches of a calculation (``dbt_project/models/unit_tests/systems.yml``).
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestration.cli import main
from orchestration.settings import Settings, load_settings
from tests.pipeline.released import Released, qutong
from tests.support import HERE, deliver

SYSTEMS = HERE / "systems"
THEMES = {
    "yunxi-tiers": "industry_clusters",
    "yunxi-per-mu": "industry_clusters",
    "yunxi-ledger": "plan",
    "yunxi-circles": "public_services",
    "yunxi-output": "industry_clusters",
    "yunxi-roster": "industry_clusters",
    "yunxi-moves": "industry_clusters",
    "yunxi-cases": "plan",
}
LISTS = ("schemes.csv", "scheme_members.csv", "scheme_rules.csv", "cluster_members.csv")

DECEMBER = {
    "yunxi-tiers": """\
梯队,单位,期末数,本月新增,本月退出,全年净增目标
规上工业企业,家,206,,,
高新技术企业,家,116,,,
""",
}
JANUARY = {
    "yunxi-tiers": """\
梯队,单位,期末数,本月新增,本月退出,全年净增目标
规上工业企业,家,210,6,2,20
高新技术企业,家,120,5,1,30
""",
    "yunxi-per-mu": """\
类别,企业数(家),占比(%),用地(亩),税收(万元),亩均税收(万元/亩)
A类,40,20.0,800,24000,30.0
B类,80,40.0,2400,36000,15.0
C类,70,35.0,2800,14000,5.0
D类,10,5.0,500,500,1.0
合计,200,100.0,6500,74500,11.5
""",
    "yunxi-ledger": """\
状态,期末件数,本月新增,本月办结,办结率(%)
待派发,10,,,
进行中,30,,,
已完成,50,,,
已超时,6,,,
未办结,4,,,
合计,100,20,12,50.0
""",
    "yunxi-roster": """\
企业名称,梯队,认定日期,退出日期
甲号机械厂,省级专精特新,2024-05-01,
乙号电子厂,省级专精特新,2026-01-12,
丙号材料厂,省级专精特新,2023-01-10,
""",
    "yunxi-cases": """\
编号,事项,状态,交办日期,办理期限,办结日期
1,修桥,进行中,2026-01-05,2026-02-10,
2,清淤,进行中,2026-01-06,2026-02-15,
""",
    "yunxi-output": """\
行业,产值(亿元)
化学原料和化学制品制造业,30.0
橡胶和塑料制品业,10.0
非金属矿物制品业,5.0
通用设备制造业,20.0
专用设备制造业,15.0
合计,80.0
""",
    "yunxi-circles": "生活圈,已覆盖社区(个),社区总数(个),覆盖率(%)\n15分钟养老服务圈,63,84,75.0\n",
}
FEBRUARY = {
    "yunxi-tiers": """\
梯队,单位,期末数,本月新增,本月退出,全年净增目标
规上工业企业,家,213,4,1,20
高新技术企业,家,125,5,0,30
""",
    "yunxi-per-mu": """\
类别,企业数(家),占比(%),用地(亩),税收(万元),亩均税收(万元/亩)
A类,44,21.8,880,27280,31.0
B类,82,40.6,2460,38130,15.5
C类,68,33.7,2720,13872,5.1
D类,8,4.0,400,440,1.1
合计,202,100.0,6460,79722,12.3
""",
    "yunxi-ledger": """\
状态,期末件数,本月新增,本月办结,办结率(%)
待派发,8,,,
进行中,28,,,
已完成,66,,,
已超时,5,,,
未办结,3,,,
合计,110,10,16,60.0
""",
    "yunxi-roster": """\
企业名称,梯队,认定日期,退出日期
甲号机械厂,省级专精特新,2024-05-01,
乙号电子厂,省级专精特新,2026-01-12,
丙号材料厂,省级专精特新,2023-01-10,2026-02-20
甲号机械厂,国家级小巨人,2026-02-11,
""",
    "yunxi-cases": """\
编号,事项,状态,交办日期,办理期限,办结日期
1,修桥,已完成,2026-01-05,2026-02-10,2026-02-09
2,清淤,已超时,2026-01-06,2026-02-15,
3,绿化,进行中,2026-02-02,2026-03-15,
""",
    "yunxi-moves": """\
变动,企业数(家)
A类→A类,38
A类→B类,2
B类→A类,5
B类→B类,73
B类→C类,2
C类→B类,6
C类→C类,63
C类→不再参评,1
D类→C类,2
D类→D类,8
新参评→A类,1
新参评→B类,1
新参评→C类,1
""",
    "yunxi-output": """\
行业,产值(亿元)
化学原料和化学制品制造业,31.5
橡胶和塑料制品业,10.5
非金属矿物制品业,5.0
通用设备制造业,20.0
专用设备制造业,15.0
合计,82.0
""",
    "yunxi-circles": "生活圈,已覆盖社区(个),社区总数(个),覆盖率(%)\n15分钟养老服务圈,70,84,83.3\n",
}
NAMES = {
    "yunxi-tiers": "企业梯队",
    "yunxi-per-mu": "亩均评价",
    "yunxi-ledger": "问题台账",
    "yunxi-circles": "生活圈",
    "yunxi-output": "分行业产值",
    "yunxi-roster": "专精特新名册",
    "yunxi-moves": "升降档",
    "yunxi-cases": "督办事项",
}


def arrive(settings: Settings, tables: dict[str, str], month: str, day: str) -> None:
    """Lay the tables of a month into the district."""
    for data_set, table in tables.items():
        name = NAMES[data_set]
        content = f"{name}（{month}，虚构）\n{table}"
        deliver(settings, data_set, day, f"{name}{month}.csv", content.encode())


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder: Path = tmp_path_factory.mktemp("systems") / "district"
    names = ("--code", "990101", "--name-zh", "云溪区", "--name-en", "Yunxi District")
    assert CliRunner().invoke(main, ["init", str(folder), *names]).exit_code == 0
    settings = load_settings(folder)
    for name, theme in THEMES.items():
        place = settings.raw / "datasets" / theme
        place.mkdir(exist_ok=True)
        shutil.copy(SYSTEMS / f"{name}.yml", place)
    for name in LISTS:
        shutil.copy(SYSTEMS / name, settings.raw / "codelists")
    return settings


@pytest.fixture(scope="module")
def january(district: Settings) -> Released:
    arrive(district, DECEMBER, "2025年12月", "2026-01-08")
    arrive(district, JANUARY, "2026年1月", "2026-02-08")
    return Released(district, qutong(district, "run", through_dagster=False, all_products=False))


@pytest.fixture(scope="module")
def february(january: Released) -> Released:
    settings = january.settings
    arrive(settings, FEBRUARY, "2026年2月", "2026-03-08")
    return Released(settings, qutong(settings, "run", through_dagster=False, all_products=False))


ROSTER = """
    select period, item_name_zh, stock_before, added, exited, stock_at_end, stock_difference
    from industry_clusters.enterprise_tiers where item in ('specialised', 'giants')
    order by period, item desc
"""
CASES = """
    select period, coalesce(class_name_zh, '合计'), cases, cases_change, opened, closed,
        completion_rate_computed
    from core.case_ledger where item = 'supervised_cases' and (cases > 0 or class_code = '_T')
    order by period, class_code
"""
TIERS = """
    select period, item_name_zh, stock_before, added, exited, net_gain_computed, stock_at_end,
        stock_difference, net_gain_target, net_gain_to_date, net_gain_progress, is_simulated
    from industry_clusters.enterprise_tiers
    where added is not null and item in ('above_scale_firms', 'high_tech_firms')
    order by period, stock desc
"""
CLASSES = """
    select period, class_name_zh, firms, firms_change, firms_share_computed, tax_per_mu,
        tax_per_mu_computed
    from industry_clusters.per_mu_class where class_code <> '_T' order by period, class_code
"""
MOVES = """
    select from_class_name_zh, to_class_name_zh, steps_up, firms, share_of_from, from_total,
        from_stock, to_total, to_stock
    from industry_clusters.per_mu_move where from_class <> to_class order by class_code
"""
LEDGER = """
    select period, coalesce(class_name_zh, '合计'), cases, cases_change, cases_share_computed,
        opened, closed, completion_rate, completion_rate_computed
    from core.case_ledger where item = 'five_colour_ledger' order by period, class_code
"""
CIRCLES = """
    select period, covered, to_cover, coverage, coverage_computed
    from public_services.service_coverage order by period
"""
SCHEMES = """
    select period, scheme_name_zh, coalesce(member_name_zh, '整体'), value, value_computed,
        value_difference, overlaps_with_zh, reason
    from core.scheme_figure order by period, scheme_code desc, position
"""


def test_a_month_arrives_and_every_system_shows_it(january: Released) -> None:
    assert january.done.exit_code == 0, january.done.output
    assert january.rows("select * from quality.finding where severity <> 'informative'") == []
    assert january.lines(TIERS) == [
        "2026-01 | 规上工业企业 | 206 | 6 | 2 | 4 | 210 | 0 | 20 | 4 | 20 | True",
        "2026-01 | 高新技术企业 | 116 | 5 | 1 | 4 | 120 | 0 | 30 | 4 | 13.33 | True",
    ]
    assert january.lines(CLASSES) == [
        "2026-01 | A类 | 40 | – | 20 | 30 | 30",
        "2026-01 | B类 | 80 | – | 40 | 15 | 15",
        "2026-01 | C类 | 70 | – | 35 | 5 | 5",
        "2026-01 | D类 | 10 | – | 5 | 1 | 1",
    ]
    assert january.lines(LEDGER) == [
        "2026-01 | 合计 | 100 | – | – | 20 | 12 | 50 | 50",
        "2026-01 | 已完成 | 50 | – | 50 | – | – | – | –",
        "2026-01 | 进行中 | 30 | – | 30 | – | – | – | –",
        "2026-01 | 未办结 | 4 | – | 4 | – | – | – | –",
        "2026-01 | 已超时 | 6 | – | 6 | – | – | – | –",
        "2026-01 | 待派发 | 10 | – | 10 | – | – | – | –",
    ]
    assert january.lines(CIRCLES) == ["2026-01 | 63 | 84 | 75 | 75"]
    assert january.lines(SCHEMES) == [
        "2026-01 | “两链”产业集群（虚构） | 整体 | 80 | 75 | 5 | – | –",
        "2026-01 | “两链”产业集群（虚构） | 材料 | 40 | – | – | – | –",
        "2026-01 | “两链”产业集群（虚构） | 装备 | 35 | – | – | – | –",
        "2026-01 | “交叉”产业集群（虚构） | 整体 | – | – | – | – | members_overlap",
        "2026-01 | “交叉”产业集群（虚构） | 机械 | 35 | – | – | 专用设备 | –",
        "2026-01 | “交叉”产业集群（虚构） | 专用设备 | 15 | – | – | 机械 | –",
    ]


def test_the_next_month_moves_them(february: Released) -> None:
    assert february.done.exit_code == 0, february.done.output
    assert february.rows("select * from quality.finding where severity <> 'informative'") == []
    assert february.lines(TIERS)[2:] == [
        "2026-02 | 规上工业企业 | 210 | 4 | 1 | 3 | 213 | 0 | 20 | 7 | 35 | True",
        "2026-02 | 高新技术企业 | 120 | 5 | 0 | 5 | 125 | 0 | 30 | 9 | 30 | True",
    ]
    assert february.lines(CLASSES)[4:] == [
        "2026-02 | A类 | 44 | 4 | 21.78 | 31 | 31",
        "2026-02 | B类 | 82 | 2 | 40.59 | 15.5 | 15.5",
        "2026-02 | C类 | 68 | -2 | 33.66 | 5.1 | 5.1",
        "2026-02 | D类 | 8 | -2 | 3.96 | 1.1 | 1.1",
    ]
    assert february.lines(MOVES) == [
        "A类 | B类 | -1 | 2 | 5 | 40 | 40 | 82 | 82",
        "B类 | A类 | 1 | 5 | 6.25 | 80 | 80 | 44 | 44",
        "B类 | C类 | -1 | 2 | 2.5 | 80 | 80 | 68 | 68",
        "C类 | B类 | 1 | 6 | 8.57 | 70 | 70 | 82 | 82",
        "C类 | – | – | 1 | 1.43 | 70 | 70 | 1 | –",
        "D类 | C类 | 1 | 2 | 20 | 10 | 10 | 68 | 68",
        "– | A类 | – | 1 | 33.33 | 3 | – | 44 | 44",
        "– | B类 | – | 1 | 33.33 | 3 | – | 82 | 82",
        "– | C类 | – | 1 | 33.33 | 3 | – | 68 | 68",
    ]
    assert february.lines(LEDGER)[6:] == [
        "2026-02 | 合计 | 110 | 10 | – | 10 | 16 | 60 | 60",
        "2026-02 | 已完成 | 66 | 16 | 60 | – | – | – | –",
        "2026-02 | 进行中 | 28 | -2 | 25.45 | – | – | – | –",
        "2026-02 | 未办结 | 3 | -1 | 2.73 | – | – | – | –",
        "2026-02 | 已超时 | 5 | -1 | 4.55 | – | – | – | –",
        "2026-02 | 待派发 | 8 | -2 | 7.27 | – | – | – | –",
    ]
    assert february.lines(CIRCLES)[1:] == ["2026-02 | 70 | 84 | 83.3 | 83.33"]
    # from February on, the rule counts one division more among the materials
    assert february.lines(SCHEMES)[6:9] == [
        "2026-02 | “两链”产业集群（虚构） | 整体 | 82 | 82 | 0 | – | –",
        "2026-02 | “两链”产业集群（虚构） | 材料 | 47 | – | – | – | –",
        "2026-02 | “两链”产业集群（虚构） | 装备 | 35 | – | – | – | –",
    ]


def test_a_list_of_firms_and_one_of_cases_give_numbers(february: Released) -> None:
    assert february.lines(ROSTER) == [
        "2026-01 | 省级专精特新 | – | 1 | 0 | 3 | –",
        "2026-01 | 国家级小巨人 | – | 0 | 0 | 0 | –",
        "2026-02 | 省级专精特新 | 3 | 0 | 1 | 2 | 0",
        "2026-02 | 国家级小巨人 | 0 | 1 | 0 | 1 | 0",
    ]
    assert february.lines(CASES) == [
        "2026-01 | 合计 | 2 | – | 2 | 0 | 0",
        "2026-01 | 进行中 | 2 | – | – | – | –",
        "2026-02 | 合计 | 3 | 1 | 1 | 1 | 33.33",
        "2026-02 | 已完成 | 1 | 1 | – | – | –",
        "2026-02 | 进行中 | 1 | -1 | – | – | –",
        "2026-02 | 已超时 | 1 | 1 | – | – | –",
    ]


def test_nobody_on_a_list_is_named_in_what_readers_get(bad: Released) -> None:
    files = [path for path in bad.path.rglob("*") if path.is_file()]
    assert len(files) > 100
    named = [path.name for path in files if "号机械厂".encode() in path.read_bytes()]
    assert named == []


BAD = {
    "yunxi-tiers": """\
梯队,单位,期末数,本月新增,本月退出,全年净增目标
规上工业企业,家,220,4,1,20
高新技术企业,家,125,5,0,30
""",
    "yunxi-per-mu": FEBRUARY["yunxi-per-mu"].replace("C类,68", "C类,63"),
    "yunxi-ledger": FEBRUARY["yunxi-ledger"].replace("60.0", "66.0"),
    "yunxi-circles": FEBRUARY["yunxi-circles"].replace("83.3", "93.3"),
    "yunxi-output": FEBRUARY["yunxi-output"].replace("专用设备", "特种设备"),
    "yunxi-roster": FEBRUARY["yunxi-roster"].replace("国家级小巨人", "省级专精特新"),
    "yunxi-cases": FEBRUARY["yunxi-cases"].replace("已超时", "进行中"),
}


@pytest.fixture(scope="module")
def bad(february: Released) -> Released:
    settings = february.settings
    arrive(settings, BAD, "2026年2月", "2026-03-20")
    return Released(settings, qutong(settings, "run", through_dagster=False, all_products=False))


def test_what_contradicts_itself_is_found_or_kept_out(bad: Released) -> None:
    """Of lists and classes what cannot be read stays out; what does not add up is a finding."""
    assert bad.done.exit_code == 3, bad.done.output
    assert bad.lines(
        "select data_set_id, refused_by from quality.conservation where verdict = 'refused' "
        "order by data_set_id"
    ) == [
        "yunxi-cases | delivery.quarantined-cells",
        "yunxi-output | delivery.quarantined-cells",
        "yunxi-roster | delivery.quarantined-cells",
    ]
    assert bad.lines(
        "select rule_id, indicator_code, arithmetic from quality.finding "
        "where rule_id like 'system.%' order by rule_id, indicator_code"
    ) == [
        "system.classes-miss-total | per_mu_firms | 197 <> 202",
        "system.rate-differs-from-computed | care_circle_coverage | 83.33% <> 93.3%",
        "system.rate-differs-from-computed | ledger_completion | 60% <> 66%",
        "system.rate-differs-from-computed | per_mu_share | 31.19% <> 33.7%",
        "system.stock-does-not-follow | above_scale_stock | 210 + 4 - 1 = 213, printed 220",
    ]
    assert bad.lines(ROSTER)[2:] == [
        "2026-02 | 省级专精特新 | 3 | 0 | 1 | 2 | 0",
        "2026-02 | 国家级小巨人 | 0 | 1 | 0 | 1 | 0",
    ]
