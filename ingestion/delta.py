"""How rows get into an existing Delta table: one commit replaces what a predicate names."""

from __future__ import annotations

from collections.abc import Iterable

from pyspark.sql import DataFrame


def replace_where(rows: DataFrame, location: str, predicate: str) -> None:
    """Replace the rows of a table that a predicate names by these, in one commit.

    Every row must meet the predicate itself. Doing it again gives the same table.
    """
    (rows.write.format("delta").mode("overwrite").option("replaceWhere", predicate).save(location))


def is_in(column: str, values: Iterable[str]) -> str:
    """A predicate in Spark SQL; the values are quoted, whatever they hold."""
    texts = ", ".join(f"'{quoted(value)}'" for value in sorted(values))
    return f"{column} in ({texts})"


def quoted(text: str) -> str:
    """Escape a text for a Spark SQL string in single quotes."""
    return text.replace("\\", "\\\\").replace("'", "\\'")
