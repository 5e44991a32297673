"""Gold in plain PySpark, with the columns of our gold models."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

_LOOKBACK_DAYS = 365


def daily_sales(orders: DataFrame) -> DataFrame:
    """One row per calendar day."""
    in_time = Window.partitionBy("user_id").orderBy("order_timestamp", "order_id")
    first_user = F.when(F.col("sequence") == 1, F.col("user_id"))
    days = (
        orders.withColumn("sequence", F.row_number().over(in_time))
        .groupBy(F.col("date").alias("order_date"))
        .agg(
            F.sum("total_amount").alias("total_sales"),
            F.count("*").alias("order_count"),
            F.countDistinct("user_id").alias("unique_customers"),
            F.countDistinct(first_user).alias("new_customers"),
        )
    )
    return (
        _calendar(orders)
        .join(days, "order_date", "left")
        .withColumn("avg_order_value", _quotient("total_sales", "order_count", "decimal(18, 2)"))
        .fillna(0, ["order_count", "unique_customers", "new_customers"])
        .withColumn("total_sales", _money("total_sales"))
        .withColumn("returning_customers", F.col("unique_customers") - F.col("new_customers"))
        .withColumn("order_month", F.date_format("order_date", "yyyy-MM"))
    )


def product_performance(products: DataFrame, items: DataFrame) -> DataFrame:
    """One row per product, sold or not."""
    in_time = Window.partitionBy("user_id", "product_id").orderBy("order_timestamp", "order_id")
    sales = (
        items.withColumn("is_reorder", (F.rank().over(in_time) > 1).cast("int"))
        .groupBy("product_id")
        .agg(
            F.sum("allocated_amount").alias("total_sales"),
            F.count("*").alias("total_quantity"),
            F.countDistinct("order_id").alias("order_count"),
            F.countDistinct("user_id").alias("customer_count"),
            F.sum("reordered").alias("source_reorders"),
            F.sum("is_reorder").alias("observed_reorders"),
        )
    )
    rate = "decimal(9, 6)"
    return (
        products.join(sales, "product_id", "left")
        .withColumn("source_reorder_rate", _quotient("source_reorders", "total_quantity", rate))
        .withColumn("observed_reorder_rate", _quotient("observed_reorders", "total_quantity", rate))
        .fillna(0, ["total_quantity", "order_count", "customer_count"])
        .select(
            "product_id",
            "product_name",
            "department_id",
            _money("total_sales").alias("total_sales"),
            "total_quantity",
            "order_count",
            "customer_count",
            "source_reorder_rate",
            "observed_reorder_rate",
            "is_active",
            "department",
        )
    )


def department_analytics(products: DataFrame, orders: DataFrame, items: DataFrame) -> DataFrame:
    """One row per department and period: the whole span, and each day of it."""
    departments = products.groupBy("department").agg(
        F.sum(F.col("is_active").cast("bigint")).alias("product_count")
    )
    calendar = _calendar(orders)
    whole = calendar.agg(
        F.lit("all").alias("period_type"),
        F.min("order_date").alias("period_start"),
        F.max("order_date").alias("period_end"),
    ).where(F.col("period_start").isNotNull())
    days = calendar.select(
        F.lit("day").alias("period_type"),
        F.col("order_date").alias("period_start"),
        F.col("order_date").alias("period_end"),
    )
    lines = items.join(products.select("product_id", "department"), "product_id")
    by_day = _department_sales(lines, "department", F.col("date").alias("period_start"))
    in_all = _department_sales(lines, "department").crossJoin(whole.select("period_start"))
    sales = by_day.withColumn("period_type", F.lit("day")).unionByName(
        in_all.withColumn("period_type", F.lit("all"))
    )
    counts = ["total_quantity", "order_count", "customer_count", "products_sold"]
    return (
        departments.crossJoin(whole.union(days))
        .join(sales, ["department", "period_type", "period_start"], "left")
        .fillna(0, counts)
        .withColumn("total_sales", _money("total_sales"))
    )


def customer_insights(orders: DataFrame, segment_rules: DataFrame) -> DataFrame:
    """One row per customer, as of the last day of the data."""
    as_of = orders.agg(F.max("date").alias("as_of_date"))
    is_recent = F.col("date") > F.date_sub("as_of_date", _LOOKBACK_DAYS)
    customers = (
        orders.crossJoin(as_of)
        .groupBy("user_id", "as_of_date")
        .agg(
            F.count("*").alias("total_orders"),
            F.sum("total_amount").cast("decimal(18, 2)").alias("total_spend"),
            F.max("date").alias("last_order_date"),
            F.sum(is_recent.cast("int")).alias("recent_orders"),
            F.sum(F.when(is_recent, F.col("total_amount"))).alias("recent_spend"),
        )
        .withColumn("days_since_last_order", F.datediff("as_of_date", "last_order_date"))
    )
    scores = customers.where(F.col("recent_orders") > 0).select(
        "user_id",
        _score(F.desc("days_since_last_order")).alias("recency_score"),
        _score(F.asc("recent_orders")).alias("frequency_score"),
        _score(F.asc("recent_spend")).alias("monetary_score"),
    )
    scored = (
        customers.drop("last_order_date", "recent_orders", "recent_spend")
        .join(scores, "user_id", "left")
        .fillna(1, ["recency_score", "frequency_score", "monetary_score"])
    )
    fm = (F.col("frequency_score") + F.col("monetary_score")) / 2
    segments = (
        scored.join(
            F.broadcast(segment_rules),
            F.col("recency_score").between(F.col("recency_min"), F.col("recency_max"))
            & F.col("frequency_score").between(F.col("frequency_min"), F.col("frequency_max"))
            & fm.between(F.col("fm_min"), F.col("fm_max")),
        )
        .groupBy("user_id")
        .agg(F.min_by("customer_segment", "rule_order").alias("customer_segment"))
    )
    return scored.join(segments, "user_id", "left")


def _calendar(orders: DataFrame) -> DataFrame:
    span = orders.agg(F.min("date").alias("first"), F.max("date").alias("last"))
    return span.select(F.explode(F.sequence("first", "last")).alias("order_date"))


def _department_sales(lines: DataFrame, *keys: str | Column) -> DataFrame:
    return lines.groupBy(*keys).agg(
        F.sum("allocated_amount").alias("total_sales"),
        F.count("*").alias("total_quantity"),
        F.countDistinct("order_id").alias("order_count"),
        F.countDistinct("user_id").alias("customer_count"),
        F.countDistinct("product_id").alias("products_sold"),
    )


def _money(column: str) -> Column:
    return F.coalesce(column, F.lit(0)).cast("decimal(18, 2)")


def _quotient(numerator: str, denominator: str, type_: str) -> Column:
    return (F.col(numerator).cast("decimal(38, 18)") / F.col(denominator)).cast(type_)


def _score(order: Column) -> Column:
    rank = F.percent_rank().over(Window.orderBy(order))
    return F.least(F.lit(5), 1 + F.floor(5 * rank)).cast("int")
