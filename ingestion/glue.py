"""The same ingestion as the work of a Glue job, which has arguments and no environment.

Data flow: arguments of the job -> settings, selection, lock -> ingest -> log of the job

Glue reports a failure by the exception that ends the script, so that one says what is wrong and
what to do. A quarantined or missing file is no failure: it is in the ops tables, and the build
counts it.
"""

from __future__ import annotations

import argparse
import logging
import sys
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException

from ingestion.errors import LakehouseError, root_cause
from ingestion.ingest import ingest, log_report
from ingestion.ledger import Batch
from ingestion.selection import names_in, read_selection
from ingestion.session import get_session
from ingestion.settings import Settings
from ingestion.writer_lock import Holder, holding


class JobFailedError(Exception):
    """What ends the script; Glue shows its one line as the job run's error message."""


def main(argv: Sequence[str]) -> None:
    """Run one ingestion job.

    Args:
        argv: The job's arguments, `--JOB_NAME` and `--JOB_RUN_ID` among them, which Glue adds.

    Raises:
        JobFailedError: The job failed.
    """
    logging.basicConfig(format="%(levelname)s %(message)s", stream=sys.stdout)
    logging.getLogger("ingestion").setLevel(logging.INFO)
    try:
        _run(_parse(argv))
    except LakehouseError as error:
        raise JobFailedError(f"{error.problem} {error.next_step}") from error
    except (PySparkException, Py4JError) as error:
        raise JobFailedError(
            f"Spark failed: {root_cause(error)} The job run's error log has the whole of it. Run"
            " the job again: what was half done is not visible and will be done anew."
        ) from error


def _run(arguments: argparse.Namespace) -> None:
    selection = read_selection(names_in([arguments.tables]), names_in([arguments.dates]))
    settings = Settings.read(
        root=arguments.root,
        raw=arguments.raw,
        database_prefix=arguments.database_prefix,
        lock_table=arguments.lock_table,
    )
    run_id = arguments.job_run_id or uuid.uuid4().hex
    hold = holding(settings, Holder(run_id, arguments.job_name if arguments.job_run_id else ""))
    batch = Batch(arguments.batch_id or run_id, datetime.now(UTC))
    log_report(ingest(get_session(settings, hold), settings, batch, selection, hold=hold))


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--root", required=True)
    parser.add_argument("--raw")
    for name in ("--tables", "--dates", "--database-prefix", "--batch-id", "--lock-table"):
        parser.add_argument(name, default="")
    parser.add_argument("--JOB_NAME", dest="job_name", default="")
    parser.add_argument("--JOB_RUN_ID", dest="job_run_id", default="")
    # Glue adds more of its own.
    return parser.parse_known_args(argv)[0]
