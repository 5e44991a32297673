"""The pair of files of a new model: SQL in the usual shape, and its description and tests."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from ingestion.errors import LakehouseError
from lakehouse.new.files import NewFiles, place_of, render, write_new
from orchestration.project.references import with_tables

_NAME = re.compile(r"[a-z][a-z0-9_]*")


class Layer(StrEnum):
    """The folders of models/ that people add models to."""

    SILVER = "silver"
    INTERMEDIATE = "intermediate"
    GOLD = "gold"


def new_model(name: str, layer: Layer, reads: Sequence[str], key: Sequence[str]) -> NewFiles:
    """Write the SQL and the yml of a model.

    Args:
        name: Of the model.
        layer: Its folder.
        reads: Models that it reads; the first one is what `final` selects from.
        key: Columns that identify a row.

    Raises:
        LakehouseError: A name is malformed, a model to read does not exist, or this one does.
    """
    for word in (name, *key):
        if not _NAME.fullmatch(word):
            raise LakehouseError(
                f"{word!r} is no name of a model or column.",
                "Write lower case letters, digits and underscores, such as weekly_sales.",
            )
    for read in reads:
        with_tables(f"{{{{ ref('{read}') }}}}")
    values = {
        "name": name,
        "is_gold": layer is Layer.GOLD,
        "reads": list(dict.fromkeys(reads)),
        "key": {column: _type_of(column) for column in key},
    }
    folder = f"models/{layer}/{name}"
    texts = {f"{folder}{end}": render(f"model{end}", values) for end in (".sql", ".yml")}
    return NewFiles(write_new(texts), _steps(name) if layer is Layer.GOLD else [])


def _type_of(column: str) -> str:
    """By the endings that conventions give; a wrong guess fails against the contract."""
    if column.endswith("_id"):
        return "bigint"
    return "date" if column.endswith(("date", "_start")) else "string"


def _steps(name: str) -> list[str]:
    return [
        f"{place_of('models/exposures.yml', 'depends_on:')}: name {name} at what reads it",
        f"{place_of('models/docs/overview.md', 'gold')}: describe {name} in a line",
        f"{place_of('docs/architecture.md', 'daily_sales')}: list {name}",
        f"{place_of('tests/oracle/oracle.py', 'SQL_FILES')}: add {name}, computed a second time in"
        f" tests/oracle/sql/{name}.sql",
        f"{place_of('tests/compare.py', 'GOLD_KEYS')}: add the key of {name}",
        f"{place_of('tests/test_engine_parity.py', 'TABLES')}: add gold.{name}",
        f"{place_of('models/gold/data_reconciliation.sql', 'with')}: compare the money and counts"
        f" that {name} sums",
    ]
