from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from pyspark.sql import types as T

from ingestion.row_schema import row_schema


@dataclass
class Row:
    name: str
    note: str | None
    count: int
    day: date | None
    at: datetime
    days: list[date]
    counts: dict[str, int]


def test_each_field_is_a_column_of_its_type_in_the_order_of_the_class() -> None:
    assert row_schema(Row) == T.StructType(
        [
            T.StructField("name", T.StringType()),
            T.StructField("note", T.StringType()),
            T.StructField("count", T.LongType()),
            T.StructField("day", T.DateType()),
            T.StructField("at", T.TimestampType()),
            T.StructField("days", T.ArrayType(T.DateType())),
            T.StructField("counts", T.MapType(T.StringType(), T.LongType())),
        ]
    )
