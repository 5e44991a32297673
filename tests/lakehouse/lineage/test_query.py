from __future__ import annotations

import pytest
from sqlglot.errors import SqlglotError

from lakehouse.lineage.query import Computed, computed_columns

TABLES = {
    "silver.orders": ["order_id", "user_id", "total_amount", "tags"],
    "silver.users": ["user_id", "name"],
    "inlined__checked": ["order_id", "reasons"],
}


def computed(sql: str) -> dict[str, Computed]:
    return computed_columns(sql, TABLES, inlined="inlined__")


def inputs(sql: str) -> dict[str, list[str]]:
    return {
        name: [f"{table}.{read}" for table, read in column.inputs]
        for name, column in computed(sql).items()
        if name != "*"
    }


def test_a_star_is_every_column_of_the_table() -> None:
    assert inputs("with all_users as (select * from silver.users) select * from all_users") == {
        "user_id": ["silver.users.user_id"],
        "name": ["silver.users.name"],
    }


def test_what_only_chooses_rows_is_no_input() -> None:
    sql = """
        select sum(orders.total_amount) as spend
        from silver.orders as orders
        inner join silver.users as users on orders.user_id = users.user_id
        where users.name <> ''
        group by orders.user_id
    """
    assert inputs(sql) == {"spend": ["silver.orders.total_amount"]}


def test_parts_of_a_union_are_matched_by_place_and_not_by_name() -> None:
    sql = (
        "select order_id, user_id from silver.orders union all select user_id, 0 from silver.users"
    )
    assert inputs(sql) == {
        "order_id": ["silver.orders.order_id", "silver.users.user_id"],
        "user_id": ["silver.orders.user_id"],
    }


def test_a_count_has_the_rows_of_the_table_as_its_input() -> None:
    sql = """
        with by_user as (select user_id, count(*) as orders from silver.orders group by user_id)
        select max(orders) as most, count(1) as users, 'all' as period from by_user
    """
    assert inputs(sql) == {
        "most": ["silver.orders.*"],
        "users": ["silver.orders.*"],
        "period": [],
    }


def test_the_rows_of_a_full_join_are_those_of_both_sides_and_of_a_left_join_of_the_left() -> None:
    join = """
        select count(*) as n
        from silver.orders as orders
        {} join silver.users as users on orders.user_id = users.user_id
    """
    assert inputs(join.format("full")) == {"n": ["silver.orders.*", "silver.users.*"]}
    assert inputs(join.format("left")) == {"n": ["silver.orders.*"]}


def test_a_window_takes_its_partition_and_its_order_for_its_value_depends_on_them() -> None:
    window = "row_number() over (partition by user_id order by total_amount)"
    sql = f"select {window} as place from silver.orders"
    assert inputs(sql) == {"place": ["silver.orders.user_id", "silver.orders.total_amount"]}


def test_a_lateral_view_and_a_function_of_several_columns_are_gone_through() -> None:
    exploded = "select tag from silver.orders as orders lateral view explode(orders.tags) t as tag"
    assert inputs(exploded) == {"tag": ["silver.orders.tags"]}
    stacked = "select stack(2, 'a', order_id, 'b', user_id) as (kind, id) from silver.orders"
    assert inputs(stacked)["id"] == ["silver.orders.order_id", "silver.orders.user_id"]
    assert inputs("select id from range(3)") == {"id": []}


def test_a_subquery_that_gives_one_value_is_gone_into() -> None:
    sql = "select name, (select max(total_amount) from silver.orders) as highest from silver.users"
    assert inputs(sql) == {"name": ["silver.users.name"], "highest": ["silver.orders.total_amount"]}


def test_a_variable_of_a_lambda_is_no_column() -> None:
    sql = "select filter(tags, tag -> tag <> user_id) as others from silver.orders"
    assert inputs(sql) == {"others": ["silver.orders.tags", "silver.orders.user_id"]}


def test_an_inlined_model_is_read_like_a_table() -> None:
    sql = """
        with inlined__checked as (select order_id, array() as reasons from silver.orders)
        select order_id from inlined__checked where size(reasons) = 0
    """
    assert inputs(sql) == {"order_id": ["inlined__checked.order_id"]}


def test_steps_are_the_expressions_that_change_a_value_the_last_one_first() -> None:
    sql = """
        with sums as (
            select user_id, sum(total_amount) as spend from silver.orders group by user_id
        ),
        again as (select user_id, spend from sums)
        select cast(coalesce(again.spend, 0) as decimal(18, 2)) as total, again.user_id
        from again
    """
    assert computed(sql)["total"].steps == ("coalesce(spend, 0)", "spend = sum(total_amount)")
    assert computed(sql)["user_id"].steps == ()


def test_a_step_keeps_the_case_of_texts_and_the_table_of_columns_of_one_name() -> None:
    sql = """
        select COALESCE(orders.user_id, users.user_id, 'No User') as who
        from silver.orders as orders cross join silver.users as users
    """
    assert computed(sql)["who"].steps == ("coalesce(orders.user_id, users.user_id, 'No User')",)


@pytest.mark.parametrize("sql", ["select nothing from silver.users", "select from where"])
def test_a_query_that_names_no_column_of_its_tables_is_refused(sql: str) -> None:
    with pytest.raises(SqlglotError):
        computed(sql)
