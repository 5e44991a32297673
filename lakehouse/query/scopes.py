"""What a name means at a place of a query: the tables of its FROM, then those of the query around.

Names are looked up here and written for DuckDB in full, with an alias that the text does not know,
so that DuckDB can't resolve one differently or find a table of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lakehouse.query.kinds import for_duckdb


@dataclass(frozen=True)
class Term:
    """A value.

    Attributes:
        sql: As DuckDB takes it, closed in itself.
        kind: Its type.
        text: The text of a literal.
        unit: Of an interval, its unit.
    """

    sql: str
    kind: str
    text: str | None = None
    unit: str = ""


@dataclass(frozen=True)
class Relation:
    """A query or a table, as DuckDB takes it in a FROM, with its columns in order."""

    sql: str
    columns: tuple[tuple[str, str], ...]
    hidden: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Source:
    """A relation of a FROM.

    Attributes:
        alias: By which DuckDB knows it.
        name: By which the text knows it.
        layer: That may stand before the name; empty when none may.
        relation: What it is.
    """

    alias: str
    name: str
    layer: str
    relation: Relation

    def terms(self) -> list[tuple[str, Term]]:
        """Its columns."""
        return [(name, self.term(name, kind)) for name, kind in self.relation.columns]

    def term(self, name: str, kind: str) -> Term:
        """One of its columns."""
        return Term(f"{self.alias}.{quoted(name)}", kind)

    def is_called(self, table: str, layer: str) -> bool:
        """Whether `layer.table` means this one."""
        return self.name.lower() == table and layer in ("", self.layer)


@dataclass
class Scope:
    """The names that one SELECT may use.

    Attributes:
        sources: Its FROM.
        merged: Columns that USING makes one of.
        hidden: Alias and name of those that it was made of.
        parent: The query around.
        outputs: Columns of the result, which ORDER BY may name.
        parameters: Those of the lambda that is read.
    """

    parent: Scope | None = None
    sources: list[Source] = field(default_factory=list)
    merged: dict[str, Term] = field(default_factory=dict)
    hidden: set[tuple[str, str]] = field(default_factory=set)
    outputs: dict[str, Term] = field(default_factory=dict)
    parameters: dict[str, Term] = field(default_factory=dict)

    def find(self, name: str, table: str, layer: str) -> list[Term]:
        """The columns of this name, of the nearest query that has any."""
        found = self._here(name, table, layer)
        return found or (self.parent.find(name, table, layer) if self.parent else [])

    def _here(self, name: str, table: str, layer: str) -> list[Term]:
        if not table and name in self.merged:
            return [self.merged[name]]
        return [
            source.term(column, kind)
            for source in self.sources
            if not table or source.is_called(table, layer)
            for column, kind in (*source.relation.columns, *source.relation.hidden)
            if column.lower() == name and (source.alias, name) not in self.hidden
        ]

    def every_column(self) -> list[tuple[str, Term]]:
        """What `*` means: columns of USING once and first."""
        merged = [(name, term) for name, term in self.merged.items()]
        rest = [pair for source in self.sources for pair in source.terms()]
        return merged + [pair for pair in rest if pair[0].lower() not in self.merged]

    def names(self) -> Mapping[str, list[str]]:
        """Columns by table, for a message."""
        return {
            f"{s.layer}.{s.name}" if s.layer else s.name: [name for name, _ in s.relation.columns]
            for s in self.sources
        }


def quoted(name: str) -> str:
    """A name of DuckDB."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text literal of DuckDB."""
    return "'" + value.replace("'", "''") + "'"


def in_kind(term: Term, kind: str) -> str:
    """A term in a type that it fits."""
    if term.kind == kind:
        return term.sql
    return f"cast({term.sql} as {for_duckdb(kind)})"
