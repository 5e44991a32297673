"""The schema of a table whose rows are a dataclass, so that its columns are written down once."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from pyspark.sql import types as T

_TYPES: dict[type, T.DataType] = {
    str: T.StringType(),
    int: T.LongType(),
    date: T.DateType(),
    datetime: T.TimestampType(),
}


def row_schema(row: type) -> T.StructType:
    """The fields of a dataclass as columns, in their order; every column may be null."""
    hints = get_type_hints(row)
    return T.StructType(
        [T.StructField(field.name, _type(hints[field.name])) for field in fields(row)]
    )


def _type(hint: Any) -> T.DataType:
    arguments = [argument for argument in get_args(hint) if argument is not NoneType]
    origin = get_origin(hint)
    if origin is UnionType:
        return _type(*arguments)
    if origin is list:
        return T.ArrayType(_type(*arguments))
    if origin is dict:
        key, value = arguments
        return T.MapType(_type(key), _type(value))
    return _TYPES[hint]
