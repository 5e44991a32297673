"""Files as they come: each case of tests/corpus/ in both readers, on the engine and in trace."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from ingestion import reader
from ingestion.explained import explain
from ingestion.faults import FileFault
from ingestion.reader import read_file
from ingestion.session import get_session
from ingestion.settings import Settings
from lakehouse.trace import trace_page
from tests.ingestion.corpus import Case, cases
from tests.lake import Lakehouse, new_lakehouse

CASES = cases()
LIMIT = 100 * 1024**2

of_each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
both_readers = pytest.mark.parametrize("is_clean", [True, False], ids=["clean", "careful"])
# Known to the engine alone: whether the share of rejects is above the limit.
OF_RECORDS = (None, "too_many_rejects")


def as_text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return "" if value is None else str(value)


@both_readers
@of_each_case
def test_a_reader_gives_what_is_right(
    case: Case, is_clean: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not is_clean:
        monkeypatch.setattr(reader, "read_clean", lambda *_: None)
    content, table = case.path.read_bytes(), case.declared
    if case.fault not in OF_RECORDS:
        with pytest.raises(FileFault) as raised:
            list(read_file(content, case.path.name, table, LIMIT)[1])
        assert raised.value.code == case.fault
        assert case.says in raised.value.detail
        assert len(str(raised.value)) < 500
        return
    header, batches = read_file(content, case.path.name, table, LIMIT)
    records = [record for batch in batches for record in batch.to_pylist()]
    records.sort(key=lambda record: record["record_number"])
    loaded = [record for record in records if record["reasons"] is None]
    assert [record["record_number"] for record in records] == list(range(1, len(records) + 1))
    assert [
        [as_text(record[name]) for name in table.column_names] for record in loaded
    ] == case.rows
    rejected = {r["record_number"]: r for r in records if r["reasons"]}
    if case.fault is None:
        found = {number: sorted(record["reasons"]) for number, record in rejected.items()}
        assert found == case.reasons
    for number, codes in case.rejected.items():
        for code, words in codes.items():
            raw_text = rejected[int(number)]["raw_text"]
            assert words in explain(code, raw_text, header.names, table)


@pytest.fixture(scope="module", params=["sail", pytest.param("spark", marks=pytest.mark.spark)])
def lakehouse(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Lakehouse:
    """A root that all cases have been loaded into, those below the limit of rejects and above."""
    folder = tmp_path_factory.mktemp("corpus")
    session = get_session(Settings.read(root=str(folder / "session"), engine=request.param))
    made = new_lakehouse(session, folder)
    for case in CASES:
        path = made.raw / case.source_file
        path.parent.mkdir(parents=True, exist_ok=True)
        if case.fault != "too_many_rejects":
            path.write_bytes(case.path.read_bytes())
    made.under(reject_limit=1.0).ingest("first")
    for case in CASES:
        (made.raw / case.source_file).write_bytes(case.path.read_bytes())
    made.ingest("second")
    return made


def test_every_case_ends_as_is_right(lakehouse: Lakehouse) -> None:
    ledger = {
        name: (status, reason or "", loaded, rejected)
        for name, status, reason, loaded, rejected in lakehouse.query(
            "select source_file, status, reason, records_loaded, records_rejected"
            " from ops.ingested_files"
        )
    }
    for case in CASES:
        status, reason, loaded, rejected = ledger[case.source_file]
        assert case.says in reason, case.name
        if case.fault:
            assert status == "quarantined", case.name
            assert reason.startswith(f"{case.fault}: "), case.name
        else:
            counts = ("loaded", len(case.rows), len(case.rejected))
            assert (status, loaded, rejected) == counts, case.name


def test_every_value_is_in_bronze(lakehouse: Lakehouse) -> None:
    for name in {case.table for case in CASES}:
        of_table = [case for case in CASES if case.table == name]
        columns = ", ".join(of_table[0].declared.column_names)
        rows = lakehouse.query(
            f"select source_file, {columns} from bronze.{name} order by source_file, record_number"
        )
        found = [(row[0], [as_text(value) for value in row[1:]]) for row in rows]
        right = [(case.source_file, row) for case in of_table for row in case.rows]
        assert found == sorted(right, key=lambda pair: pair[0])


def test_every_rejected_record_is_kept_with_its_reasons(lakehouse: Lakehouse) -> None:
    found = {
        (name, number): sorted(reasons)
        for name, number, reasons in lakehouse.query(
            "select source_file, record_number, reasons from ops.rejected_records"
        )
    }
    right = {
        (case.source_file, number): codes
        for case in CASES
        if case.fault is None
        for number, codes in case.reasons.items()
    }
    of_faults = {case.source_file for case in CASES if case.fault}
    assert {key: codes for key, codes in found.items() if key[0] not in of_faults} == right


def test_replay_under_the_same_rules_finds_nothing_to_repair(lakehouse: Lakehouse) -> None:
    assert lakehouse.under(reject_limit=0.1).review().repairs == []


@pytest.mark.parametrize(
    ("case", "key"),
    [(case, key) for case in CASES for key in case.trace],
    ids=lambda value: value.name if isinstance(value, Case) else value,
)
def test_trace_finds_a_record_that_was_refused(lakehouse: Lakehouse, case: Case, key: str) -> None:
    output = io.StringIO()
    console = Console(file=output, width=400)
    trace_page(lakehouse.settings, case.table, int(key)).show(console)
    line = next(line for line in output.getvalue().splitlines() if case.source_file in line)
    assert case.trace[key] in line
    assert "\x1b" not in output.getvalue()
