"""The answer as CSV, JSON or Parquet; table_view.py has the table on the terminal.

Rows are written while they are computed. A number
is written with the digits it has, a date as ISO 8601, a time with its zone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import duckdb

from ingestion.errors import LakehouseError
from lakehouse.plain_values import json_text, plain
from lakehouse.query.engine import Answer
from lakehouse.query.explained import explained

_ROWS_AT_ONCE = 10_000


class Writable(Protocol):
    """What takes a text."""

    def write(self, text: str, /) -> int:
        """Write it."""
        ...


class Format(StrEnum):
    """What --format may name."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


def rows_of(answer: Answer) -> Iterator[tuple[Any, ...]]:
    """The rows, as they come.

    Raises:
        LakehouseError: A value can't be computed, such as a division by zero.
    """
    count = 0
    try:
        with answer.limits.watch(answer.connection, answer.sql):
            result = answer.connection.execute(answer.translated)
            while rows := result.fetchmany(_ROWS_AT_ONCE):
                count += len(rows)
                answer.limits.require_rows(count)
                yield from rows
    except duckdb.Error as error:
        raise explained(answer.sql, error, answer.views) from error


def write_csv(target: Writable, answer: Answer) -> None:
    """A header and all rows; NULL is an empty field, and an empty text is quoted."""
    target.write(",".join(_field(name) for name, _ in answer.columns) + "\n")
    for row in rows_of(answer):
        fields = ("" if value is None else _field(plain(value)) for value in row)
        target.write(",".join(fields) + "\n")


def write_json(target: Writable, answer: Answer) -> None:
    """A list of objects, one to a line; a decimal is a number with all its digits."""
    names = [json.dumps(name, ensure_ascii=False) for name, _ in answer.columns]
    target.write("[")
    before = "\n"
    for row in rows_of(answer):
        fields = (f"{name}: {json_text(value)}" for name, value in zip(names, row, strict=True))
        target.write(f"{before}{{{', '.join(fields)}}}")
        before = ",\n"
    target.write("\n]\n")


def write_parquet(path: Path, answer: Answer) -> None:
    """All rows with their types.

    Raises:
        LakehouseError: A value can't be computed.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        with answer.limits.watch(answer.connection, answer.sql):
            reader: Any = answer.connection.sql(answer.translated).to_arrow_reader(_ROWS_AT_ONCE)
            count = 0
            with pyarrow.parquet.ParquetWriter(path, reader.schema) as writer:
                for batch in reader:
                    count += batch.num_rows
                    answer.limits.require_rows(count)
                    writer.write_batch(batch)
    except (duckdb.Error, pyarrow.ArrowInvalid) as error:
        raise explained(answer.sql, error, answer.views) from error


def save(path: Path, answer: Answer, form: Format) -> None:
    """Write the answer to a file, which takes the place of an older one when it is complete.

    Raises:
        LakehouseError: The file can't be written.
    """
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        if form is Format.PARQUET:
            write_parquet(unfinished, answer)
        else:
            with unfinished.open("w", encoding="utf-8", newline="") as target:
                (write_json if form is Format.JSON else write_csv)(target, answer)
        unfinished.replace(path)
    except OSError as error:
        raise LakehouseError(
            f"{path} can't be written: {error.strerror or error}.", "Name another file."
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)


def _field(value: str) -> str:
    """A field by RFC 4180."""
    if value and not any(sign in value for sign in ',"\r\n'):
        return value
    return '"' + value.replace('"', '""') + '"'
