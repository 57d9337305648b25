"""How a reader gets the figures of an indicator elsewhere: in SQL, Python, R, Excel, SDMX.

Belongs here: lines that run as they stand, with paths relative to the folder that holds
``releases``. Does not belong here: files of a release (``layout``), and what pages look like.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from orchestration.publish.layout import MART_FILE, csv_path, parquet_path
from orchestration.publish.tables import literal

LATEST = "current"
"""The name of the release in force; a page's script puts its own release in this place."""

_FIGURES = ("core", "observation")


@dataclass(frozen=True)
class Way:
    """One way to get at figures.

    Attributes:
        before, after: The line, without the name of the release between them; ``after`` is empty
            where the line reads the release in force whatever is said.
    """

    id: str
    title: tuple[str, str]
    before: str
    after: str = ""

    @property
    def text(self) -> str:
        """The whole line, for the release in force."""
        return self.before + (LATEST + self.after if self.after else "")


def ways(code: str, theme: str | None) -> Iterator[Way]:
    """The ways to the figures of an indicator that are in force."""
    quoted, csv = json.dumps(code, ensure_ascii=False), csv_path(*_FIGURES)
    yield Way(
        "sql",
        ("SQL（DuckDB）", "SQL (DuckDB)"),
        "attach 'releases/",
        f"/{MART_FILE}' as mart (read_only);\n"
        "select region_code, period, value, unit, qualifier, obs_status\n"
        "from mart.core.observation\n"
        f"where indicator_code = {literal(code)} and known_to is null and is_headline\n"
        "order by region_code, period_end;",
    )
    yield Way(
        "python",
        ("Python（Polars）", "Python (Polars)"),
        'import polars as pl\nfigures = pl.read_parquet("releases/',
        f'/{parquet_path(*_FIGURES)}")\n'
        f'print(figures.filter(pl.col("indicator_code") == {quoted}, '
        'pl.col("known_to").is_null(), pl.col("is_headline")))',
    )
    yield Way(
        "r",
        ("R（arrow）", "R (arrow)"),
        'figures <- arrow::read_parquet("releases/',
        f'/{parquet_path(*_FIGURES)}")\n'
        f"subset(figures, indicator_code == {quoted} & is.na(known_to) & is_headline)",
    )
    yield Way(
        "excel",
        ("Excel（Power Query）", "Excel (Power Query)"),
        'let\n  Folder = "",  // 版本所在的文件夹 | the folder that holds "releases"\n'
        '  File = Folder & "\\releases\\',
        f'\\{csv.replace("/", chr(92))}",\n'
        "  Text = Csv.Document(File.Contents(File), [Encoding = 65001]),\n"
        "  Rows = Table.PromoteHeaders(Text),\n"
        f"  Own = Table.SelectRows(Rows, each [indicator_code] = {_in_m(code)}\n"
        '    and [known_to] = "" and [is_headline] = "true")\nin\n  Own',
    )
    yield Way("cli", ("命令行", "Command line"), f"qutong get {shlex.quote(code)}")
    if theme:
        yield Way(
            "sdmx",
            ("SDMX-CSV 2.0", "SDMX-CSV 2.0"),
            f"# INDICATOR = {code}\nreleases/",
            f"/sdmx/csv/{theme}.csv",
        )


def _in_m(text: str) -> str:
    """A text in the language of Power Query."""
    return '"' + text.replace('"', '""').replace("#(", "#(#)(") + '"'
