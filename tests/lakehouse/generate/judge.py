"""A second opinion on a raw folder: reads it with the csv module and the rules written out again.

It shares no code with the generator or the ingestion, so that what it finds proves the manifest.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

HEADERS = {
    "products": "product_id,department_id,department,product_name",
    "orders": "order_num,order_id,user_id,order_timestamp,total_amount,date",
    "order_items": (
        "id,order_id,user_id,days_since_prior_order,product_id,add_to_cart_order,reordered,"
        "order_timestamp,date"
    ),
}
KEYS = {"products": "product_id", "orders": "order_id", "order_items": "id"}
OPTIONAL = {"department_id", "order_num", "days_since_prior_order"}
TEXTS = {"department", "product_name"}

Place = tuple[str, int]
Row = dict[str, str]


@dataclass
class Verdict:
    """Reasons by (file, record number), and the rows that are left."""

    rows: dict[str, dict[Place, Row]] = field(default_factory=dict)
    rejected: dict[Place, set[str]] = field(default_factory=dict)
    silver_rejected: dict[Place, set[str]] = field(default_factory=dict)
    waiting: dict[Place, set[str]] = field(default_factory=dict)
    superseded: set[Place] = field(default_factory=set)
    records: Counter[str] = field(default_factory=Counter)


def read_text(path: Path) -> str:
    content = path.read_bytes()
    if path.name.endswith(".gz"):
        content = gzip.decompress(content)
    return content.decode("utf-8-sig").replace("\r\n", "\n")


def read_table(path: Path) -> tuple[list[str], list[list[str] | None]]:
    """The header, and the fields of each record; None where the quoting is broken."""
    header, *lines = read_text(path).removesuffix("\n").split("\n")
    names = header.split(",")
    return names, list(_records(lines, len(names)))


def _records(lines: list[str], width: int) -> Iterator[list[str] | None]:
    place = 0
    while place < len(lines):
        alone = _parse(lines[place])
        joined = _parse("\n".join(lines[place : place + 2]))
        if alone is None and joined is not None and len(joined) == width:
            place += 1
            alone = joined
        yield alone
        place += 1


def _parse(text: str) -> list[str] | None:
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


def judge(raw: Path, files: list[str]) -> Verdict:
    """Judge the given files by the rules of bronze, then their rows by those of silver."""
    verdict = Verdict(rows={table: {} for table in HEADERS})
    for file in files:
        table = file.partition("/")[0]
        names, records = read_table(raw / file)
        for number, fields in enumerate(records, 1):
            verdict.records[table] += 1
            whole = fields is not None and len(fields) == len(names)
            row = dict(zip(names, fields or (), strict=False))
            reasons = _bronze_reasons(table, row) if whole else {"malformed"}
            if reasons:
                verdict.rejected[file, number] = reasons
            else:
                verdict.rows[table][file, number] = row
    _judge_orders(verdict)
    _judge_items(verdict)
    return verdict


def _bronze_reasons(table: str, row: Row) -> set[str]:
    reasons = set()
    for column in HEADERS[table].split(","):
        if not row[column].strip():
            if column not in OPTIONAL:
                reasons.add(f"missing:{column}")
        elif fault := _fault(column, row[column]):
            reasons.add(f"{fault}:{column}")
    return reasons


def _fault(column: str, text: str) -> str | None:
    if column in TEXTS:
        return None
    if column == "total_amount":
        if not re.fullmatch(r"-?\d+(\.\d{1,2}0*)?", text):
            return "type"
        return "range" if len(text.lstrip("-").partition(".")[0]) > 16 else None
    if column in {"date", "order_timestamp"}:
        shape = "%Y-%m-%d" if column == "date" else "%Y-%m-%dT%H:%M:%S"
        try:
            datetime.strptime(text, shape)  # noqa: DTZ007 - only whether it is a moment at all
        except ValueError:
            return "type"
        return None
    if not re.fullmatch(r"-?\d+", text):
        return "type"
    return None if -(2**63) <= int(text) < 2**63 else "range"


def _judge_orders(verdict: Verdict) -> None:
    newest: dict[str, Place] = {}
    for place, row in verdict.rows["orders"].items():
        earlier = newest.get(row["order_id"])
        if earlier:
            verdict.superseded.add(min(earlier, place))
        newest[row["order_id"]] = max(earlier or place, place)
    for place in newest.values():
        row = verdict.rows["orders"][place]
        amount = float(row["total_amount"])
        checks = {
            "below:total_amount": amount <= 0,
            "above:total_amount": amount > 100_000,
            "mismatch:date": row["date"] != row["order_timestamp"][:10],
            "not_positive:user_id": int(row["user_id"]) < 1,
        }
        if reasons := {reason for reason, is_broken in checks.items() if is_broken}:
            verdict.silver_rejected[place] = reasons


def _judge_items(verdict: Verdict) -> None:
    orders = {
        row["order_id"]: row
        for place, row in verdict.rows["orders"].items()
        if place not in verdict.silver_rejected
    }
    products = {row["product_id"] for row in verdict.rows["products"].values()}
    for place, row in verdict.rows["order_items"].items():
        order = orders.get(row["order_id"])
        checks = {
            "mismatch:user_id": order is not None and order["user_id"] != row["user_id"],
            "below:add_to_cart_order": int(row["add_to_cart_order"]) < 1,
            "invalid:reordered": row["reordered"] not in {"0", "1"},
            "below:days_since_prior_order": int(row["days_since_prior_order"]) < 0,
        }
        orphan = {
            "unknown_order": order is None,
            "unknown_product": row["product_id"] not in products,
        }
        if reasons := {reason for reason, is_broken in checks.items() if is_broken}:
            verdict.silver_rejected[place] = reasons
        if waits_for := {reason for reason, is_missing in orphan.items() if is_missing}:
            verdict.waiting[place] = waits_for


def is_a_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
