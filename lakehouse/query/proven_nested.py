"""More of what is proven, written as in proven.py: arrays, maps, JSON, and the aggregates."""

# ruff: noqa: E501 - a signature is one line
from __future__ import annotations

NESTED = """
sequence(bigint, bigint) array(bigint) = trino_sequence_by_one($1, $2)
sequence(bigint, bigint, bigint) array(bigint) = trino_sequence($1, $2, $3)
sequence(date, date) array(date) = @days
sequence(date, date, interval) array(date) = @steps
sequence(timestamp, timestamp, interval) array(timestamp) = @steps
cardinality(array(T)) bigint = len($1)
cardinality(map(K,V)) bigint = cardinality($1)
element_at(array(T), bigint) T = trino_element_at($1, $2)
element_at(map(K,V), K) V = map_extract_value($1, $2)
contains(array(E), E) boolean = trino_contains($1, $2)
array_position(array(E), E) bigint = trino_array_position($1, $2)
array_max(array(double)) double = trino_array_max_of_doubles($1)
array_max(array(O)) O = trino_array_max($1)
array_min(array(O)) O = trino_array_min($1)
array_distinct(array(T)) array(T) = trino_array_distinct($1)
array_union(array(T), array(T)) array(T) = trino_array_union($1, $2)
array_intersect(array(T), array(T)) array(T) = trino_array_intersect($1, $2)
array_except(array(T), array(T)) array(T) = trino_array_except($1, $2)
arrays_overlap(array(E), array(E)) boolean = trino_arrays_overlap($1, $2)
array_remove(array(E), E) array(E) = trino_array_remove($1, $2)
array_sort(array(O)) array(O) = list_sort($1, 'ASC', 'NULLS LAST')
array_join(array(varchar), varchar) varchar = trino_array_join($1, $2)
array_join(array(varchar), varchar, varchar) varchar = trino_array_join_null($1, $2, $3)
reverse(array(T)) array(T) = list_reverse($1)
slice(array(T), bigint, bigint) array(T) = trino_slice($1, $2, $3)
trim_array(array(T), bigint) array(T) = trino_trim_array($1, $2)
flatten(array(array(T))) array(T) = flatten(list_filter($1, lambda x: x is not null))
repeat(T, bigint) array(T) = trino_repeat($1, $2)
transform(array(T), T=>U) array(U) = list_transform($1, $2)
filter(array(T), T=>boolean) array(T) = list_filter($1, $2)
zip_with(array(T), array(U), (T,U)=>R) array(R) = list_transform(trino_pairs($1, $2), $3)
reduce(array(T), S, (S,T)=>S, S=>R) R = case when $1 is not null then list_transform([list_reduce($1, $3, $2)], $4)[1] end
any_match(array(T), T=>boolean) boolean = trino_any(list_transform($1, $2))
all_match(array(T), T=>boolean) boolean = trino_all(list_transform($1, $2))
none_match(array(T), T=>boolean) boolean = not trino_any(list_transform($1, $2))
map(array(K), array(V)) map(K,V) = trino_map($1, $2)
map_concat(map(K,V), map(K,V)) map(K,V) = trino_map_concat($1, $2)
map_concat(map(K,V), map(K,V), map(K,V)) map(K,V) = trino_map_concat(trino_map_concat($1, $2), $3)
map_filter(map(K,V), (K,V)=>boolean) map(K,V) = map_from_entries(list_filter(map_entries($1), $2))
transform_keys(map(K,V), (K,V)=>N) map(N,V) = trino_map(list_transform(map_entries($1), $2), map_values($1))
transform_values(map(K,V), (K,V)=>U) map(K,U) = trino_map(map_keys($1), list_transform(map_entries($1), $2))
split_to_map(varchar, varchar, varchar) map(varchar,varchar) = trino_split_to_map($1, $2, $3)
map_keys(map(K,V)) array(K) = map_keys($1)
map_values(map(K,V)) array(V) = map_values($1)
json_parse(varchar) json = trino_json_parse($1)
json_format(json) varchar = $1
json_extract(varchar, literal) json = @json_extract
json_extract(json, literal) json = @json_extract
json_extract_scalar(varchar, literal) varchar = @json_extract_scalar
json_extract_scalar(json, literal) varchar = @json_extract_scalar
json_size(varchar, literal) bigint = @json_size
json_size(json, literal) bigint = @json_size
json_array_length(varchar) bigint = trino_json_array_length($1)
json_array_length(json) bigint = trino_json_array_length($1)
json_array_contains(varchar, bigint) boolean = trino_json_array_contains($1, cast($2 as varchar))
json_array_contains(varchar, varchar) boolean = trino_json_array_contains($1, trino_json_quoted($2))
json_array_contains(varchar, boolean) boolean = trino_json_array_contains($1, cast($2 as varchar))
json_array_contains(json, bigint) boolean = trino_json_array_contains($1, cast($2 as varchar))
json_array_contains(json, varchar) boolean = trino_json_array_contains($1, trino_json_quoted($2))
json_array_contains(json, boolean) boolean = trino_json_array_contains($1, cast($2 as varchar))
"""
AGGREGATE = """
count(T) bigint = count($1)
count_if(boolean) bigint = cast(count_if($1)$w as bigint)
sum(I) bigint = cast(sum($1)$w as bigint)
sum(D) @sum = sum($1)
sum(double) double = sum($1)
avg(I) double = avg($1)
avg(D) D = @average
avg(double) double = avg($1)
min(T) T = @smallest
max(T) T = @largest
max_by(T, double) T = arg_max_null($1, trino_nan_first($2))
min_by(T, O) T = arg_min_null($1, $2)
max_by(T, O) T = arg_max_null($1, $2)
bool_and(boolean) boolean = bool_and($1)
bool_or(boolean) boolean = bool_or($1)
every(boolean) boolean = bool_and($1)
any_value(T) T = any_value($1)
arbitrary(T) T = any_value($1)
array_agg(T) array(T) = list($1$o)
map_agg(K, V) map(K,V) = trino_map_agg(list({'key': $1, 'value': $2}$o)$w)
multimap_agg(K, V) map(K,array(V)) = trino_multimap_agg(list({'key': $1, 'value': $2}$o)$w)
histogram(K) map(K,bigint) = histogram($1)
approx_distinct(T) bigint = count(distinct $1)
stddev(double) double = stddev_samp($1)
stddev_samp(double) double = stddev_samp($1)
stddev_pop(double) double = stddev_pop($1)
variance(double) double = var_samp($1)
var_samp(double) double = var_samp($1)
var_pop(double) double = var_pop($1)
"""
