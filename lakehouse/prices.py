"""The price table: list prices with their date, and what is assumed of a run on AWS Glue.

Data flow: prices.yml -> `Prices`
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path

import yaml

from ingestion.errors import LakehouseError

PRICE_TABLE = Path(__file__).with_name("prices.yml")


@dataclass(frozen=True)
class Prices:
    """One price table; prices.yml explains each entry."""

    date: date
    region: str
    currency: str
    source: str
    dpu_hour: float
    minimum_job_seconds: float
    minimum_session_seconds: float
    cores_per_dpu: float
    dpu_per_worker: dict[str, float]
    storage_gb_month: float
    put_per_1000: float
    get_per_1000: float
    scan_tb: float
    minimum_scan_bytes: float
    ingest_jobs: float
    session_start_seconds: float
    statement_seconds: float
    spark_over_sail: float

    def __post_init__(self) -> None:
        numbers = {
            field.name: getattr(self, field.name) for field in fields(self) if field.type == "float"
        }
        for name, value in (numbers | self.dpu_per_worker).items():
            if not isinstance(value, int | float) or value < 0:
                raise TypeError(f"{name}: {value!r} is no number from 0 on")


def read_prices(path: Path = PRICE_TABLE) -> Prices:
    """Read a price table.

    Raises:
        LakehouseError: It can't be read, an entry is missing or unknown, or is no number.
    """
    try:
        return Prices(**yaml.safe_load(path.read_text()))
    except (OSError, TypeError, yaml.YAMLError) as error:
        raise LakehouseError(
            f"The price table {path} can't be used: {error}.",
            "Fix the entry that is named, or bring the file back from version control.",
        ) from None
