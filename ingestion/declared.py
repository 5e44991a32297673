"""Whether a bronze table that exists is as declared, and what it gets that was declared since.

A table grows by columns that a file may lack: the rows that it has, and those of older files, are
null there. Everything else would change what rows mean that are there, and is refused before
anything is written.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import types as T

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from ingestion.tables import Table

_PLACE = "ingestion/tables.py"


def require_declared(
    settings: Settings, table: Table, declared: T.StructType, stored: T.StructType
) -> None:
    """Let a table be written, once it has the optional columns that are new.

    Args:
        settings: Where the root is.
        table: The declaration.
        declared: Its columns in bronze.
        stored: The columns that the table has.

    Raises:
        LakehouseError: A column is new and not optional, declared no more or of another type.
    """
    expected, found = _types(declared), _types(stored)
    optional = {column.name for column in table.columns if column.optional}
    ours = set(table.column_names)
    new = [name for name in expected if name not in found and name in ours - optional]
    gone = [name for name in found if name not in expected]
    other = [name for name, type_ in expected.items() if found.get(name, type_) != type_]
    words = [f"it lacks {name}" for name in new]
    words += [f"{_PLACE} declares its column {name} no more" for name in gone]
    words += [f"its column {name} is {found[name]}, declared {expected[name]}" for name in other]
    if not words:
        return
    cures = [f"declare {name} with `optional=True`, so that older files are null" for name in new]
    cures += [f"declare {name} again, with `optional=True` if files lack it" for name in gone]
    cures += [f"declare {name} as {found[name]}" for name in other]
    raise LakehouseError(
        f"The table bronze.{table.name} of {settings.root} is not as declared: {'; '.join(words)}.",
        f"In {_PLACE}, {'; '.join(cures)}. Or load all files into a new root: `lakehouse run --root"
        " NEW`.",
    )


def _types(schema: T.StructType) -> Mapping[str, str]:
    return {field.name: field.dataType.simpleString() for field in schema}
