"""Whether the rules that analysts edit as rows read as declared, before dbt loads them.

Data flow: columns and types of seeds/*.yml + seeds/*.csv -> a LakehouseError for what is wrong

An engine answers a text in a column of numbers with a stack trace, or makes it null. What the rows
mean is for the tests of dbt.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import yaml

from ingestion.errors import LakehouseError

_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,9}")


def check_seeds(project_folder: Path) -> None:
    """Read every seed.

    Raises:
        LakehouseError: A header, a row or a value is not what the seed's yml declares.
    """
    for declaration in sorted((project_folder / "seeds").glob("*.yml")):
        for seed in yaml.safe_load(declaration.read_text())["seeds"]:
            path = declaration.with_name(f"{seed['name']}.csv")
            _check_rows(path, seed["config"]["column_types"])


def _check_rows(path: Path, types: dict[str, str]) -> None:
    name = f"seeds/{path.name}"
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, [])
            if header != list(types):
                raise LakehouseError(
                    f"{name}: the header is {','.join(header)!r}, not {','.join(types)!r}.",
                    "Write the columns with these names in this order, and run again.",
                )
            for number, row in enumerate(filter(None, reader), start=1):
                _check_row(f"{name}, row {number} (line {reader.line_num})", row, types)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise LakehouseError(
            f"{name} can't be read: {error}",
            "Save it as a CSV file in UTF-8, with commas and double quotes, and run again.",
        ) from error


def _check_row(where: str, row: list[str], types: dict[str, str]) -> None:
    if len(row) != len(types):
        raise LakehouseError(
            f"{where} has {len(row)} values, not {len(types)}: {','.join(row)}",
            f"Write a value for each of {', '.join(types)}, and run again.",
        )
    for column, value in zip(types, row, strict=True):
        if not value.strip():
            problem, wanted = "is empty", "a value"
        elif types[column] == "int" and not _WHOLE_NUMBER.fullmatch(value.strip()):
            problem, wanted = f"is {value!r}, which is no whole number", "a whole number"
        else:
            continue
        raise LakehouseError(
            f"{where}: {column} {problem}.", f"Write {wanted} there, and run again."
        )
