"""Rows of the lakehouse for the report, by SQL on the Delta tables."""

from __future__ import annotations

from typing import Any

import duckdb

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from lakehouse.shown_state import shown_state
from lakehouse.unbuilt import unbuilt_files
from orchestration.state.delta_reader import connect, has_table

Row = dict[str, Any]

GOLD = (
    *("daily_sales", "department_analytics", "product_performance", "customer_insights"),
    *("cohort_retention", "order_time_patterns", "data_reconciliation"),
)


class Lake:
    """The tables of one root, open for questions.

    Attributes:
        workspace: Whose silver and gold they are; empty for the published ones.
        state: By which runs they are, and how they were tested.
        unbuilt: Files that they do not have in full; None if nobody knows.
    """

    def __init__(self, settings: Settings) -> None:
        """Open the tables.

        Raises:
            LakehouseError: There is no lakehouse, or gold is not built.
        """
        self._connection = connect(settings)
        self._root = settings.root
        self.workspace = settings.workspace
        self.state = shown_state(self._connection, settings)
        self.unbuilt = unbuilt_files(settings)
        missing = [table for table in GOLD if not self.has(f"gold.{table}")]
        if missing:
            raise LakehouseError(
                f"{self._root} lacks tables that the report is made from:"
                f" {', '.join(f'gold.{table}' for table in missing)}.",
                "Build them with `lakehouse build`, or load and build with `lakehouse run`.",
            )

    def has(self, table: str) -> bool:
        """Whether a table is there; the history of runs is made by the first run."""
        return has_table(self._connection, *table.split("."))

    def rows(self, sql: str) -> list[Row]:
        """The answer to a query.

        Raises:
            LakehouseError: A table has not the columns of this version.
        """
        try:
            found = self._connection.execute(sql)
        except (duckdb.BinderException, duckdb.CatalogException) as error:
            reason = str(error).splitlines()[0]
            raise LakehouseError(
                f"The tables at {self._root} are not as this version builds them: {reason}",
                "Build them anew with `lakehouse build --full-refresh`.",
            ) from error
        names = [column[0] for column in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
