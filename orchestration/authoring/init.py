"""Lay out a new district: an empty project directory that runs.

Belongs here: what a new directory holds. Does not belong here: anything about a certain district.
"""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

from orchestration.declarations import CHINA, REGION_COLUMNS
from orchestration.errors import DeclarationError
from orchestration.gazetteer import Gazetteer
from orchestration.programmes import (
    BREAK_COLUMNS,
    CLUSTER_MEMBER_COLUMNS,
    EVALUATION_RULE_COLUMNS,
    HONOUR_COLUMNS,
    SCHEME_COLUMNS,
    SCHEME_MEMBER_COLUMNS,
    SCHEME_RULE_COLUMNS,
)
from orchestration.settings import CODE_ROOT
from orchestration.standards import shipped

DISTRICT = """\
# The district that this directory serves, and how it publishes.
# 本目录所服务的区, 以及发布方式。
code: "{code}"
name: {{zh: "{zh}", en: "{en}"}}
# demo: publishes with open findings and says so on every product.
# bureau: publishes only when somebody decided on every finding: qutong finding list.
policy: demo
time_zone: Asia/Shanghai
# Holidays that due dates are shifted by: raw/calendars/china.csv. 到期日按此日历遇节假日顺延。
calendar: china
# Who is told of what is overdue (secrets by name, from the environment): 逾期告警渠道。
# alerts:
#   - {{id: office, kind: webhook, url_secret: QT_ROBOT_URL, body: robot}}
grades: [official, research, secondary]
"""

IGNORED = "/var/\n"

OWN_LISTS = {
    "evaluation_rules.csv": EVALUATION_RULE_COLUMNS,
    "breaks.csv": BREAK_COLUMNS,
    "schemes.csv": SCHEME_COLUMNS,
    "scheme_members.csv": SCHEME_MEMBER_COLUMNS,
    "scheme_rules.csv": SCHEME_RULE_COLUMNS,
    "cluster_members.csv": CLUSTER_MEMBER_COLUMNS,
    "honours.csv": HONOUR_COLUMNS,
}
"""Lists that only the district itself can fill: they begin with their columns."""


def lay_out(directory: Path, *, code: str, name_zh: str, name_en: str) -> list[Path]:
    """Write the files of a new district and return them.

    Units, other code lists, the regions of China, the catalogue of standard indicators and the
    calendar of holidays are those that ship with the code; the list of the district's own regions
    holds the nation and the district, and ``OWN_LISTS`` have their columns.

    Raises:
        DeclarationError: the directory holds a district already, or a name has a quote in it.
    """
    district = directory / "raw" / "district.yml"
    if district.exists():
        raise DeclarationError(
            "there is a district here already", file=district, remedy="name another directory"
        )
    for value in (code, name_zh, name_en):
        if not value.strip() or any(char in value for char in '"\\\n'):
            raise DeclarationError(
                f"{value!r} cannot be a code or a name", remedy="write plain text"
            )
    lists = directory / "raw" / "codelists"
    lists.mkdir(parents=True, exist_ok=True)
    for folder in ("raw/datasets", "raw/deliveries"):
        (directory / folder).mkdir(parents=True, exist_ok=True)
    written = [district]
    district.write_text(DISTRICT.format(code=code, zh=name_zh, en=name_en), encoding="utf-8")
    for name in ("units.csv", "codes.csv", CHINA):
        shutil.copyfile(CODE_ROOT / "raw" / "codelists" / name, lists / name)
        written.append(lists / name)
    for name, columns in OWN_LISTS.items():
        (lists / name).write_text(",".join(columns) + "\n", encoding="utf-8")
        written.append(lists / name)
    catalogue = directory / "raw" / "catalogue"
    catalogue.mkdir(exist_ok=True)
    for entries in sorted(shipped().glob("*.yml")):
        shutil.copyfile(entries, catalogue / entries.name)
        written.append(catalogue / entries.name)
    calendars = directory / "raw" / "calendars"
    calendars.mkdir(exist_ok=True)
    for name in ("china.csv", "china.yml"):
        shutil.copyfile(CODE_ROOT / "raw" / "calendars" / name, calendars / name)
        written.append(calendars / name)
    regions = lists / "regions.csv"
    china = Gazetteer(lists / CHINA)
    known = china.by_code.get(code)
    kind = known[-1].level if known else "county"
    above = (china.parent_code(code) if known else "") or "CN"
    with regions.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(REGION_COLUMNS)
        writer.writerow(["CN", "全国", "China", "nation", "", "", "", "", ""])
        writer.writerow([code, name_zh, name_en, kind, above, "", "", "", ""])
    ignore = directory / ".gitignore"
    ignore.write_text(IGNORED, encoding="utf-8")
    return [*written, regions, ignore]
