"""Random tiny shops and the random ways in which their files arrive.

Most of a shop is in order, so that rows reach gold; each kind of trouble is rare, and shrinking
takes it out again where it is not what matters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import dropwhile
from typing import Any

from hypothesis import strategies as st

from tests.properties.plans import Plan
from tests.properties.shop import Bad, Content, Fault, Line, Order, Product, Record, day

DAYS = 5
USERS = 3
PRODUCTS = 5
ORDERS_PER_DAY = 6
NAMES = ("Tea", 'Salt, "fine"', " Soap ")
DEPARTMENTS = ("Books", " toy", "CLOTHES", "Pets")
MOVES = ("stay", "stay", "stay", "next", "next", "next", "back", "away")
# Records that bronze must reject, of any table.
BROKEN = (Bad("oops", "malformed"), Bad("x,x,x,x,x", "malformed"), Bad('"', "malformed"))

Draw = Callable[[st.SearchStrategy[Any]], Any]


def usually(value: Any, rare: st.SearchStrategy[Any], one_in: int = 12) -> st.SearchStrategy[Any]:
    """The value, and now and then another."""
    return among(one_in).flatmap(lambda n: rare if n == one_in else st.just(value))


def among(most: int, least: int = 1) -> st.SearchStrategy[int]:
    """Each of these numbers as often as any other; hypothesis's integers prefer the limits."""
    return st.sampled_from(range(least, most + 1))


def user_of(order_id: int) -> int:
    """Who placed an order, unless a line or an order says otherwise."""
    return order_id % USERS + 1


@st.composite
def products(draw: Draw) -> tuple[Record, ...]:
    """Records of a products file: not all products, and not always sane ones."""
    listed = draw(st.lists(st.tuples(st.sampled_from(DEPARTMENTS), st.sampled_from(NAMES))))
    return tuple(
        Product(draw(usually(number, st.sampled_from([0, 1]))), department, name)
        for number, (department, name) in enumerate(listed[:PRODUCTS], 1)
    )


@st.composite
def order(draw: Draw, order_id: int, usual_day: int) -> Order:
    """An order of that id, usually of that day."""
    order_day = draw(usually(usual_day, among(DAYS - 1, 0)))
    return Order(
        order_id=order_id,
        user_id=draw(usually(user_of(order_id), st.sampled_from([1, 2, 0]))),
        day=order_day,
        hour=draw(st.sampled_from([10, 0, 23])),
        cents=draw(usually(draw(among(999)), st.sampled_from([0, 10_000_001, 10_000_000]))),
        dated=draw(usually(order_day, among(DAYS - 1, 0), 20)),
    )


@st.composite
def orders(draw: Draw, file_day: int) -> tuple[Record, ...]:
    """Records of an orders file; now and then an order of another file comes again."""
    places = draw(st.lists(st.booleans(), max_size=ORDERS_PER_DAY))
    ids = [file_day * ORDERS_PER_DAY + number for number, _ in enumerate(places, 1)]
    some = among(DAYS * ORDERS_PER_DAY, 0)
    return tuple(draw(order(draw(usually(order_id, some, 6)), file_day)) for order_id in ids)


@st.composite
def line(draw: Draw, line_id: int, order_id: int, file_day: int) -> Line:
    """A line of that id, usually of that order."""
    of_order = draw(usually(order_id, among(DAYS * ORDERS_PER_DAY + 3)))
    return Line(
        id=line_id,
        order_id=of_order,
        user_id=draw(usually(user_of(of_order), st.just(1), 20)),
        product_id=draw(among(PRODUCTS)),
        position=draw(usually(1, among(3, 0), 3)),
        reordered=draw(usually(draw(among(1, 0)), st.just(2), 20)),
        days_since=draw(usually(None, among(30, -1), 4)),
        day=draw(usually(file_day, among(DAYS - 1, 0))),
    )


@st.composite
def lines(draw: Draw, file_day: int, order_ids: Sequence[int]) -> tuple[Record, ...]:
    """Records of an order_items file, one to four for most orders of the day."""
    of_orders = [order_id for order_id in order_ids for _ in range(draw(among(4, 0)))]
    others = st.sampled_from(
        [100 * number + place for number in range(DAYS) for place in (1, 2, 3)]
    )
    made: list[Record] = [
        draw(line(draw(usually(100 * file_day + number, others, 8)), order_id, file_day))
        for number, order_id in enumerate(of_orders, 1)
    ]
    if len(made) > 9 and draw(st.booleans()):
        made.insert(draw(among(len(made), 0)), draw(st.sampled_from(BROKEN)))
    return tuple(made)


