"""Laying out a district that consists of copies of the base state, one for each error.

Belongs here: declarations, regions and files of the benchmark's own project. Does not belong here:
figures and errors (``base``, ``changes``) and the run over them (``score``).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from orchestration.scoring.base import Base, Place, Printed
from orchestration.scoring.changes import Delivered
from orchestration.settings import CODE_ROOT, Settings

REGION_COLUMNS = (
    "region_code,region_name_zh,region_name_en,region_kind,parent_code,"
    "valid_from,valid_to,successor_codes,synonyms"
)


def lay_out(
    folder: Path, base: Base, copies: Sequence[tuple[Place, Sequence[Delivered]]]
) -> Settings:
    """A project directory in which every copy has regions, declarations and deliveries of its own.

    Args:
        folder: A new directory.
        base: What the declarations follow from.
        copies: Each with what was delivered in it; only data sets with deliveries are declared.
    """
    raw = folder / "raw"
    (raw / "codelists").mkdir(parents=True)
    for name in ("units.csv", "codes.csv"):
        shutil.copyfile(CODE_ROOT / "raw" / "codelists" / name, raw / "codelists" / name)
    for name in ("calendars", "catalogue"):
        shutil.copytree(CODE_ROOT / "raw" / name, raw / name)
    places = [place for place, _ in copies]
    _write_regions(raw / "codelists" / "regions.csv", base, places)
    _write_yaml(raw / "district.yml", _district(places))
    for place, delivered in copies:
        for name in dict.fromkeys(each.data_set for each in delivered):
            declared = declaration(base.data_sets[name], place.data_set_id(name))
            file = raw / "datasets" / str(declared["theme"]) / f"{declared['id']}.yml"
            file.parent.mkdir(parents=True, exist_ok=True)
            _write_yaml(file, declared)
        for each in delivered:
            target = raw / "deliveries" / place.data_set_id(each.data_set) / each.day / each.name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(each.content)
    return Settings(folder, folder / "var")


def _district(places: Sequence[Place]) -> dict[str, Any]:
    return {
        "code": places[0].region_code("district"),
        "name": {"zh": places[0].region_name("district"), "en": "District (invented)"},
        "policy": "demo",
        "time_zone": "Asia/Shanghai",
        "calendar": "china",
        "quiet_seconds": 0,
        "reading_megabytes": 512,
        "grades": ["official", "secondary"],
        "complete_regions": [place.region_code("city") for place in places],
    }


def _write_regions(file: Path, base: Base, places: Iterable[Place]) -> None:
    lines = [REGION_COLUMNS, "CN,全国,China,nation,,,,,"]
    lines.append("990000,云省,Yun Province (invented),province,CN,,,,")
    for place in places:
        city = place.region_code("city")
        for key, region in base.regions.items():
            kind, parent = ("prefecture", "990000") if key == "city" else ("county", city)
            short = region.short.format(stem=place.stem)
            synonym = "" if short == place.region_name(key) else short
            lines.append(
                f"{place.region_code(key)},{place.region_name(key)},"
                f"Copy {place.number} {key} (invented),{kind},{parent},,,,{synonym}"
            )
    file.write_text("\n".join((*lines, "")), encoding="utf-8")


def declaration(printed: Printed, data_set_id: str) -> dict[str, Any]:
    """A data set of the base as it is declared in a copy."""
    return {
        "id": data_set_id,
        "title": {"zh": f"{printed.title.zh}（虚构）", "en": f"{printed.title.en} (invented)"},
        "theme": printed.theme,
        "owner": "综合科 / General section",
        "origin": {
            "producer": "统计局（虚构） / Statistics bureau (invented)",
            "documents": [
                {
                    "id": f"{data_set_id}-document",
                    "title": f"{printed.title.zh}（虚构）",
                    "title_en": f"{printed.title.en} (invented)",
                    "issuer": "统计局（虚构）",
                    "grade": "official",
                }
            ],
        },
        "delivery": {
            "connector": "folder",
            "pattern": [f"{printed.file}*.csv"],
            "cadence": printed.cadence,
        },
        "layout": {
            "kind": "records",
            "columns": _COLUMNS,
            "constants": {"source_place": "表1"},
        },
        "indicators": [{"code": code} for code in printed.codes],
    }


_COLUMNS: Mapping[str, str] = {
    "indicator": "指标",
    "region": "地区",
    "period": "期间",
    "value": "数值",
    "unit": "单位",
}


def _write_yaml(file: Path, content: Mapping[str, Any]) -> None:
    import yaml

    text = yaml.safe_dump(
        dict(content, **({"layout": _plain(content["layout"])} if "layout" in content else {})),
        allow_unicode=True,
        sort_keys=False,
    )
    file.write_text(text, encoding="utf-8")


def _plain(layout: Mapping[str, Any]) -> dict[str, Any]:
    return {**layout, "columns": dict(layout["columns"])}
