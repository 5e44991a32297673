"""`{{ ref('orders') }}` of dbt in a query: the table of the model, and no other template."""

from __future__ import annotations

import re

from ingestion.errors import LakehouseError
from orchestration.project import PROJECT_FOLDER
from orchestration.project.sql_places import Place, close_to, fault

_MODELS = PROJECT_FOLDER / "models"
# The folder of a model is its layer, but for the rollups.
_LAYER = {"intermediate": "silver"}
_REF = re.compile(r"\{\{ *ref\( *(?P<quote>['\"])(?P<name>\w+)(?P=quote) *\) *\}\}")
_OTHER = re.compile(r"\{\{.*?(\}\}|$)|\{%.*?(%\}|$)", re.DOTALL)


def with_tables(sql: str, database_prefix: str = "") -> str:
    """The SQL with a table in the place of each reference.

    Args:
        sql: In Athena's dialect.
        database_prefix: Put before the name of each table's database.

    Raises:
        LakehouseError: There is no such model, or another template of dbt.
    """
    if "{" not in sql:
        return sql
    layers = {path.stem: path.parent.name for path in _MODELS.glob("*/*.sql")}

    def table(found: re.Match[str]) -> str:
        name = found["name"]
        if name not in layers:
            raise _no_model(sql, found, close_to(name, layers))
        return f"{database_prefix}{_LAYER.get(layers[name], layers[name])}.{name}"

    rendered = _REF.sub(table, sql)
    if other := _OTHER.search(rendered):
        place = Place(other.start(), len(other[0].splitlines()[0]))
        problem = "this is a template of dbt that is not known here."
        raise fault(rendered, place, problem, "Only {{ ref('model') }} is; name a table else.")
    return rendered


def _no_model(sql: str, found: re.Match[str], close: list[str]) -> LakehouseError:
    hint = f" Did you mean {' or '.join(close)}?" if close else ""
    place = Place(found.start("name"), len(found["name"]))
    problem = f"there is no model {found['name']}.{hint}"
    return fault(sql, place, problem, "The models are the files of models/.")