@st.composite
def another(draw: Draw, record: Record) -> Record:
    """The record with the same key and other values, or one that bronze rejects."""
    match record:
        case Product():
            changed: Record = replace(record, department=draw(st.sampled_from(DEPARTMENTS)))
        case Order():
            changed = draw(order(record.order_id, draw(among(DAYS - 1, 0))))
        case Line():
            changed = draw(line(record.id, record.order_id, record.day))
        case Bad():
            changed = record
    found: Record = draw(usually(changed, st.sampled_from(BROKEN)))
    return found


@st.composite
def other_version(draw: Draw, records: tuple[Record, ...]) -> tuple[Record, ...]:
    """An earlier or later state of the same records: some gone, some changed, some doubled."""
    kept: list[Record] = []
    for record in records:
        fate = draw(st.sampled_from(["same", "same", "same", "gone", "other", "twice"]))
        if fate in ("same", "twice"):
            kept.append(record)
        if fate in ("other", "twice"):
            kept.append(draw(another(record)))
    return tuple(kept)


@st.composite
def versions(draw: Draw, table: str, records: tuple[Record, ...]) -> list[Content]:
    """The contents that one path has in turn, the records as they are among them."""
    is_packed = table != "products" and draw(usually(False, st.just(True)))
    contents = [Content(table, records, is_packed)]
    for _ in range(draw(st.sampled_from([0, 1, 1, 2]))):
        changed = draw(other_version(records))
        contents.insert(draw(among(1, 0)), Content(table, changed, is_packed))
    fault = draw(usually(None, st.sampled_from(Fault), 8))
    if fault:
        place = draw(among(len(contents), 0))
        contents.insert(place, Content(table, (), is_packed, fault))
    return contents


@st.composite
def files(draw: Draw) -> dict[str, list[Content]]:
    """Path to the contents that it has in turn."""
    found = {}
    for name in draw(st.sampled_from([["products"], ["products", 1], [0, 2], ["products", 1, 3]])):
        path = f"products/{name if name == 'products' else day(int(name))}.csv"
        found[path] = draw(versions("products", draw(products())))
    for number in range(draw(among(DAYS, 2))):
        records = draw(orders(number))
        ids = [record.order_id for record in records if isinstance(record, Order)]
        found[f"orders/{day(number)}.csv"] = draw(versions("orders", records))
        found[f"order_items/{day(number)}.csv"] = draw(
            versions("order_items", draw(lines(number, ids)))
        )
    copied = draw(usually(None, st.sampled_from(sorted(found)), 4))
    if copied:
        table = copied.partition("/")[0]
        copy_day = day(draw(st.sampled_from([-1, DAYS])))
        found[f"{table}/{copy_day}.csv"] = draw(st.permutations(found[copied]))
    return {_packed_name(path, contents): contents for path, contents in found.items()}


def _packed_name(path: str, contents: list[Content]) -> str:
    return f"{path}.gz" if contents[0].is_packed else path


@st.composite
def schedule(draw: Draw, contents: list[Content], runs: int) -> list[Content | None]:
    """What lies at one path before each run; None where there is no file."""
    arrives = draw(usually(0, among(runs - 1, 0), 2))
    lies: list[Content | None] = [None] * arrives
    place = -1
    for move in ["next"] + [draw(st.sampled_from(MOVES)) for _ in range(runs - arrives - 1)]:
        if move == "next" and place < len(contents) - 1:
            place += 1
        shown = {"back": contents[0], "away": None}.get(move, contents[place])
        lies.append(shown)
    return lies


@st.composite
def plans(draw: Draw, most_runs: int = 4) -> Plan:
    """A shop and the way its files arrive."""
    runs = draw(among(most_runs, 2))
    shop = draw(files())
    schedules = {path: draw(schedule(contents, runs)) for path, contents in shop.items()}
    states = [
        {path: content for path, lies in schedules.items() if (content := lies[number])}
        for number in range(runs)
    ]
    # Before the first file arrives there is nothing to run on.
    return Plan(tuple(dropwhile(lambda state: not state, states)))


@st.composite
def swaps(draw: Draw) -> Plan:
    """Few contents under few names of one table, in any turn: copies, renames, returns."""
    contents = [
        Content("orders", (Order(number, 1, 0, 10, 100, 0),))
        for number in range(1, draw(among(3)) + 1)
    ]
    names = [f"orders/{day(number)}.csv" for number in range(3)]
    lies = st.sampled_from([None, *contents])
    first, *others = draw(st.lists(st.tuples(lies, lies, lies), min_size=1, max_size=5))
    states = [
        {name: content for name, content in zip(names, state, strict=True) if content}
        for state in [first, *others]
    ]
    states.append({names[0]: contents[0], **states[-1]})
    return Plan(tuple(dropwhile(lambda state: not state, states)))
