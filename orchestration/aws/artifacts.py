"""What a build leaves in the bucket for others: its summary, dbt's artifacts and the docs site.

Data flow: result of the build + Delta logs -> summary.json; dbt's target folder -> manifest.json,
run_results.json -> artifacts/<execution>/ and, of a build that went well, artifacts/latest/

The Lambdas read them, dbt compares a change with the latest manifest, people open the site.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ingestion.errors import LakehouseError
from ingestion.ledger import LedgerRow
from ingestion.settings import Settings
from orchestration.pipeline.dbt import artifacts_folder
from orchestration.project import PROJECT_FOLDER
from orchestration.state.results import RunResult
from orchestration.state.storage import storage_of
from orchestration.state.versions import open_table, table_locations

_SUMMARY = "summary.json"
_OF_DBT = ("manifest.json", "run_results.json")
# Names what the docs site in the bucket was made from.
_DOCS_MARK = "project.txt"
_DOCS_SECONDS = 600

logger = logging.getLogger(__name__)


def clear_artifacts(settings: Settings) -> None:
    """Take away what an earlier build has left on this machine."""
    for name in _OF_DBT:
        (artifacts_folder(settings) / name).unlink(missing_ok=True)


def summary_of(
    settings: Settings,
    execution: str,
    result: RunResult,
    to_mark: Sequence[LedgerRow],
    failure: str | None,
) -> dict[str, Any]:
    """What the build was like, in a shape that needs no knowledge of tables.

    Args:
        settings: Where the tables are.
        execution: Name of the execution.
        result: Of the build, as far as it came.
        to_mark: Loaded raw files that are to be marked so.
        failure: What stopped the build as a whole, None if nothing did. The tables, which may be
            what can't be read, are then not looked at.
    """
    report = result.report
    totals = result.totals
    return {
        "run_id": result.run_id,
        "execution": execution,
        "status": "failed" if failure else result.status,
        "files": {
            "loaded": totals.files_loaded,
            "quarantined": [
                {"source_file": row.source_file, "reason": row.reason}
                for row in (report.quarantined if report else [])
            ],
            "missing": [file.expected_file for file in (report.missing if report else [])],
        },
        "records": {
            "read": totals.records_read,
            "loaded": totals.records_loaded,
            "rejected": totals.records_rejected,
        },
        "tests": {
            "passed": totals.tests_passed,
            "warned": totals.tests_warned,
            "failed": totals.tests_failed,
        },
        "loaded_files": [{"source_file": row.source_file, "etag": row.etag} for row in to_mark],
        "problems": [*_problem_of(failure), *_problems_of(result)],
        "tables": {} if failure else _tables(settings),
    }


def _problem_of(failure: str | None) -> list[dict[str, Any]]:
    if failure is None:
        return []
    return [
        {"name": "build", "kind": "build", "table": None, "message": failure, "failures": 0},
    ]


def _problems_of(result: RunResult) -> list[dict[str, Any]]:
    return [
        {
            "name": node.name,
            "kind": node.kind,
            "table": node.table,
            "message": node.message,
            "failures": node.failures,
        }
        for node in result.results
        if node.is_bad
    ]


def _tables(settings: Settings) -> dict[str, dict[str, int]]:
    opened = {name: open_table(name, place) for name, place in table_locations(settings).items()}
    return {
        name: {"rows": table.count(), "version": table.version()} for name, table in opened.items()
    }


def publish(settings: Settings, execution: str, summary: Mapping[str, Any]) -> None:
    """Put the summary and dbt's artifacts below the root; the summary last, which is waited for."""
    texts = {
        name: path.read_text("utf-8")
        for name in _OF_DBT
        if (path := artifacts_folder(settings) / name).exists()
    }
    texts[_SUMMARY] = json.dumps(summary, indent=1)
    places = [execution] if summary["status"] == "failed" else [execution, "latest"]
    for place in places:
        for name, text in texts.items():
            _put(settings, f"{place}/{name}", text)


def publish_docs(settings: Settings, project: str) -> None:
    """Write the docs site anew if the project has changed; what fails is logged.

    It is made on a root of its own without tables, by the embedded engine: what it shows is the
    project's, and dbt-glue would list the tables of one database only.

    Args:
        settings: Where the artifacts are.
        project: A `project_digest`.
    """
    try:
        _publish_docs(settings, project)
    except (LakehouseError, OSError, subprocess.SubprocessError) as error:
        logger.warning("The docs site could not be written: %s", getattr(error, "stderr", error))


def _publish_docs(settings: Settings, project: str) -> None:
    folder = "latest/docs"
    storage = storage_of(settings.root)
    if storage.read(f"artifacts/{folder}/{_DOCS_MARK}") == project.encode():
        return
    with TemporaryDirectory(prefix="lakehouse-docs-") as scratch:
        pages = Path(scratch) / "site"
        command = ["docs", "--no-serve", "--engine", "sail", "--root", str(Path(scratch) / "root")]
        subprocess.run(
            [sys.executable, "-m", "lakehouse.cli", *command, "--output", str(pages)],
            cwd=PROJECT_FOLDER,
            env=_environment(),
            capture_output=True,
            text=True,
            timeout=_DOCS_SECONDS,
            check=True,
        )
        for page in sorted(pages.iterdir()):
            _put(settings, f"{folder}/{page.name}", page.read_text("utf-8"))
    _put(settings, f"{folder}/{_DOCS_MARK}", project)


def _environment() -> dict[str, str]:
    """Without what ties this build to its environment on AWS."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LAKEHOUSE_", "DBT_"))
    }


def _put(settings: Settings, name: str, text: str) -> None:
    storage_of(settings.root).write(f"artifacts/{name}", text.encode())
