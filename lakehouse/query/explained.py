"""DuckDB's errors in terms of the SQL that was asked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.errors import LakehouseError
from orchestration.state.damage import unreadable
from orchestration.state.versions import first_line

if TYPE_CHECKING:
    from lakehouse.query.tables import View

# What macros.py raises.
_OURS = re.compile(r"Could not convert string 'refused: (.+?)' to INT32", re.DOTALL)
# Of errors that SQL can cause, too: these are about a file. Others are of classes of their own.
_OF_A_FILE = re.compile("parquet|decompression", re.IGNORECASE)
_FILE_ERRORS = ("Error", "IOException")
_FIX_THE_SQL = "Fix the SQL and ask again."


def explained(sql: str, error: Exception, views: Sequence[View] = ()) -> LakehouseError:
    """The error to raise instead. Names are found before DuckDB sees a query, so none is in it."""
    words = said(error)
    if type(error).__name__ in _FILE_ERRORS or _OF_A_FILE.search(words):
        return _damaged(words, views)
    return LakehouseError(f"The query failed: {words}", _FIX_THE_SQL)


def _damaged(words: str, views: Sequence[View]) -> LakehouseError:
    """Name the table and the file, or all tables if another reader can read all their files."""
    found = (
        (f"{view.layer}.{view.name}", f"its data file {Path(file).name} can't be read: {problem}")
        for view in views
        for file in view.files
        if (problem := unreadable(Path(file)))
    )
    tables = ", ".join(f"{view.layer}.{view.name}" for view in views)
    table, problem = next(found, (tables, words))
    return LakehouseError(
        f"A table is damaged: {table}: {problem}.",
        "Repair it with `lakehouse repair`; it says what can't be had again.",
    )


def said(error: Exception) -> str:
    """DuckDB's sentence without its kind, and without advice that is of use in DuckDB alone."""
    if ours := _OURS.search(str(error)):
        return ours[1]
    words = first_line(error).split(": ", 1)[-1]
    return re.split(r" Use TRY\(| in expression \(| - an explicit cast", words)[0]
