"""One raw file into typed records and rejected records: no Spark, no paths, no clock.

Data flow: bytes -> text -> header + records -> typed columns + reasons -> Arrow batches

Both kinds leave in one stream of record batches: a record with `reasons` null is to be loaded, one
with reasons is rejected and carries its raw text. Records read is therefore loaded + rejected by
construction.
"""

from __future__ import annotations

import codecs
import gzip
import io
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.clean_csv import read_clean
from ingestion.csv_records import Records, split_header, split_records
from ingestion.header import FileFault, Header, match_header
from ingestion.tables import Table
from ingestion.values import ARROW_TYPES, to_type

MALFORMED = "malformed"
_BATCH_RECORDS = 100_000
_READ_BYTES = 1 << 20


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
    header_fields, body = split_header(decode(content, file_name, max_bytes))
    header = match_header(header_fields, table)
    if not header.extra and not keep_raw_text:
        clean = read_clean(body, header.positions, table)
        if clean is not None:
            return header, _clean_batches(clean, table)
    records = split_records(body, header.width)
    if table.whole_list and len(records.raw_text) == 0:  # of a daily file: nothing was sold
        raise FileFault("header_only", "the file has a header and no record")
    return header, _typed_batches(records, header, table, keep_raw_text)


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
    fields = [_only_record(text, matched.width) for text in raw_texts]
    records = Records(pa.array(raw_texts, pa.string()), pa.array(fields, pa.list_(pa.string())))
    return _typed_batch(records, pa.array(numbers, pa.int64()), matched, table, True)


def _only_record(text: str, width: int) -> list[str] | None:
    records = split_records(text, width)
    fields: list[str] | None = records.fields[0].as_py() if len(records.fields) == 1 else None
    return fields


def decode(content: bytes, file_name: str, max_bytes: int) -> str:
    """Unpack and decode a file's content; a byte order mark is dropped.

    Raises:
        FileFault: `empty_file`, `truncated_gzip`, `too_large`, `binary` or `not_utf8`.
    """
    if file_name.endswith(".gz") and content:
        content = _unpack(content, max_bytes)
    if len(content) > max_bytes:
        raise FileFault("too_large", f"the text is larger than {max_bytes:,} bytes; split the file")
    if not content.removeprefix(codecs.BOM_UTF8).strip():
        raise FileFault("empty_file", "the file holds nothing")
    if b"\0" in content:
        position = content.index(b"\0")
        raise FileFault("binary", f"byte {position} is zero: this is no text file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FileFault("not_utf8", f"line {line} is not valid UTF-8; save it as UTF-8") from None


def _unpack(content: bytes, max_bytes: int) -> bytes:
    unpacked = io.BytesIO()
    try:
        with gzip.open(io.BytesIO(content)) as stream:
            while block := stream.read(_READ_BYTES):
                unpacked.write(block)
                if unpacked.tell() > max_bytes:
                    break
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise FileFault("truncated_gzip", f"the archive is cut or damaged ({error})") from None
    return unpacked.getvalue()


def _clean_batches(clean: pa.Table, table: Table) -> Iterator[pa.RecordBatch]:
    start = 0
    for batch in clean.to_batches(_BATCH_RECORDS):
        known = dict(zip(table.column_names, batch.columns, strict=True)) | {
            "record_number": _numbers(start, len(batch))
        }
        yield _batch(known, len(batch), table)
        start += len(batch)


def _typed_batches(
    records: Records, header: Header, table: Table, keep_raw_text: bool
) -> Iterator[pa.RecordBatch]:
    for start in range(0, len(records.raw_text), _BATCH_RECORDS):
        chunk = Records(
            records.raw_text.slice(start, _BATCH_RECORDS),
            records.fields.slice(start, _BATCH_RECORDS),
        )
        yield from _typed_batch(
            chunk, _numbers(start, len(chunk.raw_text)), header, table, keep_raw_text
        )


def _numbers(start: int, count: int) -> pa.Int64Array:
    return pa.array(np.arange(start + 1, start + 1 + count), pa.int64())


def _typed_batch(
    records: Records,
    number: pa.Int64Array,
    header: Header,
    table: Table,
    keep_raw_text: bool,
) -> Iterator[pa.RecordBatch]:
    is_whole = pc.fill_null(pc.equal(pc.list_value_length(records.fields), header.width), False)
    whole = records.fields.filter(is_whole).flatten()
    typed = {
        column.name: to_type(whole[header.positions[column.name] :: header.width], column)
        for column in table.columns
    }
    rescued = _rescue(whole, header)
    reasons = _reasons(
        {code: mask for column in typed.values() for code, mask in column.faults.items()},
        int(pc.sum(is_whole).as_py() or 0),
    )
    raw_text = records.raw_text.filter(is_whole)
    yield pa.record_batch(
        [
            *(typed[name].values for name in table.column_names),
            rescued,
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
