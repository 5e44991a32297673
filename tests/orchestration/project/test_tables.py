from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.project.tables import key_of
from tests.compare import GOLD_KEYS, SILVER_KEYS

KEYS = {
    **{f"gold.{name}": keys for name, keys in GOLD_KEYS.items()},
    **{f"silver.{name}": keys for name, keys in SILVER_KEYS.items()},
    "gold.segment_rules": ["rule_order"],
    "silver.department_aliases": ["alias"],
    "silver.customer_scores": ["as_of_date", "user_id"],
    "silver.orders_rejected": ["source_file", "record_number"],
}


@pytest.mark.parametrize("table", KEYS)
def test_the_key_of_a_table_is_what_its_yml_tests(table: str) -> None:
    assert list(key_of(table)) == KEYS[table]


def test_a_table_that_nobody_has_described_has_no_key() -> None:
    assert key_of("silver.made_up") == ()


def test_a_key_of_some_rows_is_none(project: Path) -> None:
    (project / "models" / "gold" / "partial.yml").write_text(
        """
models:
  - name: partial
    data_tests:
      - unique_combination_of_columns:
          arguments: {columns: [a, b]}
          config: {where: "a > 0"}
    columns:
      - name: c
"""
    )
    assert key_of("gold.partial") == ()
