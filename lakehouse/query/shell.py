"""The shell: questions one after the other, with history and completion, until it is left."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from rich.console import Console
from rich.markup import escape

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from lakehouse.query.asking import QueryOptions, answer_question
from lakehouse.query.signatures import signatures
from lakehouse.query.tables import DEFAULT_LAYER, columns_of
from orchestration.state.published import ShownTable, shown_tables, shown_versions

_LEAVE = ("\\q", "exit", "quit")
_HELP = ("\\?", "\\h", "help")
_DESCRIBE = re.compile(r"\\d[t+]*(?:\s+(?P<table>[\w.\"]+))?")
_HELP_LINES = """\
SQL;            ask; a statement may take many lines and ends with ;
\\d              the tables      \\d TABLE  its columns      show schemas;  the layers
Tab             completes       Ctrl-C  drops the line    \\q, exit, Ctrl-D  leave
docs/query.md lists the functions."""
_WORD = re.compile(r"[\w.]+")
_KEYWORD_LINES = """
select from where group by order having limit with as on using inner left join cross union all
distinct case when then else end and or not in is null between like exists over partition rows
asc desc values show tables schemas describe explain date interval timestamp version for of
"""
_KEYWORDS = frozenset(_KEYWORD_LINES.split())


def run_shell(settings: Settings, console: Console, options: QueryOptions) -> None:
    """Answer one statement after the other; an error is shown and ends nothing.

    Raises:
        LakehouseError: There is no lakehouse.
    """
    tables = shown_tables(settings, shown_versions(settings))
    session: PromptSession[str] = PromptSession(
        history=_history(),
        completer=Names(tables),
        complete_while_typing=False,
        multiline=True,
        prompt_continuation="   ...> ",
        key_bindings=_keys(),
    )
    console.print("Ask by SQL and end it with ; (Tab completes, \\? helps, \\q or Ctrl-D leaves).")
    while True:
        try:
            asked = session.prompt("query> ").strip()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
        word = asked.rstrip(";").strip()
        if word.lower() in _LEAVE:
            return
        if word.lower() in _HELP:
            console.print(_HELP_LINES, markup=False, highlight=False, soft_wrap=True)
        elif word:
            _answer(settings, console, _of_command(word) or asked, options)


def _of_command(word: str) -> str | None:
    r"""The SQL that `\d` stands for."""
    found = _DESCRIBE.fullmatch(word)
    if found is None:
        return None
    return f"describe {found['table']}" if found["table"] else "show tables"


def _answer(settings: Settings, console: Console, asked: str, options: QueryOptions) -> None:
    try:
        answer_question(settings, console, asked, options)
    except LakehouseError as error:
        console.print(f"[red]failed[/] {escape(error.problem)}", soft_wrap=True, highlight=False)
        console.print(error.next_step, soft_wrap=True, highlight=False, markup=False)
    except KeyboardInterrupt:
        console.print("interrupted")


class Names(Completer):
    """Completes tables, columns of the tables that the text names, functions and keywords."""

    def __init__(self, tables: Mapping[str, ShownTable]) -> None:
        self._tables = tables
        self._columns: dict[str, list[str]] = {}

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterable[Completion]:
        """What may be meant by the word before the cursor."""
        word = document.get_word_before_cursor(pattern=_WORD).lower()
        column = word.rpartition(".")[2]
        for name in self._tables:
            if name.startswith(word):
                yield Completion(name, -len(word))
        for name in self._columns_of(document.text):
            if name.startswith(column):
                yield Completion(name, -len(column))
        if word and column == word:
            for name in sorted(_KEYWORDS | set(signatures())):
                if name.startswith(word):
                    yield Completion(name, -len(word))

    def _columns_of(self, text: str) -> list[str]:
        """The columns of the tables that the text names, each once."""
        named = [_full(word) for word in _WORD.findall(text.lower())]
        found = [column for name in named for column in self._of(name)]
        return sorted(set(found))

    def _of(self, name: str) -> list[str]:
        if name not in self._columns and name in self._tables:
            try:
                table = self._tables[name].open()
            except LakehouseError:
                return []
            self._columns[name] = list(columns_of(table))
        return self._columns.get(name, [])


def _full(word: str) -> str:
    return word if "." in word else f"{DEFAULT_LAYER}.{word}"


def _keys() -> KeyBindings:
    """Enter asks when the text is complete, else it begins a new line."""
    keys = KeyBindings()

    @keys.add("enter")
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        text = buffer.text.strip()
        is_command = text.startswith("\\") or text.lower() in (*_LEAVE, *_HELP)
        if not text or text.endswith(";") or is_command:
            buffer.validate_and_handle()
        else:
            buffer.insert_text("\n")

    return keys


def _history() -> History:
    """Kept with the user's own files, for the root may be shared; in memory if that fails."""
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    folder = Path(state) / "lakehouse"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "query_history"
        file.touch(mode=0o600)
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(file))
