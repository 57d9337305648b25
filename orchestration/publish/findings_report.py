"""Findings for those who act on them: a workbook for each owner, and the ESS validation report.

Belongs here: what the two files hold, from rows of the work database. Does not belong here: reading
these rows and when they are written (``steps.findings``), and the page for readers (``report``).

The validation report follows the "Generic validation report structure for the ESS", version 1.0.0
of 2017-08-15 (ESSnet Validat Integration; https://github.com/data-cleaning/ValidatReport): an array
of validations, each with its event, rule and data, and the value 1 (valid), 0 (not) or NA (not
decided).
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from orchestration.publish.workbook import safe_text

Row = Mapping[str, Any]

MOST_ROWS = 20_000
"""Cells that one workbook names; who has more to look at begins with these."""
SEVERITY = {"hard": "error", "soft": "warning", "informative": "information"}

COLUMNS: tuple[tuple[str, str, int], ...] = (
    ("severity", "等级 Severity", 11),
    ("effect", "影响 Effect (%)", 10),
    ("data_set", "数据集 Data set", 24),
    ("file", "文件 File", 28),
    ("sheet", "工作表 Sheet", 12),
    ("cell", "单元格 Cell", 10),
    ("about", "指标、地区、时期 What it is about", 34),
    ("printed", "原文 Printed", 14),
    ("expected", "应为 Expected", 14),
    ("why", "问题 Why", 60),
    ("remedy", "处理 What to do", 44),
    ("rule", "规则 Rule", 28),
    ("finding", "发现 Finding", 20),
)


def cell_of(place: str) -> tuple[str, str]:
    """Sheet and cell of a place in a delivery: 表1!C5 -> 表1, C5; R2C5 -> nothing, R2C5."""
    sheet, mark, cell = place.rpartition("!")
    return (sheet, cell) if mark else ("", place)


def file_name(owner: str) -> str:
    """The name of an owner's workbook, on any file system."""
    name = re.sub(r"[^\w]+", "_", owner.split(" / ", maxsplit=1)[0], flags=re.UNICODE).strip("_")
    return f"findings-{name[:60] or 'nobody'}.xlsx"


def workbook(owner: str, rows: Sequence[Row], *, told: str, created: datetime) -> bytes:
    """The cells that an owner has to look at, those first that move the published totals most.

    Args:
        owner: Whose.
        rows: Findings with the keys of ``COLUMNS``, in order; more than ``MOST_ROWS`` are counted.
        told: Which run and release they are of.
        created: Moment that the file says it was made at, so that equal rows give equal bytes.
    """
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        book.set_properties({"title": "发现 Findings", "created": created})
        title = book.add_format({"bold": True, "font_size": 13})
        head = book.add_format(
            {"bold": True, "border": 1, "text_wrap": True, "bg_color": "#E8EEF4"}
        )
        # A text that begins like a formula stays a text, also when somebody edits the cell.
        text = book.add_format(
            {
                "border": 1,
                "text_wrap": True,
                "valign": "top",
                "num_format": "@",
                "quote_prefix": True,
            }
        )
        number = book.add_format({"border": 1, "valign": "top", "num_format": "0.####"})
        sheet = book.add_worksheet("发现 Findings")
        sheet.write_string(0, 0, safe_text(f"待核对的数据 Cells to look at: {owner}"), title)
        sheet.write_string(1, 0, safe_text(told))
        for column, (_, name, width) in enumerate(COLUMNS):
            sheet.set_column(column, column, width)
            sheet.write_string(2, column, name, head)
        for at, row in enumerate(rows[:MOST_ROWS], start=3):
            for column, (key, _, _) in enumerate(COLUMNS):
                value = row.get(key)
                if isinstance(value, int | float):
                    sheet.write_number(at, column, value, number)
                else:
                    sheet.write_string(at, column, safe_text(str(value or "")), text)
        if len(rows) > MOST_ROWS:
            left = len(rows) - MOST_ROWS
            sheet.write_string(3 + MOST_ROWS, 0, f"另 {left} 条 | {left} more")
        sheet.freeze_panes(3, 0)
        sheet.autofilter(2, 0, 2 + max(1, min(len(rows), MOST_ROWS)), len(COLUMNS) - 1)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(2)
    return buffer.getvalue()


def validation_report(
    findings: Iterable[Row], outcomes: Iterable[Row], *, time: datetime, agent: str, trigger: str
) -> str:
    """The validation report: an entry for each finding, and one for each rule that found nothing.

    Args:
        findings: Rows with finding_id, rule_id, severity, sql, title_en, message_en, data_set_id,
            delivery_id, observation_a, observation_b, indicator_code, region_code, period, place.
        outcomes: Rows with rule_id, severity, sql, title_en, outcome, checked, undecided, error.
        time: When it was judged, with its zone.
        agent: Which software judged.
        trigger: What it was judged for.
    """
    event = {
        "time": time.isoformat(timespec="seconds"),
        "actor": "qutong",
        "agent": agent,
        "trigger": trigger,
    }
    entries = [
        {
            "id": row["finding_id"],
            "type": "validation",
            "event": event,
            "rule": _rule(row),
            "data": {
                "source": _source(row),
                "target": _target(row),
                "description": row["message_en"] or "",
            },
            "value": "0",
        }
        for row in findings
    ]
    entries += [
        {
            "id": f"rule:{row['rule_id']}",
            "type": "validation",
            "event": event,
            "rule": _rule(row),
            "data": {
                "source": [row["batch"] or row["gate"]],
                "target": [row["batch"] or row["gate"]],
                "description": _counted(row),
            },
            "value": "1" if row["outcome"] == "passed" else "NA",
        }
        for row in outcomes
        if row["outcome"] != "failed" or row["error"]
    ]
    return json.dumps(entries, ensure_ascii=False, indent=1) + "\n"


def _rule(row: Row) -> dict[str, str]:
    return {
        "language": "SQL" if row["sql"] else "text",
        "expression": row["sql"] or f"{row['rule_id']}: {row['title_en']}",
        "severity": SEVERITY[row["severity"]],
        "description": f"{row['rule_id']}: {row['title_en']}",
    }


def _target(row: Row) -> list[str]:
    named = [name for name in re.split(r"[ ,]+", row["observation_a"] or "") if name]
    key = (row["data_set_id"], row["delivery_id"], row["indicator_code"], row["region_code"])
    place = "|".join(part or "" for part in (*key, row["period"], row["place"]))
    return named or [place]


def _source(row: Row) -> list[str]:
    others = [name for name in re.split(r"[ ,]+", row["observation_b"] or "") if name]
    return [*_target(row), *others]


def _counted(row: Row) -> str:
    if row["error"]:
        return f"could not judge: {row['error']}"
    return f"{row['checked']} checked, {row['undecided']} lacked the data to decide"
