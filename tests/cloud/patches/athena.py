"""Athena with an engine: moto keeps queries, but runs none and answers what a test has queued.

Here a query runs on Trino, the engine that Athena is built on, over the stand-in's Glue catalog.
The result is also written to the workgroup's place in S3. A workgroup's limit of bytes is not
applied.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

from moto.athena.responses import AthenaResponse

from tests.cloud.athena_query import Query
from tests.cloud.stand_in import StandIn
from tests.cloud.trino import Trino, start

PAGE = 1000

Answer = str | tuple[str, dict[str, int]]


def apply(stand_in: StandIn) -> None:
    """Let Athena's queries run."""
    queries: dict[str, Query] = {}
    _run_queries(stand_in, queries)
    _show_queries(queries)


def _run_queries(stand_in: StandIn, queries: dict[str, Query]) -> None:
    engine = Engine(stand_in)

    def start_query_execution(response: AthenaResponse) -> Answer:
        group = response._get_param("WorkGroup") or "primary"
        output = _output(response, group)
        if output is None:
            return _refusal(f"WorkGroup {group} is not found, or no output location is provided")
        context = response._get_param("QueryExecutionContext") or {}
        query = Query(response._get_param("QueryString"), context.get("Database"), group, output)
        queries[query.number] = query
        parameters = response._get_param("ExecutionParameters") or []
        stand_in.in_background(lambda: engine.run(query, parameters))
        return json.dumps({"QueryExecutionId": query.number})

    def stop_query_execution(response: AthenaResponse) -> Answer:
        query = queries.get(response._get_param("QueryExecutionId"))
        if query is not None:
            query.end("CANCELLED")
        return json.dumps({})

    _answer_by(start_query_execution, stop_query_execution)


def _show_queries(queries: dict[str, Query]) -> None:
    def get_query_execution(response: AthenaResponse) -> Answer:
        query = queries.get(response._get_param("QueryExecutionId"))
        if query is None:
            return _refusal("QueryExecution was not found")
        return json.dumps({"QueryExecution": query.description()})

    def get_query_results(response: AthenaResponse) -> Answer:
        query = queries.get(response._get_param("QueryExecutionId"))
        if query is None:
            return _refusal("QueryExecution was not found")
        if query.state != "SUCCEEDED":
            return _refusal(f"Query did not finish successfully. Final query state: {query.state}")
        first = int(response._get_param("NextToken") or 0)
        count = int(response._get_param("MaxResults") or PAGE)
        return json.dumps(query.page(first, count))

    def list_query_executions(response: AthenaResponse) -> Answer:
        group = response._get_param("WorkGroup") or "primary"
        newest_first = [q.number for q in reversed(queries.values()) if q.workgroup == group]
        return json.dumps({"QueryExecutionIds": newest_first})

    _answer_by(get_query_execution, get_query_results, list_query_executions)


def _answer_by(*operations: Callable[[AthenaResponse], Answer]) -> None:
    for operation in operations:
        setattr(AthenaResponse, operation.__name__, operation)


class Engine:
    """The one Trino, started for the first query."""

    def __init__(self, stand_in: StandIn) -> None:
        self._stand_in = stand_in
        self._lock = threading.Lock()
        self._trino: Trino | None = None

    def run(self, query: Query, parameters: list[str]) -> None:
        """Run a query to its end."""
        try:
            query.run(self._running(), parameters)
            if query.completed is None:
                bucket, _, key = query.output.removeprefix("s3://").partition("/")
                body = query.result_file()
                self._stand_in.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
                query.end("SUCCEEDED")
        except Exception as error:
            query.end("FAILED", f"{type(error).__name__}: {error}")
            raise

    def _running(self) -> Trino:
        with self._lock:
            if self._trino is None:
                folder = self._stand_in.folder / "trino"
                self._trino = start(folder, self._stand_in.endpoint, self._stand_in.start)
            return self._trino


def _output(response: AthenaResponse, group: str) -> str | None:
    """Where results go: the workgroup's place if it enforces it or the query names none."""
    known: dict[str, Any] | None = response.athena_backend.get_work_group(group)
    if known is None:
        return None
    own = known["Configuration"].get("ResultConfiguration", {}).get("OutputLocation")
    asked = (response._get_param("ResultConfiguration") or {}).get("OutputLocation")
    enforced = known["Configuration"].get("EnforceWorkGroupConfiguration")
    place: str | None = own if enforced and own else asked or own
    return place


def _refusal(message: str) -> Answer:
    body = {"__type": "InvalidRequestException", "Message": message}
    return json.dumps(body), {"status": 400}
