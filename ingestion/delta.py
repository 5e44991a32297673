"""How rows get into an existing Delta table: one commit replaces what a predicate names."""

from __future__ import annotations

from collections.abc import Iterable

from pyspark.sql import DataFrame, SparkSession

_NEW_ROWS = "new_rows"


def replace_where(spark: SparkSession, rows: DataFrame, table: str, predicate: str) -> None:
    """Replace the rows of a table that a predicate names by these, in one commit.

    Every row must meet the predicate itself. Doing it again gives the same table.

    Args:
        spark: The session.
        rows: Columns in the order of the table's.
        table: Its name in the catalog, `<database>.<table>`.
        predicate: In Spark SQL, over the table's columns.
    """
    rows.createOrReplaceTempView(_NEW_ROWS)
    spark.sql(f"insert into {table} replace where {predicate} select * from {_NEW_ROWS}")
    spark.catalog.dropTempView(_NEW_ROWS)


def is_in(column: str, values: Iterable[str]) -> str:
    """A predicate in Spark SQL; the values are quoted, whatever they hold."""
    texts = ", ".join(f"'{quoted(value)}'" for value in sorted(values))
    return f"{column} in ({texts})"


def is_version(versions: Iterable[tuple[str, str]]) -> str:
    """A predicate for rows of file versions, given as source file and content hash."""
    pairs = [
        f"(source_file = '{quoted(name)}' and content_hash = '{quoted(content)}')"
        for name, content in sorted(set(versions))
    ]
    return " or ".join(pairs) or "false"


def quoted(text: str) -> str:
    """Escape a text for a Spark SQL string in single quotes."""
    return text.replace("\\", "\\\\").replace("'", "\\'")
