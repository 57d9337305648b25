"""Workbooks by owner and the ESS validation report: read again, cell by cell and entry by entry.

Belongs here: ``publish.findings_report``. Does not belong here: whole runs that write them
(tests/pipeline), the quality page (test_publish_report).
"""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

import openpyxl
import pytest

from orchestration.publish import findings_report
from orchestration.publish.findings_report import (
    COLUMNS,
    cell_of,
    file_name,
    validation_report,
    workbook,
)

pytestmark = pytest.mark.core

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
CELL: dict[str, Any] = {
    "severity": "soft",
    "effect": 32.1,
    "data_set": "投资月报",
    "file": "投资2025.xlsx",
    "sheet": "表1",
    "cell": "C5",
    "about": "固定资产投资，云溪区，2025",
    "printed": "=1+1",
    "expected": "200 亿元",
    "why": "单位有误\nThe unit is wrong",
    "remedy": "请核对\nCheck it",
    "rule": "plausible.unusual",
    "finding": "v1",
}


def read(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content)).active


@pytest.mark.parametrize(
    ("place", "sheet", "cell"),
    [("表1!C5", "表1", "C5"), ("a!b!C5", "a!b", "C5"), ("R2C5", "", "R2C5"), ("", "", "")],
)
def test_a_place_is_a_sheet_and_a_cell(place: str, sheet: str, cell: str) -> None:
    assert cell_of(place) == (sheet, cell)


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        ("投资科 / Investment section", "findings-投资科.xlsx"),
        ("../../etc / passwd", "findings-etc.xlsx"),
        ("/", "findings-nobody.xlsx"),
    ],
)
def test_a_workbook_is_called_after_its_owner(owner: str, name: str) -> None:
    assert file_name(owner) == name


def test_every_cell_to_look_at_stands_in_the_workbook_of_its_owner() -> None:
    sheet = read(workbook("投资科", [CELL], told="2026-03-01.1", created=datetime(2026, 3, 1)))
    assert sheet["A1"].value == "待核对的数据 Cells to look at: 投资科"
    assert [cell.value for cell in sheet[3]] == [name for _, name, _ in COLUMNS]
    assert [cell.value for cell in sheet[4]] == [CELL[key] for key, _, _ in COLUMNS]


def test_a_delivered_text_is_no_formula() -> None:
    sheet = read(workbook("a", [CELL], told="", created=datetime(2026, 3, 1)))
    at = [key for key, _, _ in COLUMNS].index("printed") + 1
    cell = sheet.cell(4, at)
    assert (cell.data_type, cell.value, cell.number_format, cell.quotePrefix) == (
        "s",
        "=1+1",
        "@",
        True,
    )


def test_equal_rows_give_equal_bytes_and_very_many_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(findings_report, "MOST_ROWS", 2)
    made = [workbook("a", [CELL] * 5, told="", created=datetime(2026, 3, 1)) for _ in range(2)]
    assert made[0] == made[1]
    sheet = read(made[0])
    assert sheet.max_row == 6
    assert sheet["A6"].value == "另 3 条 | 3 more"


FINDING: dict[str, Any] = {
    "finding_id": "v1",
    "rule_id": "plausible.unusual",
    "severity": "soft",
    "sql": "select 1",
    "title_en": "Value is outside what is usual",
    "message_en": "is 74%",
    "data_set_id": "plan",
    "delivery_id": "plan-1",
    "indicator_code": "gdp",
    "region_code": "R1",
    "period": "2022",
    "place": "表1!C5",
    "observation_a": "o1",
    "observation_b": "o2 o3",
}


def outcome(rule_id: str, word: str, error: str | None = None) -> dict[str, Any]:
    return {
        "rule_id": rule_id,
        "gate": "marts",
        "severity": "hard",
        "sql": None,
        "title_en": "A title",
        "batch": "core.observation",
        "outcome": word,
        "checked": 7,
        "undecided": 2,
        "error": error,
    }


def test_the_validation_report_has_the_structure_of_the_ess() -> None:
    text = validation_report(
        [FINDING, FINDING | {"finding_id": "v2", "observation_a": "", "observation_b": ""}],
        [
            outcome("plausible.unusual", "failed"),  # its findings say so
            outcome("a.passed", "passed"),
            outcome("a.undecided", "undecided"),
            outcome("a.broken", "failed", "stopped after 240 seconds"),
        ],
        time=NOW,
        agent="qutong 1",
        trigger="2026-03-01.1",
    )
    entries = json.loads(text)
    event = {
        "time": "2026-03-01T09:00:00+00:00",
        "actor": "qutong",
        "agent": "qutong 1",
        "trigger": "2026-03-01.1",
    }
    assert entries[0] == {
        "id": "v1",
        "type": "validation",
        "event": event,
        "rule": {
            "language": "SQL",
            "expression": "select 1",
            "severity": "warning",
            "description": "plausible.unusual: Value is outside what is usual",
        },
        "data": {"source": ["o1", "o2", "o3"], "target": ["o1"], "description": "is 74%"},
        "value": "0",
    }
    assert entries[1]["data"]["target"] == ["plan|plan-1|gdp|R1|2022|表1!C5"]
    assert [(e["id"], e["value"], e["data"]["description"]) for e in entries[2:]] == [
        ("rule:a.passed", "1", "7 checked, 2 lacked the data to decide"),
        ("rule:a.undecided", "NA", "7 checked, 2 lacked the data to decide"),
        ("rule:a.broken", "NA", "could not judge: stopped after 240 seconds"),
    ]
    for entry in entries:  # every slot that the structure demands, with the words it allows
        assert set(entry) == {"id", "type", "event", "rule", "data", "value"}
        assert {"time", "actor"} <= set(entry["event"])
        assert {"language", "expression", "severity"} <= set(entry["rule"])
        assert entry["rule"]["severity"] in ("error", "warning", "information")
        assert all(isinstance(name, str) for name in entry["data"]["source"])
        assert entry["value"] in ("0", "1", "NA")
