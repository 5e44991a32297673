"""Names of layers and tables that are needed without an engine, so that little is imported."""

from __future__ import annotations

LAYERS = ("bronze", "silver", "gold", "ops")

# These belong to bronze and are restored with it. The other ops tables are the history of runs and
# tests, which only grows.
DATA_OF_OPS = ("ingested_files", "rejected_records", "missing_files")
