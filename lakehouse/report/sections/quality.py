"""The state of the data: files, records refused, where every record is, sums, tests."""

from __future__ import annotations

from collections.abc import Sequence

from ingestion.tables import TABLES
from lakehouse.refused import REJECTS, SILVER_REJECTS
from lakehouse.report import wording as say
from lakehouse.report.bars import Bar, horizontal_bars
from lakehouse.report.drawing import Picture, draw
from lakehouse.report.parts import Figure, Section, Table
from lakehouse.report.reading import Lake, Row
from lakehouse.report.sections.files import files

_MOST_BARS = 10
_ACCOUNTS = """
select table_name, records_read, records_rejected, records_erased, bronze_rows, silver_rows,
    superseded_rows, rejected_rows, waiting_rows
from silver.row_accounting
order by table_name
"""
_SUMS = """
select left_relation, right_relation, measure, left_value, right_value, unallocated_value,
    difference
from gold.data_reconciliation order by measure desc, left_relation, right_relation
"""


def quality(lake: Lake) -> Section:
    """Say what is missing, what was refused, and whether the sums and the tests agree."""
    found: list[Figure] = []
    if lake.has("ops.ingested_files"):
        found = [*files(lake), *_rejects(lake), *_accounts(lake), *_sums(lake), *_tests(lake)]
    return Section("quality", "State of the data", found, empty="No file was loaded yet.")


def _rejects(lake: Lake) -> list[Figure]:
    rows: list[Row] = [
        {"layer": "bronze"} | row for row in _query(lake, "ops.rejected_records", REJECTS)
    ]
    for table in TABLES:
        found = _query(lake, f"silver.{table}_rejected", SILVER_REJECTS.format(table=table))
        rows += [{"layer": "silver", "records": row["rows"]} | row for row in found]
    if not rows:
        return [Figure("Records refused", "No record was refused.")]
    rows.sort(key=lambda row: (-row["records"], row["layer"], row["table_name"], row["reason"]))
    first = rows[0]
    sentence = (
        f"The most frequent reason is {_reason(first)} in {say.words(first['table_name'])}:"
        f" {say.plural(first['records'], 'record')}."
    )
    return [
        Figure(
            title="Records refused or waiting, by reason",
            sentence=sentence,
            chart=draw(f"Bars: records by reason. {sentence}", lambda width: _bars(rows, width)),
            table=_reject_table(rows),
            note="A record may have several reasons. Lines whose order or product has not arrived"
            " wait and are taken in when it comes.",
        )
    ]


def _query(lake: Lake, table: str, sql: str) -> list[Row]:
    return lake.rows(sql) if lake.has(table) else []


def _reason(row: Row) -> str:
    return say.clean(row["reason"])


def _bars(rows: Sequence[Row], width: int) -> Picture:
    return horizontal_bars(
        [
            Bar(
                f"{_reason(row)}, {say.words(row['table_name'])}",
                row["records"],
                say.count(row["records"]),
                f"{row['layer']} {row['table_name']}, {_reason(row)}: {say.count(row['records'])}",
            )
            for row in rows[:_MOST_BARS]
        ],
        width,
    )


def _reject_table(rows: Sequence[Row]) -> Table:
    return Table(
        "Records refused or waiting, by reason",
        ["layer", "table", "reason", "#records", "for example"],
        [
            [
                row["layer"],
                say.words(row["table_name"]),
                _reason(row),
                say.count(row["records"]),
                say.clean(row["example"]),
            ]
            for row in rows
        ],
    )


def _accounts(lake: Lake) -> list[Figure]:
    rows = _query(lake, "silver.row_accounting", _ACCOUNTS)
    if not rows:
        return []
    read = sum(row["records_read"] for row in rows)
    refused = sum(row["records_rejected"] for row in rows)
    return [
        Figure(
            title="Where every record is",
            sentence=f"{say.plural(read, 'record')} read, {say.count(refused)} refused on reading.",
            table=Table(
                "Records by table, from the files to silver",
                [
                    *("table", "#read", "#refused", "#erased", "#bronze", "#silver"),
                    *("#superseded", "#rejected", "#waiting"),
                ],
                [
                    [
                        say.words(row["table_name"]),
                        *(say.count(value) for name, value in row.items() if name != "table_name"),
                    ]
                    for row in rows
                ],
            ),
            note="Read = refused + erased + bronze, and bronze = silver + superseded + rejected"
            " + waiting.",
        )
    ]


def _sums(lake: Lake) -> list[Figure]:
    rows = lake.rows(_SUMS)
    if not rows:
        return []
    good = sum(1 for row in rows if not row["difference"])
    return [
        Figure(
            title="Do the tables agree?",
            sentence=f"Comparisons that agree: {say.count(good)} of {say.count(len(rows))}.",
            table=Table(
                "The same sum from two tables",
                ["measure", "from", "and from", "#first", "#second", "#not allocated", "agree"],
                [
                    [
                        say.words(row["measure"]),
                        row["left_relation"],
                        row["right_relation"],
                        *(_sum(row, name) for name in ("left_value", "right_value")),
                        _sum(row, "unallocated_value"),
                        "yes" if not row["difference"] else f"NO, by {_sum(row, 'difference')}",
                    ]
                    for row in rows
                ],
            ),
        )
    ]


def _sum(row: Row, name: str) -> str:
    is_money = row["measure"].endswith("sales")
    return say.money(row[name]) if is_money else say.whole_money(row[name])


def _tests(lake: Lake) -> list[Figure]:
    tests = lake.state.tests
    if not tests:
        return []
    odd = lake.state.not_passed
    passed = f"{say.count(len(tests) - len(odd))} of {say.plural(len(tests), 'test')} passed"
    return [
        Figure(
            title="Tests of these tables",
            sentence=f"{passed}; {say.plural(len(odd), 'test')} did not." if odd else f"{passed}.",
            table=Table(
                "Tests that did not pass",
                ["test", "of", "result", "#rows found"],
                [
                    [
                        say.words(test.test_name),
                        say.clean(test.tested),
                        test.status,
                        say.count(test.failures),
                    ]
                    for test in odd
                ],
            )
            if odd
            else None,
        )
    ]
