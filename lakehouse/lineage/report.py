"""What `lakehouse lineage` prints: the way of a column to its CSV columns, or from them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from difflib import get_close_matches

from rich.console import Console
from rich.markup import escape
from rich.table import Table as RichTable
from rich.text import Text
from rich.tree import Tree

from ingestion.errors import LakehouseError
from lakehouse.formats import Format
from lakehouse.lineage.graph import CSV, GOLD, Lineage, Onwards, ends, reached

_LONGEST_EXPRESSION = 90
_END_OF_SENTENCE = re.compile(r"(?<=\.)\s")


def print_lineage(
    console: Console, lineage: Lineage, name: str, output: Format, *, downstream: bool
) -> None:
    """Print the lineage of a column, or of each column of a table.

    Raises:
        LakehouseError: There is neither a table nor a column of this name.
    """
    columns = _columns_of(lineage, name)
    onwards = lineage.uses() if downstream else lineage.inputs()
    if output == Format.JSON:
        found = {
            column: _as_json(lineage, column, onwards, downstream=downstream) for column in columns
        }
        console.print_json(json.dumps(found))
    elif columns == [name]:
        _print_tree(console, lineage, name, onwards, downstream=downstream)
    else:
        _print_table(console, lineage, columns, onwards, downstream=downstream)


def _columns_of(lineage: Lineage, name: str) -> list[str]:
    if name in lineage.tables:
        return [f"{name}.{column}" for column in lineage.tables[name].columns]
    every = [column for column, _ in lineage.columns()]
    if name in every:
        return [name]
    # Of the name of a column the part behind its table may be all that somebody remembers.
    last = name.rpartition(".")[2]
    same = [column for column in every if column.rpartition(".")[2] == last]
    close = get_close_matches(name, [*lineage.tables, *every], n=4, cutoff=0.7)
    some = list(dict.fromkeys([*close, *reversed(same)]))[:6]
    raise LakehouseError(
        f"There is no table or column {name!r}.",
        f"Did you mean {', '.join(some)}?"
        if some
        else "Name a table such as gold.daily_sales, or a column such as"
        " gold.daily_sales.total_sales or orders.csv.total_amount.",
    )


def _print_tree(
    console: Console,
    lineage: Lineage,
    name: str,
    onwards: Onwards,
    *,
    downstream: bool,
) -> None:
    tree = Tree(_label(lineage, name))
    shown = {name}
    waiting = [(tree, name)]
    while waiting:
        branch, this = waiting.pop(0)
        for read in onwards[this]:
            again = read in shown and bool(onwards[read])
            twig = branch.add(_label(lineage, read, again=again))
            if not again:
                shown.add(read)
                waiting.append((twig, read))
    console.print(tree)
    far = _far(lineage, name, onwards, downstream=downstream)
    if not far:
        console.print("\nNo column is made of it." if downstream else "\nNo column is its input.")
    else:
        what = "Made of it" if downstream else "It comes from"
        console.print(f"\n{what}: {', '.join(_short(lineage, column) for column in far)}")


def _far(lineage: Lineage, name: str, onwards: Onwards, *, downstream: bool) -> list[str]:
    """What people ask for: where a column begins, or the columns of gold that are made of it."""
    gold = [column for column in reached(name, onwards) if lineage.layer(column) == GOLD]
    found = gold if downstream and gold != [name] else ends(name, onwards)
    return [column for column in found if column != name]


def _label(lineage: Lineage, name: str, *, again: bool = False) -> Text:
    column = lineage.column(name)
    label = Text(name, style="bold" if lineage.layer(name) in ("gold", CSV) else "")
    if again:
        return label.append("  (as above)", style="dim")
    if column.steps:
        label.append(f"  {_cut(column.steps[0])}", style="cyan")
    sentence = _END_OF_SENTENCE.split(column.description.replace("\n", " "), maxsplit=1)[0]
    return label.append(f"\n{sentence}" if sentence else "", style="dim")


def _print_table(
    console: Console,
    lineage: Lineage,
    columns: Sequence[str],
    onwards: Onwards,
    *,
    downstream: bool,
) -> None:
    title = columns[0].rpartition(".")[0]
    table = RichTable(title=title, title_justify="left", box=None, pad_edge=False)
    for heading in ("column", "computed by", "made of it" if downstream else "comes from"):
        table.add_column(heading, overflow="fold")
    for name in columns:
        far = _far(lineage, name, onwards, downstream=downstream)
        steps = lineage.column(name).steps
        table.add_row(
            escape(name.rpartition(".")[2]),
            escape(_cut(steps[0]) if steps else ""),
            escape(", ".join(_short(lineage, column) for column in far)),
        )
    console.print(table)
    if any(": *" in str(cell) for cell in table.columns[-1].cells):
        console.print("\n* are the rows themselves, as count(*) counts them.", style="dim")


def _short(lineage: Lineage, name: str) -> str:
    table, _, column = name.rpartition(".")
    return f"{table}: {column}" if lineage.layer(name) == CSV else name


def _as_json(
    lineage: Lineage, name: str, onwards: Onwards, *, downstream: bool
) -> dict[str, object]:
    column = lineage.column(name)
    return {
        "description": column.description,
        "steps": column.steps,
        "next": list(onwards[name]),
        "made_of_it" if downstream else "comes_from": _far(
            lineage, name, onwards, downstream=downstream
        ),
    }


def _cut(text: str) -> str:
    one_line = " ".join(text.split())
    too_long = len(one_line) > _LONGEST_EXPRESSION
    return one_line[: _LONGEST_EXPRESSION - 1] + "…" if too_long else one_line
