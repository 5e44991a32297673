"""What `lakehouse cost` shows: a recorded run, its price on AWS Glue, and what reading costs.

Data flow: ops.runs, run_steps, model_results, test_results -> `RecordedRun` -> estimate -> tables

It reads the Delta tables without an engine, so that asking costs nothing.
"""

from __future__ import annotations

from typing import Any

import duckdb
from rich.text import Text

from ingestion.errors import LakehouseError
from ingestion.layers import LAYERS
from ingestion.settings import Settings
from lakehouse.cost import (
    DAYS_OF_A_MONTH,
    Cluster,
    Estimate,
    ModelResult,
    RecordedRun,
    engine_factor,
    estimate,
    request_money,
    scan_money,
    storage_money,
)
from lakehouse.page import Page, Table
from lakehouse.prices import Prices, read_prices
from orchestration.state.delta_reader import connect
from orchestration.state.past_runs import run_named
from orchestration.state.storage import storage_of

_RUNS = """
select run_id, finished_at, status, any_value(engine), any_value(cores),
    map(list(step), list(seconds))
from ops.runs inner join ops.run_steps using (run_id)
group by all order by any_value(run_number) desc
"""
_MODELS = """
select model, seconds, coalesce(rows, 0), coalesce(bytes, 0), coalesce(files, 0)
from ops.model_results where run_id = ? and status <> 'skipped' order by seconds desc, model
"""
_TESTS = """
select count(*), coalesce(sum(seconds), 0)
from ops.test_results where run_id = ? and status not in ('skipped', 'unchanged')
"""
_RAW_BYTES = "select coalesce(sum(bytes), 0) from ops.ingested_files where status <> 'superseded'"


def cost_page(settings: Settings, run_id: str | None, workers: int, worker_type: str) -> Page:
    """The estimate for a recorded run, the newest one unless another is named.

    Raises:
        LakehouseError: There is no lakehouse, no such run, no such worker type, or no usable price
            table.
    """
    prices = read_prices()
    cluster = Cluster.of(workers, worker_type, prices)
    connection = connect(settings, ["ops"])
    run = _recorded_run(connection, settings, run_id)
    result = estimate(run, cluster, prices)
    page = Page()
    _add_head(page, run, cluster, worker_type, prices)
    stored_bytes = _stored_bytes(connection, settings)
    for table in (_parts(result), _totals(result, run, stored_bytes), _scans(run, prices)):
        page.table(table)
    page.note(Text(f"\nPrices: {prices.source}.", "dim"))
    return page


def _recorded_run(
    connection: duckdb.DuckDBPyConnection, settings: Settings, run_id: str | None
) -> RecordedRun:
    recorded = {row[0]: row for row in _rows(connection, _RUNS)}
    if not recorded:
        raise LakehouseError(
            f"No run on {settings.root} has recorded its seconds yet.",
            "Run once more with `lakehouse run --root DIR`; every run records them.",
        )
    newest = next(iter(recorded))
    chosen = run_named(
        list(recorded), run_id or newest, f"with recorded seconds is on {settings.root}"
    )
    ((tests, test_seconds),) = _rows(connection, _TESTS, chosen) or [(0, 0.0)]
    models = [ModelResult(*row) for row in _rows(connection, _MODELS, chosen)]
    chosen_run, finished_at, status, engine, cores, steps = recorded[chosen]
    return RecordedRun(
        chosen_run, finished_at, status, engine, cores, steps, models, tests, test_seconds
    )


def _rows(
    connection: duckdb.DuckDBPyConnection, query: str, *parameters: str
) -> list[tuple[Any, ...]]:
    """Rows of a query; none where an ops table is not there yet, as its first row makes it."""
    try:
        return connection.execute(query, parameters).fetchall()
    except duckdb.CatalogException:
        return []


def _stored_bytes(connection: duckdb.DuckDBPyConnection, settings: Settings) -> int:
    """All that S3 would keep: raw files as the ledger has them, tables with older versions."""
    ((raw,),) = _rows(connection, _RAW_BYTES) or [(0,)]
    storage = storage_of(settings.root)
    return int(raw) + sum(file.bytes for layer in LAYERS for file in storage.files(layer))


