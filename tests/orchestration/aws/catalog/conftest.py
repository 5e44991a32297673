from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pyarrow as pa
import pytest
from deltalake import write_deltalake
from moto.server import ThreadedMotoServer

from ingestion.layers import LAYERS
from ingestion.settings import Settings
from orchestration.aws.catalog import Described

ROOT = "s3://ecommerce-lakehouse-dev-123456789012"
ORDERS = pa.table(
    {
        "order_id": pa.array([1], pa.int64()),
        "total_amount": pa.array([None], pa.decimal128(18, 2)),
        "date": pa.array([None], pa.date32()),
    }
)
WORDS = {
    ("silver", "orders"): Described(
        "One row per order.", {"order_id": "The order.", "total_amount": "Currency units."}
    )
}


@dataclass
class Lake:
    """A bucket and a catalog on a stand-in AWS on the loopback."""

    settings: Settings
    s3: Any
    glue: Any

    def write(self, rows: pa.Table = ORDERS, place: str = "silver/orders", **options: Any) -> str:
        location = f"{ROOT}/{place}"
        write_deltalake(location, rows, **options)
        return location

    def delete(self, place: str) -> None:
        bucket = ROOT.removeprefix("s3://")
        for found in self.s3.list_objects_v2(Bucket=bucket, Prefix=f"{place}/")["Contents"]:
            self.s3.delete_object(Bucket=bucket, Key=found["Key"])

    def create_databases(self) -> None:
        for layer in LAYERS:
            place = {"Name": f"dev_{layer}", "LocationUri": f"{ROOT}/{layer}/"}
            self.glue.create_database(DatabaseInput=place)

    def entry(self, name: str = "orders", database: str = "dev_silver") -> dict[str, Any]:
        found: dict[str, Any] = self.glue.get_table(DatabaseName=database, Name=name)["Table"]
        return found

    def columns(self) -> list[tuple[str, str, str]]:
        columns = self.entry()["StorageDescriptor"]["Columns"]
        return [(found["Name"], found["Type"], found.get("Comment", "")) for found in columns]

    def register_as_spark_does(self, location: str, name: str = "orders", **more: Any) -> None:
        """An entry as Spark on Glue makes it: no true column, and a location that is none."""
        storage = {
            "Columns": [{"Name": "col", "Type": "array<string>", "Comment": "from deserializer"}],
            "Location": f"{location}-__PLACEHOLDER__",
            "SerdeInfo": {
                "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                "Parameters": {"path": location, "serialization.format": "1"},
            },
        }
        entry = {
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "Owner": "hadoop",
            "Parameters": {"spark.sql.sources.provider": "delta", "owner.team": "analytics"},
            "StorageDescriptor": storage,
        }
        self.glue.create_table(DatabaseName="dev_silver", TableInput=entry | more)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def lake(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    s3: Any = boto3.client("s3")
    s3.create_bucket(
        Bucket=ROOT.removeprefix("s3://"),
        CreateBucketConfiguration={"LocationConstraint": "eu-west-1"},
    )
    settings = Settings.read(root=ROOT, database_prefix="dev_", environment={})
    yield Lake(settings, s3, boto3.client("glue"))
    request = Request(f"{server}/moto-api/reset", method="POST")
    urlopen(request).close()
