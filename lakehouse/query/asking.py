"""One question, asked and answered in the form that was wished for."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from lakehouse.query.engine import ask
from lakehouse.query.limits import Limits
from lakehouse.query.output import Format, save, write_csv, write_json
from lakehouse.query.table_view import Escaped, print_table
from orchestration.state.past_states import AsOf


@dataclass(frozen=True)
class QueryOptions:
    """How an answer is wanted.

    Attributes:
        form: The format.
        output: The file to write; None is standard output.
        limit: How many rows a table shows.
        as_of: The version, time or run of the tables; None is the newest.
        limits: What the question may use.
    """

    form: Format
    output: Path | None
    limit: int
    as_of: AsOf | None
    limits: Limits = field(default_factory=Limits)

    def require_sound(self) -> None:
        """Refuse a format that does not go with where it is to go.

        Raises:
            LakehouseError: Parquet to a terminal, or a table to a file.
        """
        if self.form is Format.PARQUET and self.output is None:
            raise LakehouseError("Parquet is no text.", "Name a file for it with --output.")
        if self.form is Format.TABLE and self.output is not None:
            raise LakehouseError(
                "A table is for reading, and is cut.", "For a file choose --format csv or another."
            )


def answer_question(settings: Settings, console: Console, sql: str, options: QueryOptions) -> None:
    """Ask, and show or save the answer.

    Raises:
        LakehouseError: The question can't be answered.
    """
    answer = ask(settings, sql, options.as_of, options.limits)
    if options.output is not None:
        save(options.output, answer, options.form)
        console.print(f"wrote {options.output}", markup=False, highlight=False, soft_wrap=True)
    elif options.form is Format.TABLE:
        print_table(console, answer, options.limit)
    else:
        write = write_json if options.form is Format.JSON else write_csv
        try:
            write(Escaped(sys.stdout) if sys.stdout.isatty() else sys.stdout, answer)
            sys.stdout.flush()
        except BrokenPipeError:
            # The reader, such as `head`, has what it wanted; nothing is to be flushed at the end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