def _add_head(
    page: Page, run: RecordedRun, cluster: Cluster, worker_type: str, prices: Prices
) -> None:
    factor = engine_factor(run, prices)
    facts = {
        **{"run_id": run.run_id, "finished_at": run.finished_at, "status": run.status},
        **{"engine": run.engine, "cores": run.cores, "engine_factor": factor},
        **{"workers": cluster.workers, "worker_type": worker_type, "dpus": cluster.dpus},
        **{"currency": prices.currency, "region": prices.region, "prices_of": prices.date},
    }
    for name, value in facts.items():
        page.fact(name, value)
    note = f": its seconds count {factor:g} times, as Glue runs Spark" if factor != 1 else ""
    page.note(
        f"run     {run.run_id}, {run.finished_at:%Y-%m-%d %H:%M}, {run.status}\n"
        f"engine  {run.engine} on {run.cores} cores{note}\n"
        f"glue    {cluster.workers} workers {worker_type}: {cluster.dpus:g} DPU billed,"
        f" {cluster.task_cores:g} cores at work\n"
        f"prices  {prices.region}, {prices.date}, {prices.dpu_hour} {prices.currency}"
        " for a DPU-hour"
    )


def _parts(result: Estimate) -> Table:
    whole = sum(line.dpu_seconds for line in result.lines)
    rows = [
        (
            *(line.name, line.recorded_seconds, line.dpu_seconds),
            *(result.money([line]), line.dpu_seconds / whole),
        )
        for line in result.lines
    ]
    columns = ("part", "seconds", "dpu_seconds", "money", "share")
    return Table("parts", "What a run is billed for", columns, rows, formats=_FORMATS)


def _totals(result: Estimate, run: RecordedRun, stored_bytes: int) -> Table:
    prices = result.prices
    parts = (("Glue jobs (ingest)", result.job), ("Glue session (dbt)", result.session))
    rows: list[tuple[str, float | None, float]] = [
        (name, sum(line.dpu_seconds for line in lines), result.money(lines))
        for name, lines in parts
    ]
    requests = request_money(run.models, prices)
    storage = storage_money(stored_bytes, prices)
    a_run = result.money(result.lines) + requests
    rows += [
        ("S3 requests", None, requests),
        ("one run", None, a_run),
        (f"{DAYS_OF_A_MONTH} runs", None, a_run * DAYS_OF_A_MONTH),
        (f"S3 storage, {_size(stored_bytes)}", None, storage),
        ("a month", None, a_run * DAYS_OF_A_MONTH + storage),
    ]
    formats = _FORMATS | {"dpu_seconds": _whole}
    columns = ("what", "dpu_seconds", "money")
    return Table("totals", f"In {prices.currency}", columns, rows, formats=formats)


def _scans(run: RecordedRun, prices: Prices) -> Table:
    rows = [
        (model.name, model.rows, model.bytes, model.files, scan_money(model.bytes, prices))
        for model in sorted(run.models, key=lambda model: model.name)
        if model.name.startswith("gold.")
    ]
    columns = ("table", "rows", "bytes", "files", "money")
    return Table("scans", "One full scan by Athena", columns, rows, formats=_FORMATS)


def _money(amount: float) -> str:
    """Cents where cents tell something, else as many digits as it takes to see an amount."""
    return f"{amount:,.2f}" if amount >= 1 else f"{amount:.6f}"


def _size(count: float) -> str:
    for unit in ("B", "KB", "MB"):
        if count < 1024:
            return f"{count:,.0f} {unit}"
        count /= 1024
    return f"{count:,.1f} GB"


def _seconds(count: float | None) -> str:
    return "" if count is None else f"{count:,.1f}"


def _whole(count: float | None) -> str:
    return "" if count is None else f"{count:,.0f}"


_FORMATS = {
    "seconds": _seconds,
    "dpu_seconds": _seconds,
    "money": _money,
    "share": "{:.0%}".format,
    "bytes": _size,
}
