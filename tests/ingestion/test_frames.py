"""Files as the workers of an engine read them."""

from __future__ import annotations

import pyarrow as pa

from ingestion.erased import Erased
from ingestion.frames import _inspector
from ingestion.tables import TABLES


def test_a_file_that_fails_while_it_is_read_is_named_and_stops_no_other() -> None:
    # The kernel answers with an I/O error there.
    row = {"path": "/proc/self/mem", "source_file": "orders/2025-04-01.csv", "table_name": "orders"}
    inspect = _inspector(TABLES, 1_000, Erased("", frozenset()))
    (found,) = inspect([pa.RecordBatch.from_pylist([row])])
    assert found["fault"].to_pylist() == [
        "unreadable: The raw file /proc/self/mem can't be read: Input/output error."
    ]
