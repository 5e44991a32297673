"""`lakehouse query`: SQL as Athena takes it, on the Delta tables of a root, without Spark.

Data flow: text -> guard (one statement that only reads) -> tables it names, as DuckDB views
-> dialect (Trino to DuckDB) -> a locked DuckDB -> table, CSV, JSON or Parquet
"""
