"""The paths of data files in a Delta log: relative to the table, or absolute if they lie elsewhere.

A path in a log is a URL: what is no plain letter in it is escaped, once more than in the name of
the file.
"""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    import pyarrow as pa

# What names a data file.
OF_FILES = ("add", "remove")


def table_url(location: str) -> str:
    """What the path of a file in a log, which is a URL, follows if it is absolute."""
    return f"{quote(location.rstrip('/'), safe=':/')}/"


def with_absolute_paths(name: str, content: bytes, url: str) -> bytes:
    """A commit or a checkpoint of a table whose log lies elsewhere than its files.

    Args:
        name: Of the file of the log.
        content: Of it.
        url: The `table_url` of where the files are.
    """
    if name.endswith(".parquet"):
        return _checkpoint(content, url)
    lines: list[dict[str, Any]] = [
        json.loads(line) for line in content.decode().split("\n") if line.strip()
    ]
    for line in lines:
        for kind in OF_FILES:
            if kind in line:
                line[kind]["path"] = _absolute(line[kind]["path"], url)
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()


def _checkpoint(content: bytes, url: str) -> bytes:
    import pyarrow.parquet as pq  # it takes a quarter of a second, and a folder does without it

    table = pq.read_table(io.BytesIO(content))
    for kind in OF_FILES:
        if kind in table.column_names:
            index = table.column_names.index(kind)
            column = _with_paths(table.column(index).combine_chunks(), url)
            table = table.set_column(index, table.schema.field(index), column)
    rewritten = io.BytesIO()
    pq.write_table(table, rewritten)
    return rewritten.getvalue()


def _with_paths(actions: pa.StructArray, url: str) -> pa.StructArray:
    import pyarrow as pa

    fields = list(actions.type)
    values = [actions.field(field.name) for field in fields]
    index = next(index for index, field in enumerate(fields) if field.name == "path")
    paths = [path and _absolute(path, url) for path in values[index].to_pylist()]
    values[index] = pa.array(paths, fields[index].type)
    return pa.StructArray.from_arrays(values, fields=fields, mask=actions.is_null())


def _absolute(path: str, url: str) -> str:
    return path if "://" in path else url + path
