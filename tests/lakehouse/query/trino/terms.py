"""The terms that are asked: made from every proven signature, and from the operators and casts."""

# ruff: noqa: E501, SIM102 - a term stays on one line
from __future__ import annotations

import itertools
from collections.abc import Iterator

from lakehouse.query.signatures import Signature, signatures

# What stands for a type; two of one pool where a function takes two.
_COLUMNS = {
    "I": ["small", "integer"],
    "D": ["money", "rate"],
    "M": ["date", "timestamp", "moment"],
    "C": ["timestamp", "moment"],
    "T": ["bigint", "money", "varchar", "date", "moment", "double", "boolean"],
    "U": ["bigint", "money"],
    "K": ["varchar"],
    "V": ["bigint"],
    "any": ["varchar"],
    "bigint": ["small"],
    "double": ["double", "money", "integer"],
    "varchar": ["varchar", "sign"],
    "boolean": ["boolean"],
    "date": ["date"],
    "timestamp": ["timestamp"],
    "timestamp with time zone": ["moment"],
    "array(T)": ["numbers", "texts", "doubles"],
    "E": ["bigint", "varchar"],
    "array(E)": ["numbers", "texts"],
    "array(double)": ["doubles"],
    "array(varchar)": ["texts"],
}
_ITEMS = {"numbers": "small", "texts": "sign"}
_PATTERNS = [
    "a",
    "[a-z]+",
    r"\d+",
    "(a|b)c?",
    "^a",
    "c$",
    r"\s+",
    "é",
    "(?i)A",
    r"(\w)(\w)",
    ".",
    "x*",
]
_LITERALS = {
    "at_timezone": ["Europe/Berlin", "America/New_York", "UTC"],
    "date_format": ["%Y-%m-%d", "%H:%i:%s", "%W %M %e", "%a %b %d %j", "%y%m%d %p %h"],
    "format_datetime": ["yyyy-MM-dd", "HH:mm:ss", "EEE, d MMM yy", "xxxx-ww e", "''yy D"],
    "date_parse": ["%Y-%m-%d", "%Y-%m-%d %H:%i:%s"],
    "json_extract_scalar": ["$.a", "$.b[1]", "$.c", "$.c.d", "$", "$[0]"],
    **dict.fromkeys(("regexp_like", "regexp_extract", "regexp_extract_all"), _PATTERNS),
    **dict.fromkeys(("regexp_split", "regexp_count", "regexp_replace"), _PATTERNS),
}
_HAND = {
    "format": [
        *("format('%s', varchar_1)", "format('%d', integer_1)", "format('%,d', bigint_1)"),
        *("format('%.2f', money_1)", "format('%,.2f', money_1)", "format('%.1f', rate_1)"),
        *("format('%.2f', double_1)", "format('%,.2f', double_1)", "format('%.0f', money_1)"),
        *("format('%s: %d %%', sign_1, integer_2)", "format('%f', rate_2)"),
    ],
    "map": ["map(array['a', 'b'], array[small_1, 2])['a']", "map(array['a'], array[small_1])['z']"],
    "map_keys": ["map_keys(map(array['b', 'a'], array[1, small_1]))"],
    "map_values": ["map_values(map(array['b', 'a'], array[1, small_1]))"],
    "element_at": ["element_at(map(array['a', 'b'], array[small_1, 2]), sign_1)"],
    "cardinality": ["cardinality(map(array['a', 'b'], array[small_1, 2]))"],
    "mod": ["mod(small_1, 7)"],
    "flatten": ["flatten(array[numbers_1, numbers_2])", "flatten(array[texts_1, null])"],
    "transform": ["transform(numbers_1, x -> x + small_1)", "transform(texts_1, t -> upper(t))"],
    "regexp_extract": [
        *(r"regexp_extract(varchar_1, '(\w)(\w)', 2)", "regexp_extract(varchar_1, '(a)b', 1)"),
        "regexp_extract(varchar_1, 'a', 0)",
    ],
    "regexp_replace": [
        *(r"regexp_replace(varchar_1, '(\w)(\w)', '$2 #$1')", "regexp_replace(varchar_1, 'a', '')"),
        r"regexp_replace(varchar_1, '\s', '\\x')",
    ],
    "typeof": [
        "typeof(money_1)",
        "typeof(small_1 + 1)",
        "typeof(money_1 * rate_1)",
        "typeof(null)",
    ],
    # Of the other texts some are years or weeks to ISO 8601.
    "from_iso8601_date": ["from_iso8601_date(case when length(varchar_1) >= 8 then varchar_1 end)"],
    "now": ["now() is null"],
    "concat_ws": ["concat_ws(sign_1, varchar_1, varchar_2)", "concat_ws('-', sign_1)"],
    "chr": ["chr(abs(small_1) + 65)", "chr(233)", "chr(128578)"],
    "repeat": ["repeat(sign_1, abs(small_1))", "repeat(small_1, small_2)"],
    "sequence": [
        *(
            "sequence(small_1, small_2)",
            "sequence(small_1, small_2, 2)",
            "sequence(0, small_2, -1)",
        ),
        *("sequence(date_1, date_add('day', small_1, date_1))", "sequence(1, 20000)"),
        "sequence(date_1, date_add('month', 5, date_1), interval '1' month)",
        "sequence(date_1, date_add('day', -20, date_1), interval '-7' day)",
        "sequence(date_1, date_add('day', small_1, date_1), interval '2' day)",
        "sequence(timestamp_1, date_add('hour', 5, timestamp_1), interval '90' minute)",
        "sequence(date_1, date_add('year', 3, date_1), interval '1' year)",
    ],
}
_ARITHMETIC = ["bigint", "integer", "small", "money", "rate", "double"]
_COMPARED = [
    "bigint",
    "money",
    "rate",
    "double",
    "varchar",
    "date",
    "timestamp",
    "moment",
    "boolean",
]
_CASTS = {
    "varchar": ["bigint", "integer", "double", "decimal(18,2)", "decimal(5,0)", "boolean", "date",
                "timestamp", "varchar(3)", "smallint"],
    "bigint": ["integer", "smallint", "double", "decimal(18,2)", "varchar", "boolean", "varchar(3)"],
    "money": ["bigint", "integer", "double", "decimal(38,4)", "decimal(10,1)", "varchar", "decimal"],
    "rate": ["bigint", "decimal(18,2)", "decimal(3,1)", "varchar", "double"],
    "double": ["bigint", "integer", "decimal(18,2)", "decimal(38,10)"],
    "date": ["varchar", "timestamp", "timestamp with time zone"],
    "timestamp": ["date", "timestamp with time zone", "timestamp"],
    "moment": ["date", "timestamp"],
    "boolean": ["varchar", "integer", "double"],
    "numbers": ["array(varchar)", "array(double)"],
    "texts": ["array(integer)", "array(date)"],
}  # fmt: skip
_MORE = [
    *("1.5", ".5", "0.50", "00.5", "1e0", "2147483647", "2147483648", "-2147483648", "-1.50"),
    *("decimal '12.3456'", "decimal '-0.5'", "decimal '100'", "cast(12.3456 as decimal)"),
    *("money_1 + 1", "money_1 * 2", "money_1 / 3", "money_1 % 3", "1 - money_1", "money_1 * 1.5"),
    *("integer_1 + 1", "integer_1 * 2", "bigint_1 + 1", "bigint_1 * -1", "-bigint_1", "-integer_1"),
    *("varchar_1 || sign_1", "texts_1 || texts_2", "numbers_1 || array[1]", "varchar_1 || null"),
    *("numbers_1[1]", "numbers_1[small_1]", "texts_1[2]", "array[1, 2.5]", "array[1, null]"),
    *("varchar_1 like '%a%'", "varchar_1 like 'a_c'", "varchar_1 like '100!%!_x' escape '!'"),
    *("varchar_1 like sign_1 || '%'", "not boolean_1", "boolean_1 and boolean_2"),
    *("boolean_1 or boolean_2", "small_1 in (1, 2, null)", "small_1 not in (1, 2)"),
    *("money_1 between 0 and 2.5", "small_1 not between small_2 and 3", "varchar_1 is null"),
    *("small_1 is distinct from small_2", "small_1 is not distinct from small_2"),
    *("case small_1 when 1 then 'one' when 2 then 'two' end", "case when boolean_1 then 1 else 2.5 end"),
    *("if(boolean_1, small_1)", "if(boolean_1, small_1, money_1)", "coalesce(small_1, money_1, 0)"),
    *("coalesce(varchar_1, sign_1)", "nullif(small_1, 1)", "nullif(money_1, small_1)"),
    *("try(small_1 / small_2)", "try(cast(varchar_1 as bigint))", "small_1 / 0", "small_1 % 0"),
    *("date_1 + interval '1' day", "date_1 + interval '1' month", "date_1 - interval '1' year"),
    *("timestamp_1 + interval '25' hour", "moment_1 - interval '1' month", "interval '2' day + date_1"),
    *("extract(dow from date_1)", "extract(year from moment_1)", "extract(week from date_1)"),
    *("extract(hour from timestamp_1)", "extract(doy from date_1)", "extract(quarter from date_1)"),
    *("hour(moment_1 at time zone 'Europe/Berlin')", "date(moment_1 at time zone 'Asia/Tokyo')"),
    *("date_trunc('day', moment_1 at time zone 'America/New_York') is null",),
    *("cast(moment_1 at time zone 'Europe/Berlin' as timestamp)", "trim(both 'a' from varchar_1)"),
    *("trim(leading from varchar_1)", "position('a' in varchar_1)", "substring(varchar_1 from 2 for 2)"),
    *("date '2025-01-31'", "timestamp '2025-04-01 10:11:12.5'", "boolean_1 is null"),
    *("date_diff('month', date '2025-01-31', date_1)", "greatest(money_1, small_1)", "least(1, 2.5)"),
    *("reverse(texts_1)", "date_1 = timestamp_1", "date_1 < moment_1", "timestamp_1 >= moment_1"),
    *("concat(texts_1, texts_2, texts_1)", "concat(varchar_1, '-', sign_1)", "round(money_1, 1)"),
    *("element_at(numbers_1, -1)", "contains(numbers_1, null)", "substr(varchar_1, 0)"),
    *("varchar_1 not like '%a%'", "not varchar_1 like 'a%'", "varchar_1 not like '100!%' escape '!'"),
    *("cast(0.1 as varchar)", "cast(-.25 as varchar)", "cast(cast(0.5 as decimal(38,38)) as varchar)"),
    *("cast(array[0.5, -0.25] as array(varchar))", "-(-2147483648)", "-9223372036854775808"),
    *("cast(timestamp '2025-01-01 10:00:00.1235' as timestamp)", "timestamp '2025-01-01 10:00:00.123456'"),
    *("cast('2025-01-01 10:00:00.1239' as timestamp)", "cast('2025-01-01 10:00:00.12349' as timestamp)"),
    *("cast('2025-01-01 10:00:00.9999' as timestamp(3))", "cast('1960-01-01 10:00:00.1235' as timestamp)"),
    *("cast('2025-01-01 24:00:00' as timestamp)", "cast('2025-01-01 9:05' as timestamp)"),
    *("cast('2025-01-01' as timestamp with time zone)", "cast('2025-01-01 10:60:00' as timestamp)"),
    *("cast(moment_1 as timestamp)", "cast(timestamp_1 as timestamp(3))", "cast('abc' as date) is null"),
    *("double_1 in (0.5e0, 1e0)", "double_1 in (1, nan())", "double_1 not in (0e0)", "double_1 in (money_1, 1)"),
    *("double_1 % 3", "double_1 % double_2", "mod(double_1, 2)", "mod(money_1, 3)", "mod(bigint_1, 7)"),
    *("(1 / 0) is null", "date_parse('2025-1-5', '%Y-%m-%d')", "date_parse('2025123', '%Y%m%d')"),
    *("upper('ß')", "upper('Straßenmaß')", "upper('ẞ')", "try_cast(' 12' as integer)", "try_cast('' as double)"),
    *("array_sort(array[1e0, nan(), null])", "array_distinct(array[nan(), nan()])", "2147483647 + 1"),
    *("9223372036854775807 * 2", "cast(128.5 as tinyint)", "cast(nan() as bigint)", "1e0 / 0", "1 / 0.0"),
    *("case when boolean_1 then date_1 else timestamp_1 end", "'a' = 'a '", "nan() is distinct from nan()"),
    *("array_position(numbers_1, null)", "reduce(numbers_1, 0, (s, x) -> s + x, s -> s) is null",),
]  # fmt: skip


