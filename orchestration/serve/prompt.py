"""A conversation in SQL with the current release: completion, history, several lines, paging.

Belongs here: the terminal. Does not belong here: what may be asked and how it is answered
(``query``), and what a word can mean (``words``). Nothing but this module loads prompt_toolkit.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from orchestration.errors import QutongError
from orchestration.serve.query import SECONDS, display_width, run_sql
from orchestration.serve.reading import current_release
from orchestration.serve.words import Vocabulary
from orchestration.text import shown

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import CompleteEvent, Completer, Completion
    from prompt_toolkit.document import Document
    from prompt_toolkit.history import History
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

LEAVING: Final = frozenset({"quit", "exit", "\\q", "退出"})
HELP: Final = """\
版本 release {release}，只读 read-only
语句以分号或空行结束；Tab 补全表、列、指标、地区（中英文均可）；Ctrl-D 或 quit 退出
end a question with ; or an empty line; Tab completes tables, columns, indicators and regions,
by name in either language; Ctrl-D or quit leaves
"""


def converse(releases_dir: Path, history_file: Path, *, seconds: float = SECONDS) -> None:
    """Ask for questions and answer each from the release in force, until the person leaves.

    Args:
        releases_dir: The directory of releases.
        history_file: Where questions are remembered, for its owner alone.
        seconds: How long one question may take.

    Raises:
        QutongError: there is no release to ask.
    """
    click.echo(HELP.format(release=current_release(releases_dir).release_id), nl=False)
    session = _session(Vocabulary.of_current(releases_dir), history_file)
    while True:
        try:
            question = session.prompt().strip().removesuffix(";").strip()
        except KeyboardInterrupt:
            continue  # what was typed is dropped
        except EOFError:
            return
        if question.casefold() in LEAVING:
            return
        if question:
            _answer(releases_dir, question, seconds)


def _answer(releases_dir: Path, question: str, seconds: float) -> None:
    """Show an answer, in a pager where it is larger than the screen, or say what is wrong."""
    written = io.BytesIO()
    try:
        run_sql(releases_dir, question, "table", written, seconds=seconds)
    except QutongError as error:
        click.echo(shown(error.render()), err=True)
        return
    text = shown(written.getvalue().decode())
    if _fits(text):
        click.echo(text, nl=False)
        return
    # Wide tables are moved sideways, not folded.
    os.environ.setdefault("LESS", "-S")
    click.echo_via_pager(text)


def _fits(text: str) -> bool:
    width, height = os.get_terminal_size() if os.isatty(1) else (80, 24)
    lines = text.splitlines()
    return len(lines) < height and all(display_width(line) <= width for line in lines)


def _session(vocabulary: Vocabulary, history_file: Path) -> PromptSession[str]:
    from prompt_toolkit import PromptSession

    return PromptSession(
        "qutong> ",
        multiline=True,
        prompt_continuation="     …> ",
        key_bindings=_keys(),
        completer=_completer(vocabulary),
        complete_while_typing=False,
        history=_history(history_file),
        enable_history_search=True,
    )


def _keys() -> KeyBindings:
    """Enter ends a question that is complete, and a line of one that is not."""
    from prompt_toolkit.key_binding import KeyBindings

    keys = KeyBindings()

    @keys.add("enter")
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if is_complete(buffer.text):
            buffer.validate_and_handle()
        else:
            buffer.insert_text("\n")

    return keys


def is_complete(text: str) -> bool:
    """Whether a question ends: with a semicolon, an empty line, or as a word that leaves."""
    stripped = text.strip()
    is_last_empty = not text.rpartition("\n")[2].strip()
    return not stripped or stripped.endswith(";") or stripped.casefold() in LEAVING or is_last_empty


def _completer(vocabulary: Vocabulary) -> Completer:
    from prompt_toolkit.completion import Completer, Completion

    class Names(Completer):
        def get_completions(
            self, document: Document, complete_event: CompleteEvent
        ) -> Iterable[Completion]:
            before, after = document.text_before_cursor, document.text_after_cursor
            for one in vocabulary.proposals(before, after):
                yield Completion(one.text, -one.replaces, display_meta=shown(one.title))

    return Names()


def _history(file: Path) -> History:
    """What was asked before, in a file that only its owner reads; else as long as one stays."""
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600))
        file.chmod(0o600)
    except OSError:
        return InMemoryHistory()
    return FileHistory(file)
