from __future__ import annotations

import pytest

from ingestion.csv_records import fields_of, split_first_line, split_records


def fields(text: str, width: int) -> list[list[str] | None]:
    return split_records(text, width).fields.to_pylist()  # type: ignore[no-any-return]


def raw_text(text: str, width: int) -> list[str]:
    return split_records(text, width).raw_text.to_pylist()  # type: ignore[no-any-return]


def test_splits_plain_records_at_commas_and_line_ends() -> None:
    assert fields("1,a\n2,b\n", 2) == [["1", "a"], ["2", "b"]]
    assert raw_text("1,a\n2,b\n", 2) == ["1,a", "2,b"]


def test_reads_the_last_record_without_a_line_end() -> None:
    assert fields("1,a\n2,b", 2) == [["1", "a"], ["2", "b"]]
    assert fields('1,a\n2,"b"', 2) == [["1", "a"], ["2", "b"]]


def test_keeps_a_comma_inside_quotes() -> None:
    assert fields('1,"salt, fine"\n2,b\n', 2) == [["1", "salt, fine"], ["2", "b"]]


def test_reads_a_doubled_quote_inside_quotes_as_one() -> None:
    assert fields('1,"12"" pizza"\n2,""""\n3,""\n', 2) == [
        ["1", '12" pizza'],
        ["2", '"'],
        ["3", ""],
    ]


def test_keeps_a_line_break_inside_quotes() -> None:
    text = '1,"two\nlines"\n2,"two\r\nmore"\n'
    assert fields(text, 2) == [["1", "two\nlines"], ["2", "two\r\nmore"]]
    assert raw_text(text, 2) == ['1,"two\nlines"', '2,"two\r\nmore"']


@pytest.mark.parametrize("quoted", ["b", '"b"'])
@pytest.mark.parametrize("end", ["\r\n", "\r", "\r\r\n"])
def test_takes_crlf_and_cr_as_line_ends(quoted: str, end: str) -> None:
    assert fields(f"1,a{end}2,{quoted}{end}", 2) == [["1", "a"], ["2", "b"]]
    assert raw_text(f"1,a{end}2,{quoted}{end}", 2) == ["1,a", f"2,{quoted}"]


@pytest.mark.parametrize("quoted", ["b", '"b"'])
def test_leaves_empty_lines_out(quoted: str) -> None:
    assert fields(f"\n1,a\n\n\r\n2,{quoted}\n\n", 2) == [["1", "a"], ["2", "b"]]


def test_keeps_a_line_of_commas_and_a_line_of_blanks() -> None:
    assert fields(",\n  \n1,a\n", 2) == [["", ""], ["  "], ["1", "a"]]
    assert fields(',\n  \n1,"a"\n', 2) == [["", ""], ["  "], ["1", "a"]]


def test_a_quote_that_is_never_closed_costs_its_own_line_only() -> None:
    text = '1,a\n2,"b\n3,c\n4,"d"\n'
    assert fields(text, 2) == [["1", "a"], None, ["3", "c"], ["4", "d"]]
    assert raw_text(text, 2) == ["1,a", '2,"b', "3,c", '4,"d"']


def test_two_lines_with_an_open_quote_are_two_broken_records() -> None:
    # Together they look like one record with a line break inside quotes, but of a wrong width.
    text = '1,"a\n2,b"\n3,c\n'
    assert fields(text, 3) == [None, None, ["3", "c"]]
    assert raw_text(text, 3) == ['1,"a', '2,b"', "3,c"]


@pytest.mark.parametrize("line", ['2,b"c', '2,"b"c', '2,"b" ', '2, "b"', '2,"b""'])
def test_a_stray_quote_breaks_its_own_line_only(line: str) -> None:
    text = f"1,a\n{line}\n3,c\n"
    assert fields(text, 2) == [["1", "a"], None, ["3", "c"]]
    assert raw_text(text, 2) == ["1,a", line, "3,c"]


def test_a_broken_record_ends_before_its_crlf() -> None:
    assert raw_text('1,"a\r\n2,b\r\n', 2) == ['1,"a', "2,b"]


def test_keeps_a_record_of_another_width_as_it_is() -> None:
    assert fields("1\n1,a,x\n", 2) == [["1"], ["1", "a", "x"]]
    assert fields('1\n1,"a",x\n', 2) == [["1"], ["1", "a", "x"]]


@pytest.mark.parametrize("bad", ['"', 'x"', '"x', '"a"b'])
def test_no_quote_changes_how_many_records_there_are(bad: str) -> None:
    lines = ["1,a", f"2,{bad}", "3,c", "4,d"]
    assert raw_text("\n".join(lines), 2) == lines


def test_a_text_without_records_gives_none() -> None:
    assert fields("", 2) == []
    assert fields("\r\n\n", 2) == []


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", ""])
def test_splits_the_first_line_off(end: str) -> None:
    text = f'\n\r\nid,"the, name"{end}1,"a"'.encode()
    line, start = split_first_line(text)
    assert fields_of(line) == (["id", "the, name"] if end else None)
    assert text[start:] == (b'1,"a"' if end else b"")


@pytest.mark.parametrize("line", ['id,"name', 'id,"na\nme"', 'id,na"me'])
def test_a_first_line_with_a_broken_quote_has_no_fields(line: str) -> None:
    assert fields_of(split_first_line(line.encode())[0]) is None
