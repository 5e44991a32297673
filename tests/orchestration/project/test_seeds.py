from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.errors import LakehouseError
from orchestration.project import PROJECT_FOLDER
from orchestration.project.seeds import check_seeds

DECLARATION = """
seeds:
  - name: rules
    config:
      column_types:
        rule_order: int
        segment: string
"""
NOT_UTF8 = b"rule_order,segment\n10,caf\xe9\n"


@pytest.fixture
def seed(tmp_path: Path) -> Path:
    """A seed of one number and one text, not yet written."""
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "rules.yml").write_text(DECLARATION)
    return tmp_path / "seeds" / "rules.csv"


@pytest.mark.parametrize(
    "text",
    [
        "rule_order,segment\n10,champions\n-20,7\n",
        "\ufeffrule_order,segment\r\n10,champions\r\n\r\n",
        'rule_order,segment\n10,"a, b"\n',
    ],
)
def test_a_seed_that_reads_as_declared_passes(seed: Path, text: str) -> None:
    seed.write_text(text)
    check_seeds(seed.parent.parent)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("10,a\nten,b\n", "row 2 (line 3): rule_order is 'ten', which is no whole number."),
        ("1.5,a\n", "row 1 (line 2): rule_order is '1.5', which is no whole number."),
        ("9999999999,a\n", "rule_order is '9999999999', which is no whole number."),
        ("10,a\n\n , b\n", "row 2 (line 4): rule_order is empty."),
        ("10,\n", "row 1 (line 2): segment is empty."),
        ("10,a,b\n", "row 1 (line 2) has 3 values, not 2: 10,a,b"),
        ("10\n", "row 1 (line 2) has 1 values, not 2: 10"),
        ('10,"a\n', "can't be read: unexpected end of data"),
    ],
)
def test_the_first_wrong_value_is_reported_with_its_file_row_and_column(
    seed: Path, text: str, problem: str
) -> None:
    seed.write_text(f"rule_order,segment\n{text}")
    with pytest.raises(LakehouseError) as raised:
        check_seeds(seed.parent.parent)
    assert raised.value.problem.startswith("seeds/rules.csv")
    assert problem in raised.value.problem


def test_a_header_that_is_not_declared_is_reported(seed: Path) -> None:
    seed.write_text("rule_order,name\n10,a\n")
    with pytest.raises(LakehouseError, match="'rule_order,name', not 'rule_order,segment'"):
        check_seeds(seed.parent.parent)


def test_a_seed_of_another_encoding_is_reported(seed: Path) -> None:
    seed.write_bytes(NOT_UTF8)
    with pytest.raises(LakehouseError, match=r"rules\.csv can't be read"):
        check_seeds(seed.parent.parent)


def test_the_seeds_of_the_project_read_as_declared() -> None:
    check_seeds(PROJECT_FOLDER)
