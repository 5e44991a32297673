from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet
import pytest
from rich.console import Console

from ingestion.errors import LakehouseError
from ingestion.settings import Settings
from lakehouse.query.engine import Answer, ask
from lakehouse.query.output import Format, save, write_csv, write_json
from lakehouse.query.table_view import print_table

VALUES = """
select
    order_id,
    total_amount,
    order_timestamp,
    date '2025-04-01' as day,
    order_id = 1 as is_first,
    reasons,
    0.1e0 as share,
    if(order_id = 1, '', 'a "b", c') as words
from silver.orders
where order_id <> 2
order by order_id
"""


def written_csv(answer: Answer) -> str:
    target = io.StringIO()
    write_csv(target, answer)
    return target.getvalue()


def written_json(answer: Answer) -> str:
    target = io.StringIO()
    write_json(target, answer)
    return target.getvalue()


def shown(answer: Answer, limit: int = 1000) -> list[str]:
    console = Console(width=40, force_terminal=False)
    with console.capture() as capture:
        print_table(console, answer, limit)
    return [line.rstrip() for line in capture.get().splitlines()]


def test_csv_has_exact_numbers_iso_dates_and_null_apart_from_an_empty_text(
    settings: Settings,
) -> None:
    assert written_csv(ask(settings, VALUES)) == (
        "order_id,total_amount,order_timestamp,day,is_first,reasons,share,words\n"
        '1,60.00,2025-04-01 11:27:00 UTC,2025-04-01,true,"[""a"", ""b""]",0.1,""\n'
        '3,,2025-04-01 11:27:00 UTC,2025-04-01,false,[],0.1,"a ""b"", c"\n'
    )


def test_csv_is_read_back_by_a_reader_of_csv(settings: Settings) -> None:
    text = written_csv(ask(settings, "select 'a\nb' as \"one, two\", 'c,\"d' as three"))
    assert list(csv.reader(io.StringIO(text))) == [["one, two", "three"], ["a\nb", 'c,"d']]


def test_json_has_exact_numbers_and_null(settings: Settings) -> None:
    text = written_json(ask(settings, VALUES))
    assert '"total_amount": 60.00' in text
    first, second = json.loads(text, parse_float=Decimal)
    assert first == {
        "order_id": 1,
        "total_amount": Decimal("60.00"),
        "order_timestamp": "2025-04-01T11:27:00+00:00",
        "day": "2025-04-01",
        "is_first": True,
        "reasons": ["a", "b"],
        "share": Decimal("0.1"),
        "words": "",
    }
    assert (second["total_amount"], second["reasons"]) == (None, [])


def test_json_without_rows_and_with_what_is_no_number_is_still_json(settings: Settings) -> None:
    assert json.loads(written_json(ask(settings, "select 1 as a where false"))) == []
    sql = "select 1e0 / 0 as a, map(array['k'], array[1]) as b"
    assert json.loads(written_json(ask(settings, sql))) == [{"a": "inf", "b": {"k": 1}}]


def test_a_table_shows_numbers_to_the_right_and_counts_its_rows(settings: Settings) -> None:
    answer = ask(settings, "select order_date, total_sales from gold.daily_sales order by 1")
    assert shown(answer) == [
        "order_date  total_sales",
        "2025-04-01       100.00",
        "2025-04-02         0.00",
        "2025-04-03        50.05",
        "3 rows",
    ]


def test_a_table_is_cut_with_a_note_only_when_there_is_more(settings: Settings) -> None:
    sql = "select order_date from gold.daily_sales order by 1"
    assert shown(ask(settings, sql), limit=2)[-1].startswith("the first 2 rows; there are more")
    assert shown(ask(settings, sql), limit=3)[-1] == "3 rows"


def test_a_table_shows_signs_of_markup_and_long_texts_as_they_are(settings: Settings) -> None:
    long = "x" * 60
    lines = shown(ask(settings, f"select '[red] :x:' as \"[b]\", '{long}' as long"))
    assert lines[0] == "[b]        long"
    assert lines[1] == f"[red] :x:  {long}"


def test_a_text_can_not_steer_the_terminal_or_break_the_table(settings: Settings) -> None:
    lines = shown(
        ask(settings, "select chr(27) || '[2J' || chr(10) || 'é' as a, '表' as b, 1 as c")
    )
    assert lines[:2] == ["a           b   c", r"\x1b[2J\né  表  1"]


def test_a_large_answer_is_written_while_it_is_computed(settings: Settings) -> None:
    sql = "select number from unnest(sequence(1, 1000)) as a (number) cross join"
    answer = ask(
        settings,
        f"{sql} unnest(sequence(1, 10000)) as b (other)"
        " cross join unnest(sequence(1, 100)) as c (third)",
    )

    class Full(io.StringIO):
        def write(self, text: str) -> int:
            if self.tell() > 100_000:
                raise OSError(28, "No space left on device")
            return super().write(text)

    # A thousand million rows: only a writer that takes them as they come gets to its end.
    with pytest.raises(OSError, match="No space"):
        write_csv(Full(), answer)


def test_parquet_keeps_names_types_and_values(settings: Settings, tmp_path: Path) -> None:
    sql = "select order_date, total_sales, order_count, sum(order_count) over () as n"
    file = tmp_path / "days.parquet"
    save(file, ask(settings, f"{sql} from gold.daily_sales order by 1"), Format.PARQUET)
    table = pyarrow.parquet.read_table(file)
    assert [str(kind) for kind in table.schema.types] == [
        "date32[day]",
        "decimal128(18, 2)",
        "int64",
        "int64",
    ]
    assert table["total_sales"].to_pylist() == [Decimal(v) for v in ("100.00", "0.00", "50.05")]
    assert table["n"].to_pylist() == [5, 5, 5]


@pytest.mark.parametrize("form", [Format.CSV, Format.JSON, Format.PARQUET])
def test_a_file_is_whole_or_not_there(settings: Settings, tmp_path: Path, form: Format) -> None:
    file = tmp_path / "out"
    file.write_text("older")
    sql = (
        "select 1 / (one * 6 + six - 50000) as a from unnest(sequence(0, 9999)) as a (one)"
        " cross join unnest(sequence(1, 6)) as b (six)"
    )
    with pytest.raises(LakehouseError, match="Division by zero"):
        save(file, ask(settings, sql), form)
    assert file.read_text() == "older"
    assert list(tmp_path.iterdir()) == [file]
    save(file, ask(settings, "select 1 as a"), form)
    assert file.read_bytes() != b"older"


def test_a_file_that_can_not_be_written_is_reported(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(LakehouseError, match=r"out\.csv can't be written: No such file"):
        save(tmp_path / "nowhere" / "out.csv", ask(settings, "select 1"), Format.CSV)
