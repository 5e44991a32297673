"""What a query is refused with: the place, what is not proven, and what is near."""

from __future__ import annotations

from sqlglot import exp

from ingestion.errors import LakehouseError
from ingestion.visible import some
from lakehouse.query.functions import ATHENA, NEAREST
from lakehouse.query.scopes import Scope
from lakehouse.query.signatures import signatures
from lakehouse.query.tables import place_of
from orchestration.project.sql_places import MOST_NAMES, Place, close_to, fault

_LIST = "docs/query.md lists what is proven to give what Athena gives."


class Refusals:
    """Errors of one SQL text."""

    def __init__(self, sql: str) -> None:
        self._sql = sql

    def unproven(self, node: exp.Expr, what: str) -> LakehouseError:
        """Something of Athena's that may mean something else here."""
        problem = f"{what} is not proven to give here what Athena gives, so it is refused."
        return fault(self._sql, place_in(node), problem, _LIST)

    def mismatch(self, node: exp.Expr, problem: str) -> LakehouseError:
        """Something that Athena refuses, too."""
        return fault(self._sql, place_in(node), problem, "Fix the SQL and ask again.")

    def no_function(self, node: exp.Expr, name: str) -> LakehouseError:
        """A function that is not proven, or that Athena does not have."""
        close = close_to(name, signatures())
        if name in ATHENA:
            near = NEAREST.get(name) or ", ".join(close)
            nearest = f" Proven and near: {near}." if near else ""
            return fault(
                self._sql,
                place_in(node),
                f"{name} is not proven to give here what Athena gives, so it is refused.{nearest}",
                _LIST,
            )
        hint = f" Did you mean {' or '.join(close)}?" if close else ""
        return fault(self._sql, place_in(node), f"Athena has no function {name}.{hint}", _LIST)

    def no_signature(self, node: exp.Expr, name: str, kinds: list[str]) -> LakehouseError:
        """A function that is proven for other types."""
        there = "; ".join(str(one) for one in signatures()[name])
        problem = f"{name}({', '.join(kinds)}) is not proven to give here what Athena gives."
        return fault(self._sql, place_in(node), problem, f"Proven: {there}.")

    def no_column(self, node: exp.Expr, scope: Scope) -> LakehouseError:
        """A name that no table around has; close ones are told with their table."""
        name, table = node.name, node.text("table")
        around: list[Scope] = [scope]
        while around[-1].parent is not None:
            around.append(around[-1].parent)
        columns = {t: c for one in reversed(around) for t, c in one.names().items()}
        called = {t.split(".")[-1].lower() for t in columns}
        if table and table.lower() not in called:
            problem = f"no table or alias {table} is part of this query."
            place = place_of(node.args.get("table"))
            return fault(
                self._sql, place, problem, f"There are {some(sorted(columns), MOST_NAMES)}."
            )
        every = [column for listed in columns.values() for column in listed]
        close = [
            f"{column} ({t})"
            for column in close_to(name.lower(), every)
            for t, listed in columns.items()
            if column in listed
        ]
        hint = f" Did you mean {' or '.join(close)}?" if close else ""
        described = f"`describe {next(iter(columns))}` lists the columns." if columns else _LIST
        return fault(self._sql, place_in(node), f"there is no column {name}.{hint}", described)


def place_in(node: exp.Expr) -> Place | None:
    """The first place that a part of a term is known to have."""
    return next((place for part in node.walk() if (place := place_of(part))), None)
