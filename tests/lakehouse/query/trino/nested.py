"""Terms of JSON, maps and lambdas, written by hand: the columns `json_1` and `json_2` hold texts."""

# ruff: noqa: E501 - a term stays on one line
from __future__ import annotations

_PATHS = ("$", "$.a", "$.b[1]", "$.c.d", "$[0]", "$[1]", "$.a.a[1].b", '$["z"]', "$[0].q")
_MAP = "map(array['a', 'b', 'é'], array[small_1, 2, null])"
_OTHER = "map(array['b', coalesce(sign_1, 'q') || 'x'], array[small_2, integer_1])"
TERMS = {
    "json_parse": ["json_parse(json_1)", "json_parse(varchar_1)", "json_parse(null)"],
    "json_format": ["json_format(json_parse(json_1))"],
    "json_extract": [
        *(f"json_extract(json_1, '{path}')" for path in _PATHS),
        *(f"json_extract(json_parse(json_2), '{path}')" for path in _PATHS[:4]),
        "json_extract(json_extract(json_1, '$.a'), '$.a')",
        "json_extract(json_1, '$.a') is null",
    ],
    "json_extract_scalar": [
        *(f"json_extract_scalar(json_1, '{path}')" for path in _PATHS),
        *(
            f"json_extract_scalar(varchar_1, '{path}')"
            for path in ("$.a", "$.b[1]", "$.c", "$.c.d", "$", "$[0]")
        ),
        *(
            f"json_extract_scalar(sign_1, '{path}')"
            for path in ("$.a", "$.b[1]", "$.c", "$.c.d", "$", "$[0]")
        ),
        *(f"json_extract_scalar(json_parse(json_2), '{path}')" for path in _PATHS[:4]),
    ],
    "json_size": [
        *(f"json_size(json_1, '{path}')" for path in _PATHS[:4]),
        "json_size(json_parse(json_1), '$.a')",
    ],
    "json_array_length": [
        *(f"json_array_length({column})" for column in ("varchar_1", "sign_1", "json_1")),
        "json_array_length(json_parse(json_1))",
    ],
    "json_array_contains": [
        *(
            "json_array_contains(json_1, 1)",
            "json_array_contains(json_1, 'a')",
            "json_array_contains(json_1, true)",
        ),
        *("json_array_contains(json_parse(json_1), 2)", "json_array_contains(json_1, small_1)"),
        *(
            "json_array_contains(json_parse(json_1), 'a')",
            "json_array_contains(json_parse(json_1), true)",
        ),
    ],
    "map_concat": [
        f"map_concat({_MAP}, {_OTHER})",
        f"map_concat({_MAP}, {_OTHER}, map(array['a'], array[7]))",
        f"map_concat({_MAP}, if(boolean_1, {_OTHER}))",
    ],
    "map_filter": [
        f"map_filter({_MAP}, (k, v) -> v > 1)",
        f"map_filter({_MAP}, (k, v) -> k = sign_1 or v is null)",
    ],
    "transform_keys": [
        f"transform_keys({_MAP}, (k, v) -> k || sign_1)",
        f"transform_keys({_MAP}, (k, v) -> coalesce(v, 9))",
        f"transform_keys({_MAP}, (k, v) -> v)",
    ],
    "transform_values": [
        f"transform_values({_MAP}, (k, v) -> v * 2)",
        f"transform_values({_MAP}, (k, v) -> k || coalesce(cast(v as varchar), '-'))",
        f"transform_values({_MAP}, (k, v) -> v > small_2)",
    ],
    "split_to_map": [
        "split_to_map(varchar_1, ',', '=')",
        "split_to_map('a=' || sign_1 || ',b=' || sign_2, ',', '=')",
        "split_to_map('a=1,b=2,', ',', '=')",
        "split_to_map(sign_1 || '=1,,x=2', ',', '=')",
        "split_to_map('a=1', sign_1, '=')",
    ],
    "zip_with": [
        "zip_with(numbers_1, numbers_2, (x, y) -> x + y)",
        "zip_with(numbers_1, texts_1, (x, y) -> coalesce(y, cast(x as varchar)))",
        "zip_with(texts_1, texts_2, (a, b) -> a || b || sign_1)",
    ],
    "reduce": [
        *(
            "reduce(numbers_1, 0, (s, x) -> s + x, s -> s)",
            "reduce(numbers_1, 0, (s, x) -> s + coalesce(x, 0), s -> s)",
        ),
        *(
            "reduce(texts_1, '', (s, x) -> s || coalesce(x, '?'), s -> upper(s))",
            "reduce(numbers_1, 0, (s, x) -> if(x > s, x, s), s -> s > 2)",
        ),
        *(
            "reduce(numbers_1, 0e0, (s, x) -> s + x * small_1, s -> coalesce(s, -1e0))",
            "reduce(numbers_1, small_1, (s, x) -> s * x, s -> s)",
        ),
        *(
            "reduce(numbers_1, null, (s, x) -> x, s -> s)",
            "reduce(numbers_1, 0.0, (s, x) -> s + x, s -> s)",
        ),
    ],
    "url_encode": [
        "url_encode(varchar_1)",
        "url_encode(sign_1)",
        "url_encode('a*b-c_d.e~f(g)!''')",
    ],
    "url_decode": [
        "url_decode(varchar_1)",
        "url_decode(url_encode(varchar_1))",
        "url_decode('a+b%2F%C3%BC%20')",
        "url_decode('%4')",
    ],
    "from_iso8601_timestamp": [
        *(
            "from_iso8601_timestamp(to_iso8601(date_1))",
            "from_iso8601_timestamp(date_format(timestamp_1, '%Y-%m-%dT%H:%i:%sZ'))",
        ),
        *(
            "from_iso8601_timestamp('2025-04-01T10:11')",
            "from_iso8601_timestamp('2025-04-01T10:11:12.5Z')",
            "from_iso8601_timestamp('x' || sign_1)",
        ),
    ],
    "width_bucket": [
        *(
            "width_bucket(double_1, 0, 10, 5)",
            "width_bucket(money_1, 100, 0, 7)",
            "width_bucket(small_1, small_2, 3, 4)",
        ),
        *("width_bucket(small_1, 5, -2, small_2)", "width_bucket(double_1, double_2, 1, 3)"),
    ],
    "hamming_distance": [
        "hamming_distance(varchar_1, varchar_2)",
        "hamming_distance(sign_1, sign_2)",
        "hamming_distance('Café', 'CafÉ')",
    ],
}
_KINDS = (
    "varchar",
    "bigint",
    "integer",
    "smallint",
    "double",
    "boolean",
    "decimal(18,2)",
    "decimal(38,0)",
    "array(json)",
    "array(varchar)",
    "array(bigint)",
    "array(double)",
    "map(varchar, json)",
    "map(varchar, bigint)",
    "map(varchar, varchar)",
    "json",
)
CASTS = [
    *(f"cast(json_parse(json_1) as {kind})" for kind in _KINDS),
    *(f"try_cast(try(json_parse(json_2)) as {kind})" for kind in _KINDS),
    *(
        f"cast({column}_1 as json)"
        for column in (
            "varchar",
            "bigint",
            "integer",
            "money",
            "rate",
            "double",
            "boolean",
            "date",
            "numbers",
            "texts",
            "doubles",
        )
    ),
    *(
        f"cast({_MAP} as json)",
        "cast(map(array[2, 1], array[varchar_1, varchar_2]) as json)",
        "cast(array[numbers_1, numbers_2] as json)",
    ),
    *("cast(doubles_1 as array(varchar))", "cast(cast(money_1 as double) / 7 as varchar)"),
    *(
        "cast(cast(json_extract(json_1, '$.b') as array(bigint)) as json)",
        "try_cast(varchar_1 as json)",
        "cast(null as json)",
    ),
]
AGGREGATED = {
    "map_agg": [
        "map_agg(n, small_1)",
        "map_agg(n, varchar_1) filter (where boolean_1)",
        "map_agg(varchar_1, small_1 order by n)",
        "map_agg(sign_1, money_1 order by n desc)",
        "map_agg(sign_1, n) filter (where n < 0)",
        "map_agg(date_1, n order by n)",
    ],
    "multimap_agg": [
        "multimap_agg(small_1, n order by n)",
        "multimap_agg(sign_1, small_1 order by n)",
        "multimap_agg(sign_1, n) filter (where n < 0)",
    ],
    "histogram": [
        *(
            f"histogram({column}_1)"
            for column in ("small", "sign", "boolean", "date", "money", "moment")
        ),
        "histogram(small_1) filter (where n < 0)",
        "histogram(distinct small_1)",
    ],
}
QUERIES = [
    "with m as (select map_agg(sign_1, n) as m from {samples} where n < 6) select k, v from m cross join unnest(m) as u(k, v) order by v",
    "select n, json_extract_scalar(j, '$.sku'), cast(json_extract(j, '$.q') as bigint) from {samples}"
    " cross join unnest(cast(json_parse(json_1) as array(json))) as t(j) where json_1 like '%sku%' order by 1, 2",
    "select j, count(*) from (values json_parse('[1]'), json_parse('[1 ]'), json_parse('2')) as t(j) group by j order by 2",
    "select count(distinct j) from (values json_parse('[1]'), json_parse('[1 ]')) as t(j)",
    "select sign_1, map_agg(sign_1, n) over (partition by n) from {samples} order by n",
    # Athena refuses these, and so does this command.
    "select j from (values json_parse('1')) as t(j) order by j",
    "select max(j) from (values json_parse('1')) as t(j)",
    "select j || 'x' from (values json_parse('1')) as t(j)",
    "select array_sort(array[json_parse('1')])",
    "select json_extract('{}', 'a')",
]
