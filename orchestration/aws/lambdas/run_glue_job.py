"""Run the ingestion of chosen tables, for chosen dates if any, and report what became of it.

For operators; the state machines start the job by themselves.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import boto3
from botocore.exceptions import ClientError

_FINISHED = {"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR", "EXPIRED"}
_POLL_SECONDS = 10
# What is left of the Lambda's time must do for the answer.
_MARGIN_SECONDS = 30


@dataclass(frozen=True)
class Run:
    """One run of the Glue job.

    Attributes:
        job: Name of the job.
        run_id: Glue's id of the run, None if none was started.
        table: Bronze table that it loads.
        status: Glue's word, or NOT_STARTED.
        error: Why it failed or was not started, else None.
    """

    job: str
    run_id: str | None
    table: str
    status: str
    error: str | None = None

    @property
    def is_over(self) -> bool:
        """Nothing more will become of it."""
        return self.run_id is None or self.status in _FINISHED


def handler(event: dict[str, Any], context: Any) -> dict[str, list[dict[str, Any]]]:
    """Start one job run for each table.

    Args:
        event: `tables`; `dates` (YYYY-MM-DD), without which all that is new is loaded; `wait`, to
            answer when the runs are over or the Lambda's time is.
        context: Of the Lambda; its request's id is the runs' batch id.

    Returns:
        `runs`, a `Run` for each table.

    Raises:
        ValueError: A table or date is missing, unknown or malformed; no job was started.
    """
    tables, dates = _tables(event), _dates(event)
    runs = [_start(table, dates, f"operator-{context.aws_request_id}") for table in tables]
    if event.get("wait"):
        while not all(run.is_over for run in runs) and _has_time(context):
            time.sleep(_POLL_SECONDS)
            runs = [run if run.is_over else _refreshed(run) for run in runs]
    return {"runs": [asdict(run) for run in runs]}


def _tables(event: dict[str, Any]) -> list[str]:
    known = os.environ["RAW_TABLES"].split(",")
    tables = event.get("tables")
    if not isinstance(tables, list) or not tables:
        raise ValueError(f"Name the tables: {json.dumps({'tables': known})}.")
    for table in tables:
        if table not in known:
            raise ValueError(f"There is no raw table {table!r}. Choose {', '.join(known)}.")
    return list(dict.fromkeys(tables))


def _dates(event: dict[str, Any]) -> list[str]:
    dates = event.get("dates") or []
    try:
        return sorted({date.fromisoformat(day).isoformat() for day in dates})
    except (TypeError, ValueError) as error:
        raise ValueError(f'Give dates as {{"dates": ["2025-04-01"]}}: {error}.') from None


def _start(table: str, dates: list[str], batch_id: str) -> Run:
    job = os.environ["JOB"]
    arguments = {"--tables": table, "--batch-id": batch_id}
    if dates:
        arguments["--dates"] = ",".join(dates)
    try:
        started = boto3.client("glue").start_job_run(JobName=job, Arguments=arguments)
    except ClientError as error:
        return Run(job, None, table, "NOT_STARTED", _reason(error, job))
    return Run(job, started["JobRunId"], table, "STARTING")


def _reason(error: ClientError, job: str) -> str:
    code = error.response["Error"]["Code"]
    if code == "ConcurrentRunsExceededException":
        return f"The job {job} has as many runs as it may; try again when some are over."
    return f"{code}: {error.response['Error'].get('Message', '')}"


def _refreshed(run: Run) -> Run:
    glue: Any = boto3.client("glue")
    found = glue.get_job_run(JobName=run.job, RunId=run.run_id)["JobRun"]
    return replace(run, status=found["JobRunState"], error=found.get("ErrorMessage") or None)


def _has_time(context: Any) -> bool:
    left = context.get_remaining_time_in_millis() / 1000
    return bool(left > _POLL_SECONDS + _MARGIN_SECONDS)
