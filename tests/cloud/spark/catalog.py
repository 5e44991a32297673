"""Keeps Spark's catalog and the Glue Data Catalog in step.

On AWS they are one: Spark's metastore client is Glue. That client is in no public repository, so
here Spark has a catalog in memory, and `Mirror.sync` carries over what changed on either side
since the last time. It is called before every statement, every job run and every answer of the Glue
catalog, so nobody can see the two differ.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pyspark.sql import SparkSession

from tests.cloud.spark.glue_entry import entry_of, location_of

log = logging.getLogger(__name__)

# What a side has for a table: anything that changes when the table's entry does; None without one.
Stamp = Any


class Mirror:
    """Both catalogs, and what each had for every table when they were last in step."""

    def __init__(self, session: SparkSession, glue: Any) -> None:
        """Take Spark's side from a session and Glue's from moto's backend."""
        java: Any = session._jsparkSession
        self._session = session
        self._catalog = java.sharedState().externalCatalog().unwrapped()
        self._glue = glue
        self._databases: set[str] = set()
        self._emptied: set[str] = set()
        self._seen: dict[str, tuple[Stamp, Stamp]] = {}
        self._tables: dict[tuple[str, str], tuple[Stamp, Stamp]] = {}
        # One thread: py4j opens a connection for each, and two syncs at once would undo each other.
        self._thread = ThreadPoolExecutor(1, "catalog")

    def sync(self) -> None:
        """Carry changes over in both directions; cheap when there are none."""
        self._thread.submit(self._sync).result()

    def _sync(self) -> None:
        self._sync_databases()
        for name in self._databases:
            stamps = self._spark_stamp(name), self._glue_stamps(name)
            if stamps != self._seen.get(name):
                self._sync_tables(name)
                self._seen[name] = self._spark_stamp(name), self._glue_stamps(name)

    def _sync_databases(self) -> None:
        """A database that Glue loses stays in Spark, but empty: Spark would delete its files."""
        spark, glue = set(_list(self._catalog.listDatabases())), set(self._glue.databases)
        for name in self._databases & (spark - glue):
            for table in _list(self._catalog.listTables(name)):
                self._forget(name, table)
            self._seen.pop(name, None)
            self._emptied.add(name)
        for name in spark - glue - self._emptied - {"default"}:
            location = self._catalog.getDatabase(name).locationUri().toString()
            self._glue.create_database(name, {"Name": name, "LocationUri": location})
        for name in glue - spark:
            location = self._glue.databases[name].input.get("LocationUri")
            place = f" location '{location}'" if location else ""
            self._try(f"create database `{name}`{place}")
        self._emptied -= glue
        self._databases = set(_list(self._catalog.listDatabases())) & set(self._glue.databases)

    def _sync_tables(self, database: str) -> None:
        spark, glue = self._spark_stamps(database), self._glue_stamps(database)
        for name in {*spark, *glue, *(table for known, table in self._tables if known == database)}:
            known = self._tables.pop((database, name), (None, None))
            if glue.get(name) != known[1]:
                self._to_spark(database, name)
            elif spark.get(name) != known[0]:
                self._to_glue(database, name)
        spark, glue = self._spark_stamps(database), self._glue_stamps(database)
        for name in {*spark, *glue}:
            self._tables[database, name] = spark.get(name), glue.get(name)

    def _to_spark(self, database: str, name: str) -> None:
        """Give Spark the table as Glue has it; a Delta table's columns are in its own log."""
        entry = self._glue_table(database, name)
        there = self._spark_table(database, name)
        location = location_of(entry) if entry else None
        if there is not None:
            uri = there.storage().locationUri()
            place = uri.get().toString() if uri.isDefined() else ""
            if entry and location and place.rstrip("/") == location.rstrip("/"):
                return
            self._forget(database, name)
        if not entry:
            return
        if entry.get("TableType") == "VIRTUAL_VIEW":
            statement = f"create view `{database}`.`{name}` as {entry.get('ViewOriginalText')}"
        else:
            provider = entry.get("Parameters", {}).get("spark.sql.sources.provider", "delta")
            statement = f"create table `{database}`.`{name}` using {provider} location '{location}'"
        self._try(statement)

    def _forget(self, database: str, name: str) -> None:
        """Take a table out of Spark's catalog, its files untouched, as DeleteTable does."""
        table = self._catalog.getTable(database, name)
        if table.tableType().name() == "MANAGED":
            fields = [
                getattr(table, f"copy$default${at + 1}")() for at in range(table.productArity())
            ]
            kinds: Any = self._session._jvm
            external = kinds.org.apache.spark.sql.catalyst.catalog.CatalogTableType.EXTERNAL()
            self._catalog.alterTable(table.copy(fields[0], external, *fields[2:]))
        self._catalog.dropTable(database, name, True, False)

    def _try(self, statement: str) -> None:
        """Run what can fail by no fault of the caller's, such as for a bucket that is not there."""
        try:
            self._session.sql(statement)
        except Exception as error:
            log.warning("Spark refused `%s`: %s", statement, str(error)[:300])

    def _to_glue(self, database: str, name: str) -> None:
        """Write the table to Glue as Spark's metastore client does."""
        tables = self._glue.databases[database].tables
        there = self._spark_table(database, name)
        if there is None:
            tables.pop(name, None)
            return
        folder = self._catalog.getDatabase(database).locationUri().toString()
        entry = entry_of(there, folder, self._glue_table(database, name))
        if name in tables:
            self._glue.update_table(database, name, entry)
        else:
            self._glue.create_table(database, name, entry)

    def _spark_stamp(self, database: str) -> Stamp:
        """One number for all tables of a database: it tells at once that none has changed."""
        names = self._catalog.listTables(database)
        return self._catalog.getTablesByName(database, names).hashCode()

    def _spark_stamps(self, database: str) -> dict[str, Stamp]:
        names = self._catalog.listTables(database)
        tables = _list(self._catalog.getTablesByName(database, names))
        return {table.identifier().table(): table.hashCode() for table in tables}

    def _spark_table(self, database: str, name: str) -> Any:
        there = self._catalog.tableExists(database, name)
        return self._catalog.getTable(database, name) if there else None

    def _glue_stamps(self, database: str) -> dict[str, Stamp]:
        tables = self._glue.databases[database].tables
        return {
            name: (table.created_time, table._current_version)
            for name, table in list(tables.items())
        }

    def _glue_table(self, database: str, name: str) -> dict[str, Any]:
        table = self._glue.databases[database].tables.get(name)
        entry: dict[str, Any] = table.as_dict() if table else {}
        return entry


def _list(sequence: Any) -> list[Any]:
    """A Scala sequence as a list."""
    return [sequence.apply(index) for index in range(sequence.size())]
