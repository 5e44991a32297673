"""What a plan puts to the test, in words: so that it is known which troubles the cases have."""

from __future__ import annotations

from collections import defaultdict

from tests.properties.plans import Expected, Plan, State
from tests.properties.shop import Content, Line, Order


def situations(plan: Plan) -> set[str]:
    """All that is remarkable about a plan."""
    found = _of_versions(plan) | _of_records(plan.loaded())
    expected = Expected()
    for number, state in enumerate(plan.states):
        before = dict(expected.loaded)
        expected.arrive(state)
        found |= _of_state(state)
        if number:
            found |= _of_untouched_days(before, expected.loaded)
    return found


def _of_versions(plan: Plan) -> set[str]:
    found = set()
    seen: dict[str, list[Content]] = defaultdict(list)
    before: State = {}
    for state in plan.states:
        found |= {
            "a file renamed"
            for path, content in before.items()
            if content.is_usable and path not in state
            if content in (state[other] for other in state if state[other] != before.get(other))
        }
        before = state
        for path, content in state.items():
            if seen[path] and content != seen[path][-1]:
                found.add(_change(seen[path], content))
            seen[path].append(content)
        found |= {"a file taken away" for path in seen if path not in state}
    return found


def _change(versions: list[Content], content: Content) -> str:
    if content in versions:
        return "an older version again"
    if not content.is_usable:
        return "a broken correction"
    is_corrected = any(version.is_usable for version in versions)
    return "a file corrected" if is_corrected else "a broken file fixed"


def _of_state(state: State) -> set[str]:
    days: dict[str, set[str]] = defaultdict(set)
    for path in state:
        table, _, name = path.partition("/")
        days[table].add(name.partition(".")[0])
    contents = [content for content in state.values() if content.is_usable]
    found = set()
    if days["order_items"] - days["orders"]:
        found.add("lines before their orders")
    if not days["products"]:
        found.add("no products yet")
    if len(days["products"]) > 1:
        found.add("several products files")
    if len(contents) > len(set(contents)):
        found.add("two files of equal content")
    return found


def _of_records(loaded: State) -> set[str]:
    records = [record for content in loaded.values() for record in content.records]
    days: dict[int, set[int]] = defaultdict(set)
    for record in records:
        if isinstance(record, Order):
            days[record.order_id].add(record.day)
    found = set()
    if any(len(some) > 1 for some in days.values()):
        found.add("an order on two days")
    for record in records:
        if isinstance(record, Line) and record.order_id not in days:
            found.add("a line without its order")
        elif isinstance(record, Line) and record.day not in days[record.order_id]:
            found.add("a line dated otherwise than its order")
    if any(content.rejected for content in loaded.values()):
        found.add("a rejected record in a loaded file")
    return found


def _of_untouched_days(before: State, after: State) -> set[str]:
    """A run changes something of a day of which it reads no file."""
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    contents = [some[path] for path in changed for some in (before, after) if path in some]
    moved = [record for content in contents for record in content.records]
    kept = [record for path in after if path not in changed for record in after[path].records]
    order_days = {record.day for record in moved if isinstance(record, Order)}
    orders = {record.order_id for record in moved if isinstance(record, Order)}
    lines = {record.id for record in moved if isinstance(record, Line)}
    line_days = {record.day for record in moved if isinstance(record, Line)}
    found = set()
    for record in kept:
        if isinstance(record, Order) and record.order_id in orders and record.day not in order_days:
            found.add("another version of an order on a day without news")
        if isinstance(record, Line) and record.day not in line_days:
            if record.id in lines:
                found.add("another version of a line on a day without news")
            if record.order_id in orders and record.day not in order_days:
                found.add("an order that changes for lines on a day without news")
    return found
