"""One query as Athena keeps it: run on Trino, its rows as text, its result as a file in S3."""

from __future__ import annotations

import re
import time
import uuid
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from trino.exceptions import Error, TrinoQueryError

from tests.cloud.trino import Trino

_DDL = re.compile(r"(alter|create|describe|drop|msck|show)\b", re.IGNORECASE)


@dataclass
class Query:
    """A query and what became of it.

    Attributes:
        sql: As it was given.
        database: That unqualified tables are in.
        workgroup: Name of its workgroup.
        output: S3 URL of the result, a CSV file.
        state: QUEUED, RUNNING, SUCCEEDED, FAILED or CANCELLED.
        reason: Why it failed.
        columns: `ColumnInfo` of each column of the result.
        rows: The result as text; None for null.
        scanned: Bytes read.
    """

    sql: str
    database: str | None
    workgroup: str
    output: str
    number: str = field(default_factory=lambda: str(uuid.uuid4()))
    state: str = "QUEUED"
    reason: str = ""
    submitted: float = field(default_factory=time.time)
    completed: float | None = None
    columns: list[dict[str, Any]] = field(default_factory=list)
    rows: list[list[str | None]] = field(default_factory=list)
    scanned: int = 0

    def __post_init__(self) -> None:
        self.output = f"{self.output.rstrip('/')}/{self.number}.csv"

    @property
    def has_header(self) -> bool:
        """Athena puts the names of the columns before the rows of a SELECT."""
        return not _DDL.match(self.sql.strip())

    def run(self, trino: Trino, parameters: list[str]) -> None:
        """Run it; a failure is its state, not an exception."""
        try:
            with trino.connect(self.database) as connection:
                cursor = connection.cursor()
                self.state = "RUNNING"
                cursor.execute(_with_parameters(self.sql.strip().rstrip(";"), parameters))
                rows = cursor.fetchall()
                self.columns = [_column(described) for described in cursor.description or []]
                self.rows = [[_text(value) for value in row] for row in rows]
                self.scanned = int((cursor.stats or {}).get("processedBytes", 0))
        except TrinoQueryError as error:
            self.end("FAILED", f"{error.error_name}: {error.message}")
        except Error as error:
            self.end("FAILED", str(error))

    def end(self, state: str, reason: str = "") -> None:
        """Make the state final, unless it is."""
        if self.completed is None:
            self.state, self.reason, self.completed = state, reason, time.time()

    def result_file(self) -> bytes:
        """The result as Athena writes it: everything in quotes, null as nothing at all."""
        lines = (",".join(map(_quoted, row)) + "\n" for row in self._all_rows())
        return "".join(lines).encode()

    def description(self) -> dict[str, Any]:
        """What GetQueryExecution shows."""
        status: dict[str, Any] = {"State": self.state, "SubmissionDateTime": self.submitted}
        if self.completed is not None:
            status["CompletionDateTime"] = self.completed
        if self.reason:
            error = {"ErrorCategory": 2, "ErrorMessage": self.reason, "Retryable": False}
            status |= {"StateChangeReason": self.reason, "AthenaError": error}
        milliseconds = int(((self.completed or time.time()) - self.submitted) * 1000)
        context = {"Catalog": "awsdatacatalog"}
        return {
            "QueryExecutionId": self.number,
            "Query": self.sql,
            "StatementType": "DML" if self.has_header else "DDL",
            "ResultConfiguration": {"OutputLocation": self.output},
            "QueryExecutionContext": context
            | ({"Database": self.database} if self.database else {}),
            "Status": status,
            "Statistics": {
                "DataScannedInBytes": self.scanned,
                "EngineExecutionTimeInMillis": milliseconds,
                "TotalExecutionTimeInMillis": milliseconds,
            },
            "WorkGroup": self.workgroup,
            "EngineVersion": {"EffectiveEngineVersion": "Athena engine version 3"},
        }

    def page(self, start: int, count: int) -> dict[str, Any]:
        """What GetQueryResults answers: rows from `start` on, at most `count`."""
        rows = self._all_rows()
        answer: dict[str, Any] = {
            "UpdateCount": 0,
            "ResultSet": {
                "Rows": [{"Data": [_cell(value) for value in row]} for row in rows[start:][:count]],
                "ResultSetMetadata": {"ColumnInfo": self.columns},
            },
        }
        if len(rows) > start + count:
            answer["NextToken"] = str(start + count)
        return answer

    def _all_rows(self) -> list[list[str | None]]:
        names: list[str | None] = [column["Name"] for column in self.columns]
        return [*([names] if self.has_header else []), *self.rows]


def _with_parameters(sql: str, parameters: list[str]) -> str:
    """Athena's execution parameters are literals, in the order of the question marks."""
    if not parameters:
        return sql
    escaped = sql.replace("'", "''")
    return f"execute immediate '{escaped}' using {', '.join(parameters)}"


def _column(described: Any) -> dict[str, Any]:
    name, kind = described[0], described[1]
    numbers = [int(number) for number in re.findall(r"\d+", kind)]
    precision, scale = (*numbers, 0, 0)[:2] if kind.startswith("decimal") else (0, 0)
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": name,
        "Label": name,
        "Type": re.sub(r"\(.*?\)", "", kind),
        "Precision": precision,
        "Scale": scale,
        "Nullable": "UNKNOWN",
        "CaseSensitive": kind.startswith(("varchar", "char")),
    }


def _text(value: Any) -> str | None:
    """A value in Athena's words."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        zone = f" {value.tzname()}" if value.tzinfo else ""
        return value.strftime("%Y-%m-%d %H:%M:%S.") + f"{value.microsecond // 1000:03}{zone}"
    if isinstance(value, date | Decimal):
        return str(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(_text(each) or 'null' for each in value)}]"
    if isinstance(value, dict):
        pairs = (f"{_text(key)}={_text(each) or 'null'}" for key, each in value.items())
        return f"{{{', '.join(pairs)}}}"
    return str(value)


def _quoted(value: str | None) -> str:
    return "" if value is None else '"' + value.replace('"', '""') + '"'


def _cell(value: str | None) -> dict[str, str]:
    return {} if value is None else {"VarCharValue": value}
