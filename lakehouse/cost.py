"""What a recorded run would cost on AWS Glue: an estimate from its seconds and a price table.

Data flow: recorded seconds and cores -> seconds on Glue -> DPU-seconds -> money

1. Work. A step of s seconds on c cores is s * c core-seconds, as if all cores had been busy. dbt
   works on several nodes at once, so models and tests add up to more than the build took: they are
   scaled down to it.
2. Engine. Glue runs Spark. Work that Sail did is multiplied by `spark_over_sail`.
3. Cluster. Of N workers one is the driver, which is billed and runs no tasks. Work of w
   core-seconds takes w / ((N - 1) * DPU of a worker * cores of a DPU) seconds, and a second of the
   cluster is N * DPU of a worker DPU-seconds.
4. Waiting. The interactive session is billed for all workers also while it starts and while dbt
   polls for the end of each statement. The build stops it at its end.
5. Minimum. Each ingestion job and the session are billed for a minimum of seconds.

Work is taken to spread over any number of cores, so the more workers, the more the estimate is a
lower bound of the time. Fixed costs of a query are in the recorded seconds and count as work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ingestion.errors import LakehouseError
from ingestion.settings import Engine
from lakehouse.prices import Prices

DAYS_OF_A_MONTH = 30
_SECONDS_OF_AN_HOUR = 3600
_GB, _TB = 2**30, 2**40


@dataclass(frozen=True)
class ModelResult:
    """A model or seed of a run.

    Attributes:
        name: `<layer>.<table>`.
        seconds: Time it took on the recorded engine.
        rows, bytes, files: Size of its table after the run, 0 without a table.
    """

    name: str
    seconds: float
    rows: int
    bytes: int
    files: int


@dataclass(frozen=True)
class RecordedRun:
    """What the ops tables know of a run.

    Attributes:
        run_id: The run.
        finished_at: Its end, UTC.
        status: How it ended.
        engine: What ran.
        cores: On how many cores.
        steps: Step to the seconds it took.
        models: Models and seeds that dbt worked on.
        tests: Number of tests that ran.
        test_seconds: Seconds of all tests.
    """

    run_id: str
    finished_at: datetime
    status: str
    engine: str
    cores: int
    steps: dict[str, float]
    models: list[ModelResult]
    tests: int
    test_seconds: float


@dataclass(frozen=True)
class Cluster:
    """The workers of a Glue job or session."""

    workers: int
    dpu_per_worker: float
    cores_per_dpu: float

    @classmethod
    def of(cls, workers: int, worker_type: str, prices: Prices) -> Cluster:
        """Workers of a type that the price table has.

        Raises:
            LakehouseError: It has no such type.
        """
        if worker_type not in prices.dpu_per_worker:
            raise LakehouseError(
                f"The price table has no worker type {worker_type!r}.",
                f"Choose --worker-type from {', '.join(prices.dpu_per_worker)},"
                " or add it to lakehouse/prices.yml.",
            )
        return cls(workers, prices.dpu_per_worker[worker_type], prices.cores_per_dpu)

    @property
    def dpus(self) -> float:
        """What is billed each second."""
        return self.workers * self.dpu_per_worker

    @property
    def task_cores(self) -> float:
        """Cores that work: all but the driver's."""
        return (self.workers - 1) * self.dpu_per_worker * self.cores_per_dpu


@dataclass(frozen=True)
class Line:
    """A part of a run: what was recorded and what is billed for it.

    Attributes:
        name: The part.
        recorded_seconds: On the recorded engine, None for what only Glue has.
        dpu_seconds: Billed on Glue.
    """

    name: str
    recorded_seconds: float | None
    dpu_seconds: float


@dataclass(frozen=True)
class Estimate:
    """The ingestion jobs and the session of a run; a half that did not run has no lines."""

    job: list[Line]
    session: list[Line]
    prices: Prices

    @property
    def lines(self) -> list[Line]:
        """All parts of the run; they add up to its bill."""
        return [*self.job, *self.session]

    def money(self, lines: Sequence[Line]) -> float:
        """Price of these parts."""
        hours = sum(line.dpu_seconds for line in lines) / _SECONDS_OF_AN_HOUR
        return hours * self.prices.dpu_hour


def estimate(run: RecordedRun, cluster: Cluster, prices: Prices) -> Estimate:
    """Estimate what a run would be billed on a cluster."""
    # Seconds on the cluster for each recorded second.
    slowness = engine_factor(run, prices) * run.cores / cluster.task_cores
    return Estimate(
        _job(run, cluster, prices, slowness), _session(run, cluster, prices, slowness), prices
    )


def engine_factor(run: RecordedRun, prices: Prices) -> float:
    """How many times the recorded work Spark has to do."""
    return prices.spark_over_sail if run.engine == Engine.SAIL else 1.0


def _job(run: RecordedRun, cluster: Cluster, prices: Prices, slowness: float) -> list[Line]:
    if "ingest" not in run.steps:
        return []
    seconds = run.steps["ingest"]
    work = Line("ingestion", seconds, seconds * slowness * cluster.dpus)
    minimum = prices.ingest_jobs * prices.minimum_job_seconds * cluster.dpus
    return _with_minimum([work], "ingestion, up to the minimum", minimum)


def _session(run: RecordedRun, cluster: Cluster, prices: Prices, slowness: float) -> list[Line]:
    nodes = [(model.name, model.seconds) for model in run.models]
    if run.tests:
        nodes.append((f"{run.tests} tests", run.test_seconds))
    recorded = sum(seconds for _, seconds in nodes)
    if not recorded:
        return []
    overlap = min(1.0, run.steps["build"] / recorded)
    work = [Line(name, took, took * overlap * slowness * cluster.dpus) for name, took in nodes]
    statements = len(run.models) + run.tests
    waits = [
        Line("session: start", None, prices.session_start_seconds * cluster.dpus),
        Line("session: polling", None, statements * prices.statement_seconds * cluster.dpus),
    ]
    minimum = prices.minimum_session_seconds * cluster.dpus
    return _with_minimum([*work, *waits], "session: up to the minimum", minimum)


def _with_minimum(lines: list[Line], name: str, minimum: float) -> list[Line]:
    lacking = minimum - sum(line.dpu_seconds for line in lines)
    return [*lines, Line(name, None, lacking)] if lacking > 0 else lines


def request_money(models: Sequence[ModelResult], prices: Prices) -> float:
    """S3 requests, at the least: each file is put, committed with its table and got back once."""
    files = sum(model.files for model in models)
    puts = files + len(models)
    return (puts * prices.put_per_1000 + files * prices.get_per_1000) / 1000


def storage_money(stored_bytes: float, prices: Prices) -> float:
    """Keeping so many bytes on S3 for a month."""
    return stored_bytes / _GB * prices.storage_gb_month


def scan_money(scanned_bytes: float, prices: Prices) -> float:
    """One Athena query that reads so many bytes."""
    return max(scanned_bytes, prices.minimum_scan_bytes) / _TB * prices.scan_tb
