"""What no short SQL of DuckDB gives, as functions of Python for the templates of proven.py.

A function gets no NULL: where one of its arguments is NULL, so is its value.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

import duckdb
from duckdb.func import FunctionNullHandling

from lakehouse.query import json_values, jsons, strings

_TEXTS = "varchar[]"
# Function, the types of its arguments, the type of its value.
_NATIVES: dict[str, tuple[Callable[..., Any], list[Any], str]] = {
    "trino_json_parse": (jsons.parsed, ["varchar"], "varchar"),
    "trino_json_parse_to_cast": (jsons.parsed_to_cast, ["varchar"], "varchar"),
    "trino_json_extract": (jsons.extracted, ["varchar", "varchar"], "varchar"),
    "trino_json_scalar": (jsons.extracted_scalar, ["varchar", "varchar"], "varchar"),
    "trino_json_size": (jsons.size, ["varchar", "varchar"], "bigint"),
    "trino_json_array_length": (jsons.array_length, ["varchar"], "bigint"),
    "trino_json_array_contains": (jsons.array_contains, ["varchar", "varchar"], "boolean"),
    "trino_json_quoted": (json_values.quoted, ["varchar"], "varchar"),
    "trino_json_double": (json_values.of_double, ["double"], "varchar"),
    "trino_json_object": (json_values.of_fields, [_TEXTS, _TEXTS], "varchar"),
    "trino_json_as_text": (json_values.as_text, ["varchar"], "varchar"),
    "trino_json_as_number": (json_values.as_number, ["varchar"], "varchar"),
    "trino_json_as_double": (json_values.as_double, ["varchar"], "double"),
    "trino_json_as_whole": (json_values.as_whole, ["varchar"], "bigint"),
    "trino_json_as_truth": (json_values.as_truth, ["varchar"], "boolean"),
    "trino_json_items": (json_values.items, ["varchar"], _TEXTS),
    "trino_json_fields": (json_values.fields, ["varchar"], f"{_TEXTS}[]"),
    "trino_url_encode": (strings.url_encoded, ["varchar"], "varchar"),
    "trino_url_decode": (strings.url_decoded, ["varchar"], "varchar"),
    "trino_levenshtein": (strings.levenshtein, ["varchar", "varchar"], "bigint"),
    "trino_scientific": (json_values.scientific, ["double"], "varchar"),
}
_NAME = re.compile(r"\btrino_\w+")


def register(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Make those that a text of SQL needs."""
    for name in sorted(set(_NAME.findall(sql)) & _NATIVES.keys()):
        function, given, made = _NATIVES[name]
        connection.create_function(
            name, _unless_null(function), given, made, null_handling=FunctionNullHandling.SPECIAL
        )


def _unless_null(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)  # DuckDB counts its parameters.
    def called(*given: Any) -> Any:
        return None if None in given else function(*given)

    return called
