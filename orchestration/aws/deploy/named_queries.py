"""The analyses as saved queries of Athena, put into the template of the catalog.

Data flow: analyses/<name>.sql and .yml -> tables with the environment's databases -> a resource
AWS::Athena::NamedQuery each, in the place that glue_catalog.yaml keeps for them
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from ingestion.errors import LakehouseError
from orchestration.project.references import with_tables

MARK = "  # Named queries:"
_DESCRIPTION_LENGTH = 1024


def with_named_queries(template: str, analyses: Path, database_prefix: str) -> str:
    """The template with a named query for each analysis.

    Args:
        template: Text of glue_catalog.yaml.
        analyses: Folder of the analyses.
        database_prefix: Of the environment.

    Raises:
        LakehouseError: The template has no place for them, or an analysis names no table.
    """
    lines = template.splitlines()
    places = [number for number, line in enumerate(lines) if line.startswith(MARK)]
    if len(places) != 1:
        raise LakehouseError(
            f"glue_catalog.yaml has {len(places)} lines that begin with {MARK.strip()!r}.",
            "Put exactly one among its resources; the named queries take its place.",
        )
    (place,) = places
    queries = [
        line
        for sql in sorted(analyses.glob("*.sql"))
        for line in _resource(sql, database_prefix).splitlines()
    ]
    return "\n".join([*lines[:place], *queries, *lines[place + 1 :]]) + "\n"


def _resource(sql: Path, database_prefix: str) -> str:
    (described,) = yaml.safe_load(sql.with_suffix(".yml").read_text(encoding="utf-8"))["analyses"]
    text = with_tables(sql.read_text(encoding="utf-8"), database_prefix)
    properties: dict[str, Any] = {
        "Name": sql.stem,
        "Description": " ".join(described["description"].split())[:_DESCRIPTION_LENGTH],
        "Database": f"{database_prefix}gold",
        "QueryString": text,
    }
    # JSON is YAML, and quotes whatever an analysis may hold.
    written = [f"      {name}: {json.dumps(value)}" for name, value in properties.items()]
    words = "".join(word.title() for word in sql.stem.split("_"))
    head = [f"  {words}Query:", "    Type: AWS::Athena::NamedQuery", "    Properties:"]
    return "\n".join([*head, *written, "      WorkGroup: !Ref WorkGroup"])