def scalar_terms() -> dict[str, list[str]]:
    """Terms by the signature that they try; `` for the operators, casts and words of the language."""
    found = {
        str(one): list(_of(one))
        for listed in signatures().values()
        for one in listed
        if one.use == "scalar"
    }
    found[""] = [*_operators(), *_casts(), *(term for term in _MORE if "reduce" not in term)]
    return found


def _of(one: Signature) -> Iterator[str]:
    if one.name in _HAND and one.name not in ("regexp_extract", "regexp_replace"):
        if one.name not in ("element_at", "cardinality") or "map" in one.arguments[0]:
            yield from _HAND[one.name]
            return
    if ("digits" in one.arguments and one.name == "regexp_extract") or "literal, literal" in str(
        one
    ):
        yield from _HAND[one.name]
        return
    choices = [_choices(one, argument, place) for place, argument in enumerate(one.arguments)]
    combined = list(itertools.product(*choices))
    for arguments in combined[:24]:
        given = list(arguments)
        if one.arguments and one.arguments[-1].endswith("..."):
            given.append(given[-1].replace("_1", "_2"))
        yield f"{one.name}({', '.join(given)})"


def _choices(one: Signature, argument: str, place: int) -> list[str]:
    argument = argument.removesuffix("...")
    number = 1 if place == 0 else 2
    if argument.startswith("{"):
        return [f"'{word}'" for word in argument[1:-1].split("|")]
    if argument == "literal":
        return ["'" + text.replace("'", "''") + "'" for text in _LITERALS[one.name]]
    if argument == "digits":
        return ["0", "1", "2"]
    if argument == "place":
        return ["1", "2"]
    if "=>" in argument:
        return ["x -> x > 1"]
    if argument == "varbinary":
        return ["to_utf8(varchar_1)"]
    if argument == "array(T)" and "=>" in str(one):
        return ["numbers_1"]
    pools = _COLUMNS[argument.removeprefix("exactly ")]
    if argument.startswith("exactly "):
        pools = pools[:1]
    if (
        one.arguments.count(argument) > 1 and argument in ("T", "E", "C", "M", "I", "array(T)")
    ) or (argument == "varchar" and place > 0):
        pools = pools[-1:] if argument == "varchar" else pools[:1]
    if argument in ("T", "E") and one.arguments[0].startswith("array("):
        pools = ["small"]
    if argument in ("array(T)", "array(E)") and any(a in ("T", "E") for a in one.arguments):
        pools = ["numbers"]
    return [f"{pool}_{number}" for pool in pools]


