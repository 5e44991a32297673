"""The declared bronze tables: the one place that names raw columns, their types and their keys.

Adding a table is one entry here, plus its models (docs/recipes.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Type(StrEnum):
    """Types of raw columns, named as in Spark SQL."""

    BIGINT = "bigint"
    STRING = "string"
    MONEY = "decimal(18,2)"
    TIMESTAMP = "timestamp"
    DATE = "date"


@dataclass(frozen=True)
class Column:
    """One column of the raw CSV.

    Attributes:
        name: In the header of a file.
        type: Of its values.
        required: A record without a value is rejected.
        optional: A file may lack the column, which is null then; so do older files of a new one.
    """

    name: str
    type: Type
    required: bool = True
    optional: bool = False


@dataclass(frozen=True)
class Reference:
    """A column that holds the key of a row of another declared table."""

    column: str
    table: str


@dataclass(frozen=True)
class Table:
    """One raw feed and the bronze table it is loaded into.

    Attributes:
        name: Folder below raw/, bronze table and dbt source.
        columns: The CSV's columns; files are matched by name, so order matters to people only.
        key: What identifies a business row, a bigint; several versions of a key may be in bronze.
        partition_by: Bronze partition column, `date` or none.
        undated_file: A file name without a date that is accepted beside `YYYY-MM-DD.csv`.
        daily: One file is expected for each calendar day.
        whole_list: Each file is the whole list as of its day, so a list that returns to what it was
            on an earlier day is loaded again, not skipped as a copy.
        references: Its foreign keys. A row waits in silver until the rows it refers to are there.
    """

    name: str
    columns: tuple[Column, ...]
    key: str
    partition_by: str | None = None
    undated_file: str | None = None
    daily: bool = False
    whole_list: bool = False
    references: tuple[Reference, ...] = ()

    @property
    def column_names(self) -> tuple[str, ...]:
        """The CSV's column names in declared order."""
        return tuple(column.name for column in self.columns)

    @property
    def has_date(self) -> bool:
        """Its rows have a day of their own."""
        return "date" in self.column_names

    @property
    def is_waiting(self) -> str:
        """SQL: whether a row of silver.<table>_rejected waits for a row that it refers to."""
        return "is_waiting" if self.references else "false"


PRODUCTS = Table(
    name="products",
    key="product_id",
    undated_file="products",
    whole_list=True,
    columns=(
        Column("product_id", Type.BIGINT),
        Column("department_id", Type.BIGINT, required=False),
        Column("department", Type.STRING),
        Column("product_name", Type.STRING),
    ),
)

ORDERS = Table(
    name="orders",
    key="order_id",
    partition_by="date",
    daily=True,
    columns=(
        Column("order_num", Type.BIGINT, required=False),
        Column("order_id", Type.BIGINT),
        Column("user_id", Type.BIGINT),
        Column("order_timestamp", Type.TIMESTAMP),
        Column("total_amount", Type.MONEY),
        Column("date", Type.DATE),
    ),
)

ORDER_ITEMS = Table(
    name="order_items",
    key="id",
    partition_by="date",
    daily=True,
    references=(Reference("order_id", "orders"), Reference("product_id", "products")),
    columns=(
        Column("id", Type.BIGINT),
        Column("order_id", Type.BIGINT),
        Column("user_id", Type.BIGINT),
        Column("days_since_prior_order", Type.BIGINT, required=False),
        Column("product_id", Type.BIGINT),
        Column("add_to_cart_order", Type.BIGINT),
        Column("reordered", Type.BIGINT),
        Column("order_timestamp", Type.TIMESTAMP),
        Column("date", Type.DATE),
    ),
)

TABLES: dict[str, Table] = {table.name: table for table in (PRODUCTS, ORDERS, ORDER_ITEMS)}
