"""Where a person is: rows of tables, files of old versions, Delta logs, text logs and raw files.

Data flow: root + raw folder + user_id -> places, each with what it holds of the person

It opens every data file that lies below the root, whether or not a version of a table still names
it, so that finding nothing means that nothing is there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingestion.erased import text_names
from ingestion.settings import Settings
from orchestration.state.versions import all_tables, files_of, open_table

REFUSED_TEXT, FAILING_ROW = "raw_text", "failing_row"
_USER = "user_id"
# What dbt writes of the project alone, with ids that unit tests have made up.
_OF_THE_PROJECT = ("manifest.json", "partial_parse.msgpack", "graph.gpickle", "osi_document.json")


@dataclass(frozen=True)
class Place:
    """A table or another folder, and what it holds of a person.

    Attributes:
        name: `<layer>.<table>` or `logs`; of what lies beside the tables, its path below the root.
        rows: Rows of the table as it is; beside the tables, of all files.
        old_rows: Rows in its other data files, those of older versions and of runs cut off.
        log_entries: Entries of its Delta log that name the person, or files among the logs.
    """

    name: str
    rows: int = 0
    old_rows: int = 0
    log_entries: int = 0

    @property
    def is_clean(self) -> bool:
        """Nothing of the person is in it."""
        return not (self.rows or self.old_rows or self.log_entries)


def search_tables(settings: Settings, user_id: int) -> list[Place]:
    """Search tables and logs; places that can't name a person are left out."""
    places = [
        search_table(name, folder, user_id) for name, folder in tables_of_people(settings).items()
    ]
    return [*places, Place("logs", log_entries=len(logs_that_name(settings, user_id)))]


def tables_of_people(settings: Settings) -> dict[str, Path]:
    """Name to folder of every table with a column that can name a person, sorted by name."""
    return {
        name: folder
        for name, folder in all_tables(settings).items()
        if _columns([field.name for field in open_table(name, folder).schema().fields])
    }


def data_files(folder: Path) -> list[Path]:
    """Every data file below the folder of a table."""
    return [path for path in folder.rglob("*.parquet") if "_delta_log" not in path.parts]


def search_table(name: str, folder: Path, user_id: int) -> Place:
    """Search a table, the files beside it and its Delta log."""
    live = files_of(open_table(name, folder), folder)
    counts = {path: _rows_in_table(path, user_id, path in live) for path in data_files(folder)}
    return Place(
        name=name,
        rows=sum(count for path, count in counts.items() if path in live),
        old_rows=sum(count for path, count in counts.items() if path not in live),
        log_entries=sum(
            entries_of(path, user_id) for path in sorted((folder / "_delta_log").iterdir())
        ),
    )


def logs_that_name(settings: Settings, user_id: int) -> list[Path]:
    """Files among the logs, dbt's compiled SQL included, that name the person."""
    return [
        path
        for path in sorted(settings.log_folder.rglob("*"))
        if path.is_file() and path.name not in _OF_THE_PROJECT and text_names_user(path, user_id)
    ]


def text_names_user(path: Path, user_id: int) -> bool:
    """Whether a text names the person."""
    return _in_text(user_id).search(path.read_text(errors="ignore")) is not None


def failing_row_names(row: str, test_name: str, user_id: int) -> bool:
    """Whether a row that a test has stored as JSON is of the person."""
    values: dict[str, Any] = json.loads(row)
    text = values.get(REFUSED_TEXT)
    if text is not None and text_names(text, values.get("header"), user_id.__eq__):
        return True
    # The rows of dbt's own tests name the tested column only in the name of the test.
    of_user = _USER in test_name
    return any(
        value == user_id and (name.endswith(_USER) or (of_user and name.endswith("_field")))
        for name, value in values.items()
    )


def _columns(names: Sequence[str]) -> list[str]:
    texts = (REFUSED_TEXT, FAILING_ROW)
    return [name for name in names if name.endswith(_USER) or name in texts]


def _rows_in_table(path: Path, user_id: int, is_live: bool) -> int:
    try:
        return rows_of(path, user_id)
    except pa.ArrowInvalid:
        if is_live:
            raise
        return 0  # a run that was cut off left a part of a file


def rows_of(path: Path, user_id: int) -> int:
    """Rows of the person in a data file.

    Raises:
        ArrowInvalid: It is no whole Parquet file.
    """
    file = pq.ParquetFile(path)
    names = file.schema_arrow.names
    wanted = [*_columns(names), *({"header", "test_name"} & set(names))]
    table = file.read(columns=wanted)
    if REFUSED_TEXT in names or FAILING_ROW in names:
        return sum(_text_row_names(row, user_id) for row in table.to_pylist())
    masks = [pc.equal(table[name], user_id) for name in _columns(names)]
    return sum(pc.sum(mask).as_py() or 0 for mask in masks)


def _text_row_names(row: dict[str, Any], user_id: int) -> bool:
    if FAILING_ROW in row:
        return failing_row_names(row[FAILING_ROW] or "{}", row["test_name"] or "", user_id)
    return text_names(row[REFUSED_TEXT] or "", row.get("header"), user_id.__eq__)


def entries_of(path: Path, user_id: int) -> int:
    """Entries that name the person in a file of a Delta log."""
    return sum(_names(entry, user_id) for entry in _log_entries(path))


def _log_entries(path: Path) -> Iterator[Any]:
    if path.name.startswith("."):
        return  # a checksum of another file
    if path.suffix == ".parquet":
        yield from pq.read_table(path).to_pylist()
    elif path.suffix in (".json", ".crc"):
        lines = path.read_text("utf-8").split("\n")  # a value may hold other line ends
        yield from (json.loads(line) for line in lines if line.strip())


def _names(value: Any, user_id: int, key: str = "") -> bool:
    """Whether a Delta log's value names the person, such as in the statistics of a file."""
    if isinstance(value, dict):
        return any(
            _names(inner, user_id, name) for name, inner in value.items() if name != "nullCount"
        )
    if isinstance(value, list):
        return any(_names(inner, user_id, key) for inner in value)
    if isinstance(value, str):
        if value.startswith("{") and key == "stats":
            return _names(json.loads(value), user_id)
        return _in_text(user_id).search(value) is not None
    return bool(key.endswith(_USER) and value == user_id)


def _in_text(user_id: int) -> re.Pattern[str]:
    """The id where the name of its column stands shortly before it, in SQL or in JSON."""
    return re.compile(
        rf"{_USER}[\s\"'\\:=(<>!]{{1,12}}(between\s+|in\s*\(\s*|\w{{1,10}}\()?0*{user_id}(?![\w.-])"
    )
