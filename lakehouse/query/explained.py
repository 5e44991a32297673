"""DuckDB's errors in terms of the SQL that was asked."""

from __future__ import annotations

import re

from ingestion.errors import LakehouseError
from orchestration.state.versions import first_line

# What macros.py raises.
_OURS = re.compile(r"Could not convert string 'refused: (.+?)' to INT32", re.DOTALL)
# What a function of natives.py raises.
_PYTHONS = re.compile(r"while executing the UDF: \w+: (.+)")
_FIX_THE_SQL = "Fix the SQL and ask again."


def explained(sql: str, error: Exception) -> LakehouseError:
    """The error to raise instead. Names are found before DuckDB sees a query, so none is in it."""
    words = said(error)
    return LakehouseError(f"The query failed: {words}", _FIX_THE_SQL)


def said(error: Exception) -> str:
    """DuckDB's sentence without its kind, and without advice that is of use in DuckDB alone."""
    if ours := _OURS.search(str(error)) or _PYTHONS.search(str(error)):
        return ours[1]
    words = first_line(error).split(": ", 1)[-1]
    return re.split(r" Use TRY\(| in expression \(| - an explicit cast", words)[0]
