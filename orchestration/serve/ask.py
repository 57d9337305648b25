"""The leaders' questions: listed, and answered by their number from the current release.

Belongs here: finding a question of the release and saying in words when it finds nothing. Does not
belong here: the questions, which are data of the release (``meta.example_query``), and running SQL
(``query``).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from orchestration.errors import QutongError
from orchestration.serve.query import SECONDS, Format, run_sql
from orchestration.serve.reading import current_release, open_mart

NOTHING = "本版本没有可回答此问题的数字。\nThis release holds no figure that answers it.\n"


@dataclass(frozen=True)
class Asked:
    """A question of the release."""

    number: int
    zh: str
    en: str
    query: str


def questions(releases_dir: Path) -> list[Asked]:
    """All questions of the current release, in order."""
    con = open_mart(current_release(releases_dir))
    try:
        return [
            Asked(*row)
            for row in con.execute(
                "select question_no, question_zh, question_en, query "
                "from meta.example_query order by question_no"
            ).fetchall()
        ]
    finally:
        con.close()


def listed(releases_dir: Path) -> str:
    """The questions with their numbers, for people."""
    return "".join(f"{one.number:>3}  {one.zh}\n     {one.en}\n" for one in questions(releases_dir))


def ask(
    releases_dir: Path, number: int, form: Format, output: BinaryIO, *, seconds: float = SECONDS
) -> None:
    """Answer a question by its number; a table begins with the question, and says it finds nothing.

    Raises:
        QutongError: no question has that number, or what ``run_sql`` raises.
    """
    asked = {one.number: one for one in questions(releases_dir)}
    one = asked.get(number)
    if one is None:
        raise QutongError(
            f"there is no question {number}; there are 1 to {max(asked, default=0)} "
            "/ 没有这个编号的问题",
            remedy="see them all: qutong ask",
        )
    if form == "table":
        output.write(f"{one.zh}\n{one.en}\n\n".encode())
    run_sql(releases_dir, one.query, form, output, seconds=seconds, nothing=NOTHING)
