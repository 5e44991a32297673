"""The same tables in plain PySpark with default settings, as most tutorials write them.

Data flow: CSV files -> bronze -> silver -> gold, each a Delta table that the next step reads

The session has the JARs and the two settings that Delta asks for, and nothing else: memory, cores,
shuffle partitions and codecs are Spark's own choice.

Done as in our pipeline: declared types, the file and a number of each record, refused records kept
with their text and a reason, the silver rules with their reasons, the same columns, partitions and
clustering.

Not done: no ledger of files (nothing is incremental), no check of a file as a whole, no test, no
schema contract. Spark's reader does not count records, so `record_number` only rises within a
file; and a record that does not fit the types has one reason, `malformed`, whatever is wrong.

    python -m bench.plain_spark --raw DIR --root DIR
"""

from __future__ import annotations

import os
import uuid
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path

from delta.tables import DeltaTable
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from bench import plain_spark_gold as gold
from bench import plain_spark_silver as silver
from bench.layout import BRONZE, GOLD, SILVER, Layout
from bench.program import Phases, argument_parser
from ingestion.jars import jar_paths
from ingestion.java import find_java
from ingestion.tables import TABLES, Table

_SEEDS = Path(__file__).parent.parent / "seeds"
_CORRUPT = "_corrupt_record"


class Lake:
    """The Delta tables below a root, by their paths."""

    def __init__(self, spark: SparkSession, root: Path, run_id: str) -> None:
        self._spark = spark
        self._root = root
        self._run_id = run_id

    def read(self, path: str) -> DataFrame:
        """A table that was written before."""
        return self._spark.read.format("delta").load(str(self._root / path))

    def write(self, layout: Layout, rows: DataFrame) -> None:
        """Write a table whole; gold says when and by which run."""
        if layout.layer == "gold":
            rows = rows.withColumn("last_updated_timestamp", F.current_timestamp())
            rows = rows.withColumn("_run_id", F.lit(self._run_id))
        writer = rows.write.format("delta").mode("overwrite")
        writer.partitionBy(*layout.partition_by).save(str(self._root / layout.path))

    def zorder(self, layout: Layout) -> None:
        """Cluster a table."""
        table = DeltaTable.forPath(self._spark, str(self._root / layout.path))
        table.optimize().executeZOrderBy(list(layout.zorder_by))

    def seed(self, name: str) -> DataFrame:
        """Rules that analysts edit as rows."""
        return self._spark.read.csv(str(_SEEDS / f"{name}.csv"), header=True, inferSchema=True)


def main() -> None:
    """Build all tables and print the seconds of each phase."""
    arguments = argument_parser("The same tables in plain PySpark.").parse_args()
    phases = Phases()
    spark = _start()
    phases.started()
    run_id = uuid.uuid4().hex
    lake = Lake(spark, arguments.root, run_id)
    with phases.measure("ingest"):
        _ingest(spark, lake, arguments.raw, run_id)
    with phases.measure("silver"):
        _silver(lake)
    with phases.measure("gold"):
        _gold(lake)
    with phases.measure("zorder"):
        for layout in (*SILVER, *GOLD):
            if layout.zorder_by:
                lake.zorder(layout)
    spark.stop()
    phases.print()


def _start() -> SparkSession:
    os.environ["JAVA_HOME"] = str(find_java().home)
    return (
        SparkSession.builder.appName("plain")
        .config("spark.jars", ",".join(str(path) for path in jar_paths()))
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config(
            "spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog"
        )
        .getOrCreate()
    )


def _ingest(spark: SparkSession, lake: Lake, raw: Path, run_id: str) -> None:
    started_at = datetime.now(UTC)
    rejects = []
    for layout in BRONZE[:-1]:
        table = TABLES[layout.name]
        records = _records(spark, raw, table, started_at, run_id)
        good = records.where(F.size("reasons") == 0).drop(_CORRUPT, "reasons")
        lake.write(layout, good)
        rejects.append(
            records.where(F.size("reasons") > 0).select(
                F.lit(table.name).alias("table_name"),
                "source_file",
                "record_number",
                F.col(_CORRUPT).alias("raw_text"),
                "reasons",
                "batch_id",
                F.col("ingestion_timestamp").alias("rejected_timestamp"),
            )
        )
    lake.write(BRONZE[-1], reduce(DataFrame.union, rejects))


def _records(
    spark: SparkSession, raw: Path, table: Table, started_at: datetime, run_id: str
) -> DataFrame:
    columns = [f"`{column.name}` {column.type}" for column in table.columns]
    schema = ", ".join([*columns, f"{_CORRUPT} string"])
    files = str(raw / table.name)
    read = spark.read.csv(files, header=True, schema=schema, columnNameOfCorruptRecord=_CORRUPT)
    source_file = F.concat(F.lit(f"{table.name}/"), F.substring_index(F.input_file_name(), "/", -1))
    return read.select(
        *table.column_names,
        F.lit(None).cast("string").alias("_rescued"),
        source_file.alias("source_file"),
        F.to_date(F.regexp_extract(source_file, r"(\d{4}-\d\d-\d\d)", 1)).alias("file_date"),
        F.monotonically_increasing_id().alias("record_number"),
        F.lit(started_at).alias("ingestion_timestamp"),
        F.lit(run_id).alias("batch_id"),
        _CORRUPT,
        F.array_compact(F.array(*_read_reasons(table))).alias("reasons"),
    )


def _read_reasons(table: Table) -> list[Column]:
    is_corrupt = F.col(_CORRUPT).isNotNull()
    missing = [
        F.when(~is_corrupt & F.col(column.name).isNull(), F.lit(f"missing:{column.name}"))
        for column in table.columns
        if column.required
    ]
    return [F.when(is_corrupt, F.lit("malformed")), *missing]


def _silver(lake: Lake) -> None:
    products, products_rejected, orders, orders_rejected, items, items_rejected = SILVER
    checked = silver.check_products(lake.read("bronze/products"), lake.seed("department_aliases"))
    lake.write(products, silver.products(checked))
    lake.write(products_rejected, silver.rejected(checked))
    checked = silver.check_orders(lake.read("bronze/orders"))
    lake.write(orders, silver.orders(checked))
    lake.write(orders_rejected, silver.rejected(checked))
    checked = silver.check_order_items(
        lake.read("bronze/order_items"), lake.read(orders.path), lake.read(products.path)
    )
    lake.write(items, silver.order_items(checked))
    lake.write(items_rejected, silver.rejected_order_items(checked))


def _gold(lake: Lake) -> None:
    daily_sales, product_performance, department_analytics, customer_insights = GOLD
    products, orders, items = (
        lake.read(f"silver/{name}") for name in ("products", "orders", "order_items")
    )
    lake.write(daily_sales, gold.daily_sales(orders))
    lake.write(product_performance, gold.product_performance(products, items))
    lake.write(department_analytics, gold.department_analytics(products, orders, items))
    lake.write(customer_insights, gold.customer_insights(orders, lake.seed("segment_rules")))


if __name__ == "__main__":
    main()
