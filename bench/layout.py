"""How the competitors lay out their tables: partitions and clustering are those of our models.

In gold they build the columns that are named here, with our values. Ours has further columns and
further tables, which cost it time that they do not spend.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    """One Delta table: its place below the root, its partitions and its clustering.

    Attributes:
        columns: Those that the competitors build, besides the audit columns; empty for all of ours.
    """

    layer: str
    name: str
    partition_by: tuple[str, ...] = ()
    zorder_by: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """Its place below the root."""
        return f"{self.layer}/{self.name}"


BRONZE = (
    Layout("bronze", "products"),
    Layout("bronze", "orders", ("date",)),
    Layout("bronze", "order_items", ("date",)),
    Layout("ops", "rejected_records"),
)
SILVER = (
    Layout("silver", "products"),
    Layout("silver", "products_rejected"),
    Layout("silver", "orders", ("date",)),
    Layout("silver", "orders_rejected"),
    Layout("silver", "order_items", ("date",), ("product_id", "order_id")),
    Layout("silver", "order_items_rejected"),
)
GOLD = (
    Layout(
        "gold",
        "daily_sales",
        ("order_month",),
        ("order_date",),
        (
            "order_date",
            "total_sales",
            "avg_order_value",
            "order_count",
            "unique_customers",
            "new_customers",
            "returning_customers",
            "order_month",
        ),
    ),
    Layout(
        "gold",
        "product_performance",
        ("department",),
        ("product_id",),
        (
            "product_id",
            "product_name",
            "department_id",
            "total_sales",
            "total_quantity",
            "order_count",
            "customer_count",
            "source_reorder_rate",
            "observed_reorder_rate",
            "is_active",
            "department",
        ),
    ),
    Layout(
        "gold",
        "department_analytics",
        ("department",),
        ("period_start",),
        (
            "period_type",
            "period_start",
            "period_end",
            "total_sales",
            "total_quantity",
            "order_count",
            "customer_count",
            "products_sold",
            "product_count",
            "department",
        ),
    ),
    Layout(
        "gold",
        "customer_insights",
        ("customer_segment",),
        ("user_id",),
        (
            "user_id",
            "as_of_date",
            "total_spend",
            "total_orders",
            "days_since_last_order",
            "recency_score",
            "frequency_score",
            "monetary_score",
            "customer_segment",
        ),
    ),
)
