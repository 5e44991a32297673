"""Columns into the bytes of a CSV file, and the exchange of single records in those bytes.

Data flow: Arrow columns -> bytes at once -> only the spoilt records are cut out and replaced

Writing a column at a time and touching few records as text is what makes millions of lines
feasible, while a spoilt record may still be any text at all.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.csv

from lakehouse.generate.shop import Columns

_LINE_END = 10
_PLAIN = pa.csv.WriteOptions(include_header=False, quoting_style="none")


def render(columns: Columns, names: Sequence[str], header: Sequence[str] | None = None) -> bytes:
    """Write columns as CSV with LF line ends and without quotes.

    Args:
        columns: The content; no value may hold a comma, a quote or a line break.
        names: The columns to write, in order.
        header: What the first line says where it should differ from `names`.
    """
    sink = io.BytesIO()
    sink.write(",".join(header or names).encode() + b"\n")
    pa.csv.write_csv(pa.table([columns[name] for name in names], list(names)), sink, _PLAIN)
    return sink.getvalue()


def replace_records(
    data: bytes, numbers: Mapping[int, str], rewrite: Callable[[int, str, list[str]], str]
) -> bytes:
    """Exchange single records of a file that `render` wrote.

    Args:
        data: The file.
        numbers: Positions of the records, 0 is the first below the header, each with any label.
        rewrite: Gets position, label and fields, gives the text that takes the record's place.
    """
    if not numbers:
        return data
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == _LINE_END)
    pieces: list[bytes] = []
    kept_from = 0
    for position in sorted(numbers):
        start, end = int(ends[position]) + 1, int(ends[position + 1])
        fields = data[start:end].decode().split(",")
        pieces.append(data[kept_from:start])
        pieces.append(rewrite(position, numbers[position], fields).encode())
        kept_from = end
    pieces.append(data[kept_from:])
    return b"".join(pieces)


def quoted(fields: Sequence[str]) -> str:
    """One record, quoted by RFC 4180 where a field needs it and nowhere else."""
    return ",".join(
        '"' + field.replace('"', '""') + '"' if set(field) & set(',"\r\n') else field
        for field in fields
    )
