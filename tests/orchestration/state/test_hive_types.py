from __future__ import annotations

from typing import Any

import pytest

from orchestration.state.hive_types import hive_type

POINT = {"type": "struct", "fields": [{"name": "x", "type": "long"}, {"name": "y", "type": "byte"}]}


@pytest.mark.parametrize(
    ("delta_type", "expected"),
    [
        ("long", "bigint"),
        ("integer", "int"),
        ("short", "smallint"),
        ("byte", "tinyint"),
        ("string", "string"),
        ("boolean", "boolean"),
        ("double", "double"),
        ("date", "date"),
        ("timestamp", "timestamp"),
        ("timestamp_ntz", "timestamp"),
        ("binary", "binary"),
        ("decimal(18,2)", "decimal(18,2)"),
        ({"type": "array", "elementType": "date"}, "array<date>"),
        ({"type": "map", "keyType": "string", "valueType": "long"}, "map<string,bigint>"),
        (POINT, "struct<x:bigint,y:tinyint>"),
        ({"type": "array", "elementType": POINT}, "array<struct<x:bigint,y:tinyint>>"),
    ],
)
def test_a_type_of_delta_has_its_name_in_hive(delta_type: Any, expected: str) -> None:
    assert hive_type(delta_type) == expected
