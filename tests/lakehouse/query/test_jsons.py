"""JSON is read as far as Trino 476 reads it: the values are those that it answered."""

from __future__ import annotations

import pytest

from lakehouse.query import json_values, jsons


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ('{"a": 1, ', "$.a", "1"),
        ('{"a": {"b":1}, ', "$.a", '{"b":1}'),
        ('{"a": {"b":1, ', "$.a", None),
        ('{"a": 1, x', "$.b", None),
        ('{"a":1} x', "$", '{"a":1}'),
        ("12x", "$", None),
        ("12 x", "$", "12"),
        ("[12x]", "$[0]", "12"),
        ("[01]", "$[0]", None),
        ("[1.]", "$[0]", None),
        ("[1,]", "$[1]", None),
        ("[truex]", "$[0]", None),
        ("[NaN, 1]", "$[1]", None),
        ('{"b":1,"b":2}', "$.b", "1"),
        ('{"0": 5}', "$[0]", "5"),
        ('{"a b": 5}', '$["a b"]', "5"),
    ],
)
def test_a_text_is_read_as_far_as_a_path_needs(text: str, path: str, value: str | None) -> None:
    assert jsons.extracted(text, path) == value


def test_json_parse_has_one_form_of_each_value() -> None:
    text = '{"é":1,"z":2,"Z":3,"🙂":4,"":5,"\uffff":6}'
    found = '{"":5,"Z":3,"z":2,"é":1,"\\uD83D\\uDE42":4,"\uffff":6}'
    assert jsons.parsed(text) == found
    numbers = "[1e7, 12345678.9, 0.001, 0.00099, 1e21, 1E-7, -0.0, 9999999.0, 100.0, 0.1e1, 2e23]"
    shown = "[1.0E7,1.23456789E7,0.001,9.9E-4,1.0E21,1.0E-7,-0.0,9999999.0,100.0,1.0,2.0E23]"
    assert jsons.parsed(numbers) == shown
    assert jsons.parsed("[1e400, -0]") == '["Infinity",0]'


@pytest.mark.parametrize(
    "text", ["", "nan", "1 2", "[1] x", "{broken", "'a'", '{"a":1,}', '"\x01"']
)
def test_what_is_no_json_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="is no JSON"):
        jsons.parsed(text)


def test_digits_that_are_not_known_here_are_an_error() -> None:
    assert json_values.scientific(123456.789) == "1.23456789E5"
    for value in (2e23, 1e-21):
        with pytest.raises(ArithmeticError, match="not known here"):
            json_values.scientific(value)
