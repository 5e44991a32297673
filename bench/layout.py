"""How the competitors lay out their tables: partitions and clustering are those of our models."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    """One Delta table: its place below the root, its partitions and its clustering."""

    layer: str
    name: str
    partition_by: tuple[str, ...] = ()
    zorder_by: tuple[str, ...] = ()

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
    Layout("gold", "daily_sales", ("order_month",), ("order_date",)),
    Layout("gold", "product_performance", ("department",), ("product_id",)),
    Layout("gold", "department_analytics", ("department",), ("period_start",)),
    Layout("gold", "customer_insights", ("customer_segment",), ("user_id",)),
)
