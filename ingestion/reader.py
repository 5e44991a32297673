"""One raw file into typed records and rejected records: no Spark, no paths, no clock.

Data flow: bytes -> text -> header + records -> typed columns + reasons -> Arrow batches

Both kinds leave in one stream of record batches: a record with `reasons` null is to be loaded, one
with reasons is rejected and carries its raw text. Records read is therefore loaded + rejected by
construction.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.clean_csv import read_clean
from ingestion.csv_records import Records, blocks_of_lines, has_lines, split_block
from ingestion.explained import MALFORMED
from ingestion.faults import FileFault
from ingestion.header import Header, match_header, read_header
from ingestion.swallowed import SWALLOWED, swallowing
from ingestion.tables import Table
from ingestion.text import text_of
from ingestion.values import ARROW_TYPES, TypedColumn, to_type


def record_schema(table: Table) -> pa.Schema:
    """Arrow schema of the batches of `read_records`."""
    return pa.schema(
        [
            *((column.name, ARROW_TYPES[column.type]) for column in table.columns),
            ("_rescued", pa.string()),
            ("record_number", pa.int64()),
            ("raw_text", pa.string()),
            ("reasons", pa.list_(pa.string())),
        ]
    )


def read_file(
    content: bytes, file_name: str, table: Table, max_bytes: int, keep_raw_text: bool = False
) -> tuple[Header, Iterator[pa.RecordBatch]]:
    """Read one raw file.

    Args:
        content: The bytes as they arrived.
        file_name: Tells whether the file is gzipped.
        table: What the file should hold.
        max_bytes: Limit of the text's size once unpacked, against archives made to fill a disk.
        keep_raw_text: Give good records their raw text too, not only the rejected ones.

    Returns:
        The header, and batches of `record_schema(table)`, read as they are asked for.

    Raises:
        FileFault: The file can't be read as this table at all.
    """
    text = text_of(content, file_name, max_bytes)
    header, start = read_header(text, table)
    if table.whole_list and not has_lines(text, start):  # of a daily file: nothing was sold
        raise FileFault("header_only", "the file has a header and no record")
    return header, _read_blocks(text, start, header, table, keep_raw_text)


def _read_blocks(
    text: bytes, start: int, header: Header, table: Table, keep_raw_text: bool
) -> Iterator[pa.RecordBatch]:
    """Read the text below the header block by block, each the short way if it is clean."""
    is_plain = not header.extra and len(header.names) == header.width and not keep_raw_text
    number, rest = 1, ""
    for block, is_last in blocks_of_lines(text, start):
        clean = read_clean(block, header.positions, table) if is_plain and not rest else None
        if clean is not None:
            for batch in clean.to_batches():
                yield _clean_batch(batch, number, table)
                number += len(batch)
            continue
        records, rest = split_block(rest + block.decode(), header.widths, is_last)
        count = len(records.raw_text)
        yield from _typed_batch(records, _numbers(number, count), header, table, keep_raw_text)
        number += count


def read_texts(
    raw_texts: Sequence[str], numbers: Sequence[int], header: Sequence[str], table: Table
) -> Iterator[pa.RecordBatch]:
    """Read single records again, without the file that they stood in.

    Args:
        raw_texts: Each record as it stood in the file.
        numbers: The record's number in the file, aligned with the texts.
        header: Names of the file's columns in its order.
        table: What the file should hold.

    Returns:
        Batches of `record_schema(table)`. A text that reads as several records is malformed.

    Raises:
        FileFault: Today's declaration of the table has a column that the file lacks.
    """
    matched = match_header(list(header), table)
    fields = [_only_record(text, matched) for text in raw_texts]
    records = Records(pa.array(raw_texts, pa.string()), pa.array(fields, pa.list_(pa.string())))
    return _typed_batch(records, pa.array(numbers, pa.int64()), matched, table, True)


def _only_record(text: str, header: Header) -> list[str] | None:
    records, _ = split_block(text, header.widths)
    fields: list[str] | None = records.fields[0].as_py() if len(records.fields) == 1 else None
    return fields


def _clean_batch(clean: pa.RecordBatch, number: int, table: Table) -> pa.RecordBatch:
    known = dict(zip(table.column_names, clean.columns, strict=True))
    return _batch(known | {"record_number": _numbers(number, len(clean))}, len(clean), table)


def _numbers(first: int, count: int) -> pa.Int64Array:
    return pa.array(np.arange(first, first + count), pa.int64())


def _typed_batch(
    records: Records,
    number: pa.Int64Array,
    header: Header,
    table: Table,
    keep_raw_text: bool,
) -> Iterator[pa.RecordBatch]:
    fields = _named_fields(records.fields, header)
    is_whole = pc.fill_null(pc.equal(pc.list_value_length(fields), header.width), False)
    whole = fields.filter(is_whole).flatten()
    raw_text = records.raw_text.filter(is_whole)
    typed = {
        column.name: to_type(whole[place :: header.width], column)
        if (place := header.positions.get(column.name)) is not None
        else TypedColumn(pa.nulls(len(raw_text), ARROW_TYPES[column.type]), {})
        for column in table.columns
    }
    faults = {code: mask for column in typed.values() for code, mask in column.faults.items()}
    faults[SWALLOWED] = swallowing(raw_text, header, table)
    reasons = _reasons(faults, len(raw_text))
    yield pa.record_batch(
        [
            *(typed[name].values for name in table.column_names),
            _rescue(whole, header),
            number.filter(is_whole),
            raw_text
            if keep_raw_text
            else pc.if_else(pc.is_valid(reasons), raw_text, pa.scalar(None, pa.string())),
            reasons,
        ],
        schema=record_schema(table),
    )
    is_malformed = pc.invert(is_whole)
    if pc.any(is_malformed).as_py():
        yield _malformed_batch(
            number.filter(is_malformed), records.raw_text.filter(is_malformed), table
        )


def _named_fields(fields: pa.ListArray, header: Header) -> pa.ListArray:
    """The fields of the columns that have names, null where a value has no name above it."""
    if len(header.names) == header.width:
        return fields
    named = [
        found[: header.width]
        if found and len(found) in header.widths and not any(found[header.width :])
        else None
        for found in fields.to_pylist()
    ]
    return pa.array(named, pa.list_(pa.string()))


def _malformed_batch(
    number: pa.Int64Array, raw_text: pa.StringArray, table: Table
) -> pa.RecordBatch:
    known = {
        "record_number": number,
        "raw_text": raw_text,
        "reasons": pa.array([[MALFORMED]] * len(number), pa.list_(pa.string())),
    }
    return _batch(known, len(number), table)


def _batch(known: Mapping[str, pa.Array], length: int, table: Table) -> pa.RecordBatch:
    """A batch of these columns, with nulls for the others."""
    schema = record_schema(table)
    return pa.record_batch(
        [known.get(field.name, pa.nulls(length, field.type)) for field in schema], schema=schema
    )


def _reasons(faults: dict[str, pa.BooleanArray], count: int) -> pa.ListArray:
    """Give each record the codes of all its faults, null where it has none."""
    by_record: list[list[str] | None] = [None] * count
    for code, mask in faults.items():
        for place in np.flatnonzero(mask.to_numpy(zero_copy_only=False)):
            by_record[place] = [*(by_record[place] or []), code]
    return pa.array(by_record, pa.list_(pa.string()))


def _rescue(whole: pa.StringArray, header: Header) -> pa.StringArray:
    """Keep the columns nobody declared as one JSON text for each record."""
    count = len(whole) // header.width
    if not header.extra:
        return pa.nulls(count, pa.string())
    columns = {name: whole[place :: header.width] for name, place in header.extra.items()}
    rows = pa.table(columns).to_pylist()
    return pa.array([json.dumps(row, ensure_ascii=False) for row in rows], pa.string())
