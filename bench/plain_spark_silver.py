"""Silver in plain PySpark: every rule gives its reason, the newest valid version of a key wins."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

_AUDIT = ("source_file", "file_date", "record_number", "batch_id", "ingestion_timestamp")
_WAITS_FOR = ("unknown_order", "unknown_product")


def check_products(bronze: DataFrame, aliases: DataFrame) -> DataFrame:
    """Bronze products with standard departments and the reasons against each row."""
    names = aliases.select(
        F.col("alias").alias("spelling"), F.col("department").alias("standard_department")
    )
    return bronze.join(
        F.broadcast(names), F.lower(F.trim("department")) == F.col("spelling"), "left"
    ).select(
        "product_id",
        F.trim("product_name").alias("product_name"),
        F.coalesce("standard_department", F.trim("department")).alias("department"),
        "department_id",
        F.col("department").alias("source_department"),
        _reasons({"not_positive:product_id": F.col("product_id") <= 0}),
        *_AUDIT,
    )


def products(checked: DataFrame) -> DataFrame:
    """One row per product: its newest version."""
    newest_file = F.first("source_file").over(Window.orderBy(*_newest_first()))
    valid = _valid(checked).withColumn("is_active", F.col("source_file") == newest_file)
    return _newest(valid, "product_id").withColumn(
        "last_updated_timestamp", F.col("ingestion_timestamp")
    )


def check_orders(bronze: DataFrame) -> DataFrame:
    """Bronze orders with the reasons against each row."""
    return bronze.select(
        "order_id",
        "user_id",
        "order_num",
        "total_amount",
        "order_timestamp",
        "date",
        _reasons(
            {
                "not_positive:order_id": F.col("order_id") <= 0,
                "not_positive:user_id": F.col("user_id") <= 0,
                "below:total_amount": F.col("total_amount") < 0.01,
                "above:total_amount": F.col("total_amount") > 100000.00,
                "mismatch:date": F.col("date") != F.to_date("order_timestamp"),
            }
        ),
        *_AUDIT,
    )


def orders(checked: DataFrame) -> DataFrame:
    """One row per order: its newest version."""
    return (
        _newest(_valid(checked), "order_id")
        .withColumn("day_of_week", F.weekday("date") + 1)
        .withColumn("hour_of_day", F.hour("order_timestamp"))
    )


def check_order_items(bronze: DataFrame, orders: DataFrame, products: DataFrame) -> DataFrame:
    """Bronze order items with what their order says, and the reasons against each row."""
    of_order = orders.select(
        F.col("order_id").alias("known_order_id"),
        F.col("user_id").alias("order_user_id"),
        F.col("order_timestamp").alias("placed_timestamp"),
        F.col("date").alias("placed_date"),
        F.col("total_amount").alias("order_amount"),
    )
    known = products.select(F.col("product_id").alias("known_product_id"))
    joined = bronze.join(of_order, F.col("order_id") == F.col("known_order_id"), "left").join(
        known, F.col("product_id") == F.col("known_product_id"), "left"
    )
    return joined.select(
        "id",
        "order_id",
        "user_id",
        "product_id",
        "add_to_cart_order",
        "days_since_prior_order",
        "reordered",
        F.coalesce("placed_timestamp", "order_timestamp").alias("order_timestamp"),
        F.coalesce("placed_date", "date").alias("date"),
        "order_amount",
        _reasons(
            {
                "not_positive:id": F.col("id") <= 0,
                "not_positive:order_id": F.col("order_id") <= 0,
                "not_positive:user_id": F.col("user_id") <= 0,
                "not_positive:product_id": F.col("product_id") <= 0,
                "unknown_order": F.col("known_order_id").isNull(),
                "unknown_product": F.col("known_product_id").isNull(),
                "mismatch:user_id": F.col("user_id") != F.col("order_user_id"),
                "below:add_to_cart_order": F.col("add_to_cart_order") < 1,
                "invalid:reordered": ~F.col("reordered").isin(0, 1),
                "below:days_since_prior_order": F.col("days_since_prior_order") < 0,
            }
        ),
        *_AUDIT,
    )


def order_items(checked: DataFrame) -> DataFrame:
    """One row per line: its newest version, with its share of the order's amount in whole cents."""
    of_order = Window.partitionBy("order_id")
    cents = F.expr("cast(order_amount * 100 as bigint)")
    share = F.expr("cents div lines + if(line_rank <= cents % lines, 1, 0)")
    return (
        _newest(_valid(checked), "id")
        .withColumn("cents", cents)
        .withColumn("lines", F.count("*").over(of_order))
        .withColumn("line_rank", F.row_number().over(of_order.orderBy("add_to_cart_order", "id")))
        .withColumn("allocated_amount", (share.cast("decimal(18, 0)") / 100).cast("decimal(18, 2)"))
        .drop("order_amount", "cents", "lines", "line_rank")
    )


def rejected(checked: DataFrame) -> DataFrame:
    """The rows with at least one reason."""
    return checked.where(F.size("reasons") > 0)


def rejected_order_items(checked: DataFrame) -> DataFrame:
    """The rows with at least one reason; those that only lack a parent wait for it."""
    others = F.array_except("reasons", F.array(*(F.lit(reason) for reason in _WAITS_FOR)))
    return rejected(checked).drop("order_amount").withColumn("is_waiting", F.size(others) == 0)


def _reasons(rules: Mapping[str, Column]) -> Column:
    found = [F.when(condition, F.lit(code)) for code, condition in rules.items()]
    return F.array_compact(F.array(*found)).alias("reasons")


def _valid(checked: DataFrame) -> DataFrame:
    return checked.where(F.size("reasons") == 0).drop("reasons")


def _newest(rows: DataFrame, key: str) -> DataFrame:
    versions = Window.partitionBy(key)
    return (
        rows.withColumn("version_rank", F.row_number().over(versions.orderBy(*_newest_first())))
        .where(F.col("version_rank") == 1)
        .drop("version_rank")
    )


def _newest_first() -> list[Column]:
    return [F.desc_nulls_last("file_date"), F.desc("source_file"), F.desc("record_number")]
