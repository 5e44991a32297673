"""Names of layers and tables that are needed without an engine, so that little is imported."""

from __future__ import annotations

import re

LAYERS = ("bronze", "silver", "gold", "ops")

# Built by models, so that they can be built in a workspace before anybody sees them.
BUILT_LAYERS = ("silver", "gold")

# These belong to bronze and are restored with it. The other ops tables are the history of runs and
# tests, which only grows.
DATA_OF_OPS = ("ingested_files", "rejected_records", "missing_files")

# The names that tables have here. A folder with another one is somebody else's and left alone.
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def is_table_name(name: str) -> bool:
    """Whether a folder in a layer's folder may be a table of the lakehouse."""
    return _NAME.fullmatch(name) is not None
