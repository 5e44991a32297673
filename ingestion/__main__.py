"""Load raw files into bronze: `python -m ingestion`, and unchanged as the script of a Glue job.

Data flow: arguments -> settings -> session -> ingest -> one line for each file that was not loaded

    python -m ingestion --raw sample --root lakehouse
    python -m ingestion --tables orders order_items

Exit codes: 0 all well; 2 loaded, but something is quarantined or missing; 1 failed.
"""

from __future__ import annotations

import argparse
import logging
import sys
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from ingestion.errors import LakehouseError
from ingestion.ingest import Report, ingest
from ingestion.ledger import Batch
from ingestion.lock import only_run
from ingestion.session import get_session
from ingestion.settings import Settings
from ingestion.tables import TABLES

logger = logging.getLogger("ingestion")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one ingestion and return its exit code."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stdout)
    logging.getLogger("py4j").setLevel(logging.WARNING)
    arguments = _parse(argv)
    try:
        settings = Settings.read(
            root=arguments.root, raw=arguments.raw, database_prefix=arguments.database_prefix
        )
        batch = Batch(arguments.batch_id or uuid.uuid4().hex, datetime.now(UTC))
        with only_run(settings):
            report = ingest(get_session(settings), settings, batch, arguments.tables)
    except LakehouseError as error:
        logger.error("%s %s", error.problem, error.next_step)
        return 1
    _log(report)
    return 0 if report.is_complete else 2


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m ingestion",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--raw", help="folder or s3:// prefix of the raw files (default ROOT/raw)")
    parser.add_argument("--root", help="folder or s3:// prefix of the lakehouse")
    parser.add_argument(
        "--tables", nargs="+", choices=list(TABLES), default=list(TABLES), help="default: all"
    )
    parser.add_argument("--database-prefix", help="such as dev_; a Glue job has no environment")
    parser.add_argument("--batch-id", help="recorded in every row (default: a new one)")
    # Glue adds arguments of its own, such as --JOB_NAME.
    return parser.parse_known_args(argv)[0]


def _log(report: Report) -> None:
    for row in report.loaded:
        logger.info(
            "%s: %d records read, %d loaded, %d rejected, %d erased",
            row.source_file,
            row.records_read,
            row.records_loaded,
            row.records_rejected,
            row.records_erased,
        )
    for row in report.quarantined:
        logger.warning("%s is quarantined: %s", row.source_file, row.reason)
    for file in report.missing:
        logger.warning("%s is missing (%s)", file.expected_file, file.state)


if __name__ == "__main__":
    sys.exit(main())
