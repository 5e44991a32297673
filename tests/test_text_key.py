"""The macro text_key against Unicode's lists of what nobody sees; beside it the oracle's rule."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from jinja2 import Environment
from pyspark.sql import SparkSession

from orchestration.project import PROJECT_FOLDER
from tests.unseen import BLANK, IGNORABLE

JOINERS = "\u200c\u200d"
FILLERS = "\u3164\uffa0"  # of Hangul: ignorable by the list, and as wide as a letter
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
ENGLAND, SCOTLAND = (
    "\U0001f3f4" + "".join(chr(0xE0000 + ord(letter)) for letter in f"{code}\x7f")
    for code in ("gbeng", "gbsct")
)
ORACLE = Path(__file__).parent / "oracle" / "sql" / "macros.sql"


def cases() -> list[tuple[str, str]]:
    """Name to what is right."""
    found = [(FAMILY, FAMILY), (ENGLAND, ENGLAND), (SCOTLAND, SCOTLAND), ("a \u4e2d", "a \u4e2d")]
    for sign in [*IGNORABLE, *BLANK]:
        looks_blank = sign in FILLERS or (sign in BLANK and sign not in "\ufff9\ufffa\ufffb")
        inside = "Ho me" if looks_blank else f"Ho{sign}me" if sign in JOINERS else "Home"
        found += [(f"Home{sign}", "Home"), (f"{sign}Home", "Home"), (sign, "")]
        found += [(f"Ho{sign}me", inside), (f" {sign} Home{sign}{sign}", "Home")]
    return found


@pytest.fixture(scope="module")
def right() -> list[str]:
    return [name for _, name in cases()]


def test_what_nobody_sees_makes_no_other_name(spark: SparkSession, right: list[str]) -> None:
    macro = (PROJECT_FOLDER / "macros" / "text_key.sql").read_text()
    text_key = Environment(autoescape=False).from_string(macro + "{{ text_key('name') }}").render()
    rows = spark.createDataFrame(
        list(enumerate(name for name, _ in cases())), "id int, name string"
    )
    found = rows.selectExpr("id", f"{text_key} as found").orderBy("id").collect()
    assert [row.found for row in found] == right


def test_the_oracle_has_the_same_rule(right: list[str]) -> None:
    with duckdb.connect() as connection:
        connection.execute(ORACLE.read_text())
        connection.execute("create table names (id integer, name varchar)")
        connection.execute(
            "insert into names select unnest($ids), unnest($names)",
            {"ids": list(range(len(right))), "names": [name for name, _ in cases()]},
        )
        found = connection.execute("select name_key(name) from names order by id").fetchall()
    assert [name for (name,) in found] == right
