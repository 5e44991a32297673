"""Delta's types in the words of Hive, which Spark and the Glue Data Catalog use, too."""

from __future__ import annotations

from typing import Any

_PRIMITIVES = {
    "long": "bigint",
    "integer": "int",
    "short": "smallint",
    "byte": "tinyint",
    "timestamp_ntz": "timestamp",
}


def hive_type(delta_type: Any) -> str:
    """Name a type as Hive does.

    Args:
        delta_type: As in the schema of a Delta log: a name, or a dict for a type of parts.
    """
    if isinstance(delta_type, str):
        return _PRIMITIVES.get(delta_type, delta_type)
    kind = delta_type["type"]
    if kind == "array":
        return f"array<{hive_type(delta_type['elementType'])}>"
    if kind == "map":
        return f"map<{hive_type(delta_type['keyType'])},{hive_type(delta_type['valueType'])}>"
    fields = (f"{field['name']}:{hive_type(field['type'])}" for field in delta_type["fields"])
    return f"struct<{','.join(fields)}>"
