"""The reader, spread over Spark: raw files into frames of records, or of one finding for each file.

Data flow: frame of file names -> mapInArrow(reader) -> inspections | records

The same Python code reads every file on every engine, so an engine can't change what a record is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_schema

from ingestion.catalog import SPARK_TYPES
from ingestion.erased import Erased, read_erased
from ingestion.errors import LakehouseError
from ingestion.explained import add_examples
from ingestion.faults import FileFault
from ingestion.files import RawFile, to_path
from ingestion.header import Header
from ingestion.reader import read_file, record_schema
from ingestion.row_schema import row_schema
from ingestion.settings import Settings
from ingestion.stored import content_hash, read_bytes
from ingestion.tables import TABLES, Table

_FILES_AT_ONCE = 64
_FILES = T.StructType(
    [
        T.StructField("path", T.StringType()),
        T.StructField("source_file", T.StringType()),
        T.StructField("table_name", T.StringType()),
        T.StructField("file_date", T.DateType()),
        T.StructField("content_hash", T.StringType()),
    ]
)
# What a frame of records says of the file that each is from.
ORIGIN = (
    pa.field("source_file", pa.string()),
    pa.field("file_date", pa.date32()),
    pa.field("content_hash", pa.string()),
    pa.field("header", pa.list_(pa.string())),
)

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Inspection:
    """What reading a file found, before anything of it is written.

    Attributes:
        source_file: Path below the raw folder.
        fault: `code: detail` when the file can't be read as its table at all.
        records_read: Records in it.
        records_rejected: Records with at least one reason.
        records_erased: Records of people who were erased; they are in none of the other counts.
        reasons: Reason code to the number of records that have it.
        examples: Reason code to its first record: number, value found and form expected.
        extra_columns: Columns that nobody declared, kept in `_rescued`.
        dates: Values of the `date` column among the good records.
    """

    source_file: str
    fault: str | None
    records_read: int
    records_rejected: int
    records_erased: int
    reasons: dict[str, int]
    examples: dict[str, str]
    extra_columns: list[str]
    dates: list[date]


_INSPECTIONS = row_schema(Inspection)
_ARROW_INSPECTIONS = to_arrow_schema(_INSPECTIONS)


def inspect_files(
    spark: SparkSession, files: Sequence[RawFile], settings: Settings, progress: Progress
) -> dict[str, Inspection]:
    """Read every file once and tell by its name what is in it; nothing is written."""
    inspector = _inspector(TABLES, settings.max_file_bytes, read_erased(spark, settings))
    found: dict[str, Inspection] = {}
    for start in range(0, len(files), _FILES_AT_ONCE):
        some = files[start : start + _FILES_AT_ONCE]
        progress(f"reading {some[0].source_file}", start, len(files))
        for row in _frame_of(spark, some).mapInArrow(inspector, _INSPECTIONS).collect():
            found[row["source_file"]] = Inspection(**row.asDict())
    progress("read", len(files), len(files))
    return found


def read_records(
    spark: SparkSession,
    files: Sequence[RawFile],
    table: Table,
    settings: Settings,
    keep_raw_text: bool = False,
) -> DataFrame:
    """Frame of all records of the files of one table, but for those of people who were erased.

    Columns: those of `reader.record_schema(table)`, `source_file`, `file_date`, `content_hash` and
    `header`, the names of the file's columns. The header and the raw text of good records are null
    unless they are asked for.
    """
    reader = _record_reader(
        table, settings.max_file_bytes, keep_raw_text, read_erased(spark, settings)
    )
    return _frame_of(spark, files).mapInArrow(reader, record_type(table))


def record_type(table: Table) -> T.StructType:
    """The columns of a frame of records of one table."""
    declared = [T.StructField(column.name, SPARK_TYPES[column.type]) for column in table.columns]
    return T.StructType(
        [
            *declared,
            T.StructField("_rescued", T.StringType()),
            T.StructField("record_number", T.LongType()),
            T.StructField("raw_text", T.StringType()),
            T.StructField("reasons", T.ArrayType(T.StringType())),
            T.StructField("source_file", T.StringType()),
            T.StructField("file_date", T.DateType()),
            T.StructField("content_hash", T.StringType()),
            T.StructField("header", T.ArrayType(T.StringType())),
        ]
    )


def _frame_of(spark: SparkSession, files: Sequence[RawFile]) -> DataFrame:
    rows = [tuple(getattr(file, column) for column in _FILES.names) for file in files]
    # Rows as few as these would stay in one partition, and the files be read one after the other.
    partitions = spark.conf.get("spark.sql.shuffle.partitions") or "1"
    return spark.createDataFrame(rows, _FILES).repartition(int(partitions))


_Batches = Iterable[pa.RecordBatch]


def _inspector(
    tables: Mapping[str, Table], max_bytes: int, erased: Erased
) -> Callable[[_Batches], Iterator[pa.RecordBatch]]:
    def inspect(batches: _Batches) -> Iterator[pa.RecordBatch]:
        for row in _rows(batches):
            yield pa.RecordBatch.from_pylist(
                [_inspect(row, tables[row["table_name"]], max_bytes, erased)], _ARROW_INSPECTIONS
            )

    return inspect


def _inspect(
    row: dict[str, str], table: Table, max_bytes: int, erased: Erased
) -> dict[str, object]:
    reasons: Counter[str] = Counter()
    examples: dict[str, str] = {}
    read = rejected = left_out = 0
    dates: set[date] = set()
    try:
        header, batches = _open(row, table, max_bytes)
        for whole_batch in batches:
            batch = erased.without(whole_batch, table, header.names)
            is_good = pc.is_null(batch["reasons"])
            read += whole_batch.num_rows
            left_out += whole_batch.num_rows - batch.num_rows
            rejected += batch.num_rows - (pc.sum(is_good).as_py() or 0)
            reasons.update(batch["reasons"].flatten().to_pylist())
            if len(examples) < len(reasons):
                add_examples(examples, batch, header.names, table)
            if "date" in batch.schema.names:
                dates.update(pc.unique(batch["date"].filter(is_good)).to_pylist())
    except (FileFault, LakehouseError) as fault:
        unreadable = f"unreadable: {fault.problem}" if isinstance(fault, LakehouseError) else None
        return {
            "source_file": row["source_file"],
            "fault": unreadable or str(fault),
            "records_read": 0,
            "records_rejected": 0,
            "records_erased": 0,
            "reasons": [],
            "examples": [],
            "extra_columns": [],
            "dates": [],
        }
    return {
        "source_file": row["source_file"],
        "fault": None,
        "records_read": read,
        "records_rejected": rejected,
        "records_erased": left_out,
        "reasons": list(reasons.items()),
        "examples": list(examples.items()),
        "extra_columns": list(header.extra),
        "dates": sorted(dates),
    }


def _record_reader(
    table: Table, max_bytes: int, keep_raw_text: bool, erased: Erased
) -> Callable[[_Batches], Iterator[pa.RecordBatch]]:
    schema = record_schema(table)
    for field in ORIGIN:
        schema = schema.append(field)

    def read(batches: _Batches) -> Iterator[pa.RecordBatch]:
        for row in _rows(batches):
            header, records = _open(row, table, max_bytes, keep_raw_text)
            origin = row | {"header": header.names if keep_raw_text else None}
            for whole_batch in records:
                batch = erased.without(whole_batch, table, header.names)
                if not batch.num_rows:
                    continue  # Arrow can't repeat a list no times
                constants = [
                    pa.repeat(pa.scalar(origin[field.name], field.type), batch.num_rows)
                    for field in ORIGIN
                ]
                yield pa.RecordBatch.from_arrays([*batch.columns, *constants], schema=schema)

    return read


def _rows(batches: _Batches) -> Iterator[dict[str, Any]]:
    for batch in batches:
        yield from batch.to_pylist()


def _open(
    row: dict[str, str], table: Table, max_bytes: int, keep_raw_text: bool = False
) -> tuple[Header, Iterator[pa.RecordBatch]]:
    content = read_bytes(to_path(row["path"]), max_bytes)
    if content_hash(content) != row["content_hash"]:
        raise FileFault("changed_while_read", "the file was written to during the run")
    name = row["source_file"].rpartition("/")[2]
    return read_file(content, name, table, max_bytes, keep_raw_text)