def _operators() -> Iterator[str]:
    for left, right in itertools.product(_ARITHMETIC, repeat=2):
        for sign in "+-*/%":
            if sign != "%" or "double" not in (left, right):
                yield f"{left}_1 {sign} {right}_2"
    for kind in _COMPARED:
        for sign in ("=", "<>", "<", "<=", ">", ">="):
            yield f"{kind}_1 {sign} {kind}_2"
    yield from (f"{a}_1 = {b}_2" for a in _ARITHMETIC for b in _ARITHMETIC if a != b)


def _casts() -> Iterator[str]:
    for kind, wanted in _CASTS.items():
        for to in wanted:
            yield f"cast({kind}_1 as {to})"
            yield f"try_cast({kind}_1 as {to})"


_AGGREGATED = {
    "min_by": ["min_by(varchar_1, n)", "min_by(money_1, n)", "min_by(small_1, varchar_1)"],
    "max_by": ["max_by(varchar_1, n)", "max_by(money_1, n)", "max_by(date_1, n)"],
    "array_agg": ["array_agg(small_1 order by n)", "array_agg(varchar_1 order by n desc)"],
    "any_value": ["any_value(small_1) filter (where small_1 = 2)"],
    "arbitrary": ["arbitrary(sign_1) filter (where sign_1 = 'a')"],
    "sum": [
        *("sum(integer_1)", "sum(small_1)", "sum(money_1)", "sum(rate_1)", "sum(distinct small_1)"),
        *("sum(small_1) filter (where n < 0)", "sum(double_1) filter (where n < 0)"),
        *("sum(bigint_1)", "sum(cast(small_1 as double))"),
    ],
    "avg": [
        *("avg(small_1)", "avg(integer_1)", "avg(money_1)", "avg(rate_1)", "avg(distinct rate_1)"),
        *("avg(money_1) filter (where n < 3)", "avg(cast(rate_1 as double))"),
    ],
    "count_if": ["count_if(boolean_1)", "count_if(small_1 > 1)"],
    "bool_and": ["bool_and(boolean_1)", "bool_and(boolean_1) filter (where boolean_1)"],
    "bool_or": ["bool_or(boolean_1)", "bool_or(boolean_1) filter (where n < 0)"],
    "every": ["every(n >= 0)"],
    "count": ["count(*)", "count(small_1)", "count(distinct sign_1)", "count(texts_1)"],
    "approx_distinct": ["approx_distinct(small_1)", "approx_distinct(sign_1)"],
    **{name: [f"{name}({column})" for column in ("small_1", "varchar_1", "date_1", "moment_1",
                                                 "money_1", "boolean_1", "double_1")]
       for name in ("min", "max")},
    **{name: [f"{name}(small_1)", f"{name}(rate_1)", f"{name}(small_1) filter (where n = 1)"]
       for name in ("stddev", "stddev_samp", "stddev_pop", "variance", "var_samp", "var_pop")},
}  # fmt: skip
_LISTAGG = [
    "listagg(sign_1, ',') within group (order by n)",
    "listagg(sign_1) within group (order by n)",
]


def aggregate_terms() -> dict[str, list[str]]:
    """Terms over all rows, by the name of the aggregate."""
    return {**_AGGREGATED, "": _LISTAGG}
