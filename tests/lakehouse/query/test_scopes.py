"""A name means what the nearest query around it says, and never a table of DuckDB."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from lakehouse.query.engine import ask
from lakehouse.query.output import rows_of

Refused = Callable[[str], LakehouseError]
Rows = list[tuple[Any, ...]]
SYSTEM = ["pg_settings", "duckdb_tables", "sqlite_master", "duckdb_settings", "pg_tables"]
PLAIN = ["a", "b"]


@st.composite
def nested(draw: st.DrawFn, known: tuple[tuple[str, int], ...] = (), depth: int = 0) -> Any:
    """A query of one number, and the number; None where a name in it is not in scope."""
    name, value = draw(st.sampled_from(SYSTEM + PLAIN)), draw(st.integers(1, 9))
    form = draw(
        st.sampled_from(["leaf", "name"] if depth > 3 else ["leaf", "name", "with", "pair"])
    )
    if form == "leaf":
        return f"select {value} as x", value
    if form == "name":
        return f"select x from {name}", dict(known).get(name)
    if form == "with":
        inner, inner_value = draw(nested(known, depth + 1))
        body, body_value = draw(nested((*known, (name, inner_value)), depth + 1))
        # A part that can't be read refuses the whole, used or not.
        return (
            f"with {name} as ({inner}) select x from ({body}) as y",
            body_value if inner_value is not None else None,
        )
    left, left_value = draw(nested(known, depth + 1))
    right, right_value = draw(nested(known, depth + 1))
    whole = None if None in (left_value, right_value) else left_value + right_value
    return f"select p.x + q.x as x from ({left}) as p cross join ({right}) as q", whole


@given(case=nested())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_random_nestings_read_what_is_in_scope_and_nothing_else(
    lake: Settings, case: tuple[str, int | None]
) -> None:
    sql, value = case
    if value is None:
        with pytest.raises(LakehouseError, match="there is no table"):
            ask(lake, sql)
    else:
        assert list(rows_of(ask(lake, sql))) == [(value,)]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    import pyarrow as pa
    from deltalake import write_deltalake

    root = tmp_path_factory.mktemp("scopes")
    write_deltalake(root / "gold" / "daily_sales", pa.table({"x": [0]}))
    return Settings.read(root=str(root), environment={})


@pytest.mark.parametrize("name", SYSTEM)
def test_the_name_of_an_inner_with_does_not_open_the_outer_one(refused: Refused, name: str) -> None:
    sql = f"select * from (with {name} as (select 1 as x) select * from {name}) as a, {name} as b"
    assert f"there is no table {name}." in refused(sql).problem


def test_a_with_hides_a_table_of_its_name_within_its_query_alone(
    rows: Callable[[str], Rows],
) -> None:
    inner = "with daily_sales as (select 7 as n from daily_sales limit 1) select n from daily_sales"
    assert rows(
        f"select i.n, count(*) from ({inner}) as i cross join daily_sales group by i.n"
    ) == [(7, 3)]


def test_a_column_that_two_tables_have_needs_its_table(refused: Refused) -> None:
    sql = "select order_date from gold.daily_sales as a cross join gold.daily_sales as b"
    assert "is in several tables here" in refused(sql).problem


def test_an_alias_of_the_result_is_no_column_of_where(refused: Refused) -> None:
    sql = "select order_count as n from gold.daily_sales where n > 1"
    assert "there is no column n." in refused(sql).problem
