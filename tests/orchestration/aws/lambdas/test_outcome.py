from __future__ import annotations

from orchestration.aws.lambdas.outcome import outcome_of


def test_files_records_and_tests_are_reported() -> None:
    summary = {
        "files": {"loaded": 3, "quarantined": [], "missing": []},
        "records": {"read": 120, "loaded": 113, "rejected": 7},
        "tests": {"passed": 200, "warned": 4, "failed": 0},
    }
    assert outcome_of(summary) == (
        "Files loaded: 3, with 113 of 120 records; 7 records rejected.\n"
        "Tests: 200 passed, 4 warned.\n"
    )


def test_files_to_see_to_are_named_with_the_reason_up_to_ten() -> None:
    files = {
        "quarantined": [{"source_file": "orders/2025-02-30.csv", "reason": "impossible_date"}],
        "missing": [f"orders/2025-04-{day:02}.csv" for day in range(1, 13)],
    }
    lines = outcome_of({"files": files}).splitlines()
    assert "  orders/2025-02-30.csv (impossible_date)" in lines
    assert "Missing: 12" in lines
    assert "  orders/2025-04-10.csv" in lines
    assert "  orders/2025-04-11.csv" not in lines
    assert lines[-1] == "  and 2 more"


def test_a_summary_without_a_part_is_reported_all_the_same() -> None:
    assert outcome_of({}).startswith("Files loaded: 0")
