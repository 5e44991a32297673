"""What DuckDB lacks, or has with another meaning, as macros for the templates of proven.py."""

from __future__ import annotations

import re

# Trino's limit for sequences and repetitions.
MOST_ENTRIES = 10_000
# Trino trims these, and no other white space.
_BLANKS = (9, 10, 11, 12, 13, 28, 29, 30, 31, 32, 0x1680, *range(0x2000, 0x2007))
_MORE_BLANKS = (0x2008, 0x2009, 0x200A, 0x2028, 0x2029, 0x205F, 0x3000)
_ALL_BLANKS = " || ".join(f"chr({code})" for code in (*_BLANKS, *_MORE_BLANKS))

# DuckDB's own error() is volatile, which TRY does not take; the condition of a CASE is computed
# while a query is planned when it is constant; what is NULL for certain, IS NULL does not compute.
# A part of a list that begins at a text which is no number does none of these.
MACROS = f"""
create macro trino_error(message) as
    (list_value(null)[cast('refused: ' || message as integer):2])[1];
create macro trino_half_up(n, d) as sign(n) * sign(d) * ((2 * abs(n) + abs(d)) // (2 * abs(d)));
create macro trino_digits(x) as cast(cast(x as varchar) as decimal(38, 18));
create macro trino_grouped(n) as regexp_replace(reverse(regexp_replace(
    reverse(split_part(n, '.', 1)), '([0-9]{{3}})', '\\1,', 'g')), '^,', '')
    || case when contains(n, '.') then '.' || split_part(n, '.', 2) else '' end;
create macro trino_log(x, value) as case
    when x = 0 then cast('-infinity' as double)
    when x < 0 then cast('nan' as double) else value end;
create macro trino_power(x, y) as case
    when x is null or y is null then null
    when isnan(y) or (abs(x) = 1 and isinf(y)) then cast('nan' as double) else pow(x, y) end;
create macro trino_blanks() as {_ALL_BLANKS};
create macro trino_join(list, sign) as case
    when list is null or sign is null then null when len(list) = 0 then ''
    else list_reduce(list, lambda a, b: a || sign || b) end;
create macro trino_letters(s) as list_transform(
    range(1, length(s) + 1), lambda i: substring(s, i, 1));
create macro trino_upper(s) as case
    when contains(s, 'ß')
    then trino_join(list_transform(string_split(s, 'ß'), lambda x: upper(x)), 'ß')
    else upper(s) end;
create macro trino_milliseconds(moment) as
    date_trunc('millisecond', moment + to_microseconds(500));
create macro trino_replace(s, old, new) as case
    when s is null or old is null or new is null then null
    when old = '' and s = '' then new
    when old = '' and new = '' then s
    when old = '' then new || trino_join(trino_letters(s), new) || new
    else replace(s, old, new) end;
create macro trino_substr(s, start, count) as case
    when s is null or start is null or count is null then null
    when start = 0 or count <= 0 or start > length(s) or -start > length(s) then ''
    else substring(s, start, least(count, length(s))) end;
create macro trino_split(s, sign) as case
    when s is null or sign is null then null
    when sign = '' then trino_error('the delimiter of split may not be empty')
    else string_split(s, sign) end;
create macro trino_split_limit(s, sign, most) as case
    when s is null or sign is null or most is null then null
    when most <= 0 then trino_error('the limit of split must be positive')
    when sign = '' then trino_error('the delimiter of split may not be empty')
    when len(string_split(s, sign)) <= most then string_split(s, sign)
    else list_concat(
        string_split(s, sign)[1:most - 1],
        [trino_join(string_split(s, sign)[most:], sign)]) end;
create macro trino_split_part(s, sign, place) as case
    when s is null or sign is null or place is null then null
    when place < 1 then trino_error('the index of split_part must be greater than zero')
    when sign = '' then nullif(substring(s, place, 1), '')
    else string_split(s, sign)[place] end;
create macro trino_padding(s, size, sign) as case
    when size < 0 or size > 1000000
    then trino_error('the length of a padded text is 0 to 1000000 here')
    when sign = '' then trino_error('the padding may not be empty') else true end;
create macro trino_lpad(s, size, sign) as case
    when s is null or size is null or sign is null then null
    when trino_padding(s, size, sign) and length(s) >= size then substring(s, 1, size)
    else substring(repeat(sign, size), 1, size - length(s)) || s end;
create macro trino_rpad(s, size, sign) as case
    when s is null or size is null or sign is null then null
    when trino_padding(s, size, sign) and length(s) >= size then substring(s, 1, size)
    else s || substring(repeat(sign, size), 1, size - length(s)) end;
create macro trino_from_unixtime(seconds) as
    to_timestamp(case when isnan(seconds) then 0 else round(seconds, 3) end);
create macro trino_element_at(list, place) as case
    when place = 0 then trino_error('an index of an array begins at 1') else list[place] end;
create macro trino_subscript(list, place) as case
    when list is null or place is null then null
    when place = 0 then trino_error('an index of an array begins at 1')
    when place < 0 then trino_error('an index of an array may not be negative')
    when place > len(list) then trino_error('an index of an array is beyond its end')
    else list[place] end;
create macro trino_of_map(map, name) as case
    when map is null or name is null then null
    when map_contains(map, name) then map_extract_value(map, name)
    else trino_error('the map has no such key') end;
create macro trino_contains(list, value) as case
    when list is null or value is null then null
    when list_contains(list, value) then true
    when len(list_filter(list, lambda x: x is null)) > 0 then null else false end;
create macro trino_array_position(list, value) as case
    when list is null or value is null then null
    else coalesce(list_position(list, value), 0) end;
create macro trino_array_max(list) as case
    when len(list_filter(list, lambda x: x is null)) > 0 then null else list_max(list) end;
create macro trino_array_max_of_doubles(list) as coalesce(
    trino_array_max(list_filter(list, lambda x: x is null or not isnan(x))), trino_array_max(list));
create macro trino_nan_first(x) as case
    when x is not null then {{'is_number': not isnan(x), 'x': x}} end;
create macro trino_array_min(list) as case
    when len(list_filter(list, lambda x: x is null)) > 0 then null else list_min(list) end;
create macro trino_array_distinct(list) as list_filter(
    list, lambda x, i: len(list_filter(list[1:i - 1], lambda y: y is not distinct from x)) = 0);
create macro trino_array_in(list, value) as
    len(list_filter(list, lambda y: y is not distinct from value)) > 0;
create macro trino_array_intersect(one, other) as case
    when one is null or other is null then null
    when len(one) < len(other)
    then trino_array_distinct(list_filter(other, lambda x: trino_array_in(one, x)))
    else trino_array_distinct(list_filter(one, lambda x: trino_array_in(other, x))) end;
create macro trino_array_except(one, other) as case
    when one is null or other is null then null
    else trino_array_distinct(list_filter(one, lambda x: not trino_array_in(other, x))) end;
create macro trino_array_union(one, other) as case
    when one is null or other is null then null
    else trino_array_distinct(list_concat(one, other)) end;
create macro trino_has_null(list) as len(list_filter(list, lambda x: x is null)) > 0;
create macro trino_arrays_overlap(one, other) as case
    when one is null or other is null then null
    when len(list_filter(one, lambda x: x is not null and list_contains(other, x))) > 0 then true
    when len(one) > 0 and len(other) > 0 and (trino_has_null(one) or trino_has_null(other))
    then null else false end;
create macro trino_array_remove(list, value) as case
    when value is null then null
    else list_filter(list, lambda x: x is null or x <> value) end;
create macro trino_array_join(list, sign) as trino_join(
    list_filter(list, lambda x: x is not null), sign);
create macro trino_array_join_null(list, sign, other) as trino_join(
    list_transform(list, lambda x: coalesce(x, other)), sign);
create macro trino_slice(list, start, count) as case
    when list is null or start is null or count is null then null
    when start = 0 then trino_error('the start of slice is an index from 1, or from the end')
    when count < 0 then trino_error('the length of slice may not be negative')
    when start > len(list) or -start > len(list) or count = 0 then list[1:0]
    when start > 0 then list[start:start + least(count, len(list)) - 1]
    else list[len(list) + start + 1:len(list) + start + least(count, len(list))] end;
create macro trino_trim_array(list, count) as case
    when list is null or count is null then null
    when count < 0 or count > len(list) then trino_error('trim_array is to cut more than there is')
    else list[1:len(list) - count] end;
create macro trino_repeat(value, count) as case
    when count is null then null
    when count < 0 then trino_error('the count of repeat may not be negative')
    when count > {MOST_ENTRIES} then trino_error('repeat gives at most {MOST_ENTRIES} entries')
    else list_transform(range(0, greatest(count, 0)), lambda i: value) end;
create macro trino_sequence(start, stop, step) as case
    when start is null or stop is null or step is null then null
    when step = 0 then trino_error('the step of sequence may not be zero')
    when (step > 0 and start > stop) or (step < 0 and start < stop)
    then trino_error('sequence ends before it starts')
    when (cast(stop as hugeint) - start) // step >= {MOST_ENTRIES}
    then trino_error('sequence gives at most {MOST_ENTRIES} entries')
    -- Bounded once more: constants may be computed although their branch is not taken.
    else generate_series(start, cast(start + cast(step as hugeint) * least(
        {MOST_ENTRIES}, (cast(stop as hugeint) - start) // nullif(step, 0)) as bigint), step) end;
create macro trino_sequence_by_one(start, stop) as
    trino_sequence(start, stop, case when start <= stop then 1 else -1 end);
create macro trino_any(found) as case
    when list_contains(found, true) then true
    when trino_has_null(found) then null when found is null then null else false end;
create macro trino_all(found) as case
    when list_contains(found, false) then false
    when trino_has_null(found) then null when found is null then null else true end;
create macro trino_map(names, made) as case
    when names is null or made is null then null
    when len(names) <> len(made) then trino_error('map needs as many values as keys')
    when trino_has_null(names) then trino_error('a key of a map may not be NULL')
    when len(list_distinct(names)) <> len(names) then trino_error('a key of a map may not repeat')
    else map(names, made) end;
create macro trino_json_valid(text) as json_valid(text)
    and not regexp_full_match(text, '\\s*-?(?i:nan|inf|infinity)\\s*');
create macro trino_json_number_in_doubt(text, path) as trino_json_valid(text) and (
    regexp_matches(text, '[:\\[,]\\s*-?(?i:nan|inf|infinity)\\s*[,\\]}}]')
    or json_type(text, path) = 'DOUBLE'
    or (json_extract_string(text, path) = '0' and contains(text, '-0')));
create macro trino_json_scalar(text, path) as case
    when not trino_json_valid(text) then null
    when json_type(text, path) in ('OBJECT', 'ARRAY', 'NULL') then null
    when trino_json_number_in_doubt(text, path)
    then trino_error('a number with places or an exponent in JSON is not known here')
    else json_extract_string(text, path) end;
create macro trino_json_array_length(text) as case
    when trino_json_valid(text) and json_type(text) = 'ARRAY'
    then cast(json_array_length(text) as bigint) end;
"""
_STATEMENTS = {
    statement.split("(")[0].removeprefix("create macro "): statement
    for statement in re.split(r";\s*(?=create macro|$)", MACROS.strip())
    if statement
}
_NAME = re.compile(r"\btrino_\w+")


def macros_of(sql: str) -> str:
    """Those that a statement needs: to make all of them takes longer than most queries."""
    needed: set[str] = set()
    texts = [sql]
    while texts:
        found = set(_NAME.findall(texts.pop())) & _STATEMENTS.keys() - needed
        needed |= found
        texts += [_STATEMENTS[name] for name in found]
    return ";".join(text for name, text in _STATEMENTS.items() if name in needed)
