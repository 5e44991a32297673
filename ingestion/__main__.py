"""Load raw files into bronze: `python -m ingestion`.

Data flow: arguments -> settings -> session -> ingest -> one line for each file that was not loaded

    python -m ingestion --raw sample --root lakehouse
    python -m ingestion --tables orders order_items --dates 2025-04-01 2025-04-02

Exit codes: 0 all well; 2 loaded, but something is quarantined or missing; 1 failed.
"""

from __future__ import annotations

import argparse
import logging
import os
import socket
import sys
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from ingestion.errors import LakehouseError
from ingestion.ingest import ingest, log_report
from ingestion.ledger import Batch
from ingestion.lock import only_run
from ingestion.selection import names_in, read_selection
from ingestion.session import get_session
from ingestion.settings import Settings
from ingestion.writer_lock import Holder, holding

logger = logging.getLogger("ingestion")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one ingestion and return its exit code."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stdout)
    logging.getLogger("py4j").setLevel(logging.WARNING)
    arguments = _parse(argv)
    try:
        selection = read_selection(names_in(arguments.tables), names_in(arguments.dates))
        settings = Settings.read(
            root=arguments.root,
            raw=arguments.raw,
            database_prefix=arguments.database_prefix,
            lock_table=arguments.lock_table,
        )
        batch = Batch(arguments.batch_id or uuid.uuid4().hex, datetime.now(UTC))
        hold = holding(settings, Holder(f"{socket.gethostname()}, process {os.getpid()}"))
        with only_run(settings):
            report = ingest(get_session(settings, hold), settings, batch, selection, hold=hold)
    except LakehouseError as error:
        logger.error("%s %s", error.problem, error.next_step)
        return 1
    log_report(report)
    return 0 if report.is_complete else 2


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m ingestion",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--raw", help="folder or s3:// prefix of the raw files (default ROOT/raw)")
    parser.add_argument("--root", help="folder or s3:// prefix of the lakehouse")
    parser.add_argument("--tables", nargs="+", default=[], help="default: all")
    parser.add_argument("--dates", nargs="+", default=[], help="logical dates (default: all files)")
    parser.add_argument("--database-prefix", help="such as dev_")
    parser.add_argument("--batch-id", help="recorded in every row (default: a new one)")
    parser.add_argument("--lock-table", help="DynamoDB table, where several jobs share the root")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
