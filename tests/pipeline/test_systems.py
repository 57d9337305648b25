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
}

DECEMBER = {
    "yunxi-tiers": "梯队,单位,期末数,本月新增,本月退出,全年净增目标\n规上工业企业,家,206,,,\n高新技术企业,家,116,,,\n",
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
    "yunxi-circles": "生活圈,已覆盖社区(个),社区总数(个),覆盖率(%)\n15分钟养老服务圈,70,84,83.3\n",
}
NAMES = {
    "yunxi-tiers": "企业梯队",
    "yunxi-per-mu": "亩均评价",
    "yunxi-ledger": "问题台账",
    "yunxi-circles": "生活圈",
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
    return settings


@pytest.fixture(scope="module")
def january(district: Settings) -> Released:
    arrive(district, DECEMBER, "2025年12月", "2026-01-08")
    arrive(district, JANUARY, "2026年1月", "2026-02-08")
    return Released(district, qutong(district, "run", through_dagster=False, all_products=False))
