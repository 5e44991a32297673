from __future__ import annotations

import pytest

from ingestion.delta import is_in, quoted


def test_names_the_values_in_order_and_once() -> None:
    assert is_in("source_file", ["b", "a"]) == "source_file in ('a', 'b')"
    assert is_in("source_file", {"a"}) == "source_file in ('a')"


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("orders/2025-04-01.csv", "orders/2025-04-01.csv"),
        ("it's", r"it\'s"),
        ("back\\slash", r"back\\slash"),
        ("') or ('1' = '1", r"\') or (\'1\' = \'1"),
        ("\\'", r"\\\'"),
        ('"', '"'),
    ],
)
def test_no_character_of_a_value_ends_its_quotes(text: str, escaped: str) -> None:
    assert quoted(text) == escaped
    assert is_in("name", [text]) == f"name in ('{escaped}')"
