"""The functions that Athena (Trino) lists; those of proven.py run here, the others are refused."""

from __future__ import annotations

# By Trino's documentation, "List of functions and operators"; without geography, machine learning,
# sketches and functions of colours, which a lakehouse of numbers and texts has no use for.
_FUNCTIONS = """
abs acos all_match any_match any_value approx_distinct approx_most_frequent approx_percentile
arbitrary array_agg array_distinct array_except array_first array_intersect array_join
array_last array_max array_min array_position array_remove array_sort array_union
arrays_overlap asin at_timezone atan atan2 avg bit_count bitwise_and bitwise_and_agg
bitwise_left_shift bitwise_not bitwise_or bitwise_or_agg bitwise_right_shift bitwise_xor
bool_and bool_or cardinality cast cbrt ceil ceiling char2hexint checksum chr coalesce codepoint
combinations concat concat_ws contains corr cos cosh cosine_similarity count count_if covar_pop
covar_samp cume_dist current_date current_time current_timestamp date date_add date_diff
date_format date_parse date_trunc day day_of_month day_of_week day_of_year degrees dense_rank
dow doy e element_at entropy every exp extract filter first_value flatten floor
format format_datetime format_number from_base from_iso8601_date from_iso8601_timestamp
from_unixtime greatest grouping hamming_distance histogram hour if index infinity
is_finite is_infinite is_json_scalar is_nan json_array_contains json_array_get
json_array_length json_extract json_extract_scalar json_format json_parse json_size json_value
json_query json_exists kurtosis lag last_day_of_month last_value lead least length
levenshtein_distance listagg ln localtime localtimestamp log log10 log2 lower lpad ltrim
map map_agg map_concat map_entries map_filter map_from_entries map_keys map_union map_values
map_zip_with max max_by md5 millisecond min min_by minute mod month multimap_agg
multimap_from_entries nan ngrams none_match normalize now nth_value ntile nullif numeric_histogram
percent_rank pi position pow power quarter radians rand random rank reduce reduce_agg
regexp_count regexp_extract regexp_extract_all regexp_like regexp_position regexp_replace
regexp_split regr_intercept regr_slope repeat replace reverse round row row_number rpad rtrim
second sequence sha1 sha256 sha512 shuffle sign sin sinh skewness slice soundex split
split_part split_to_map sqrt starts_with stddev stddev_pop stddev_samp strpos substr substring
sum tan tanh timezone_hour timezone_minute to_base to_hex to_iso8601 to_milliseconds
to_unixtime to_utf8 transform transform_keys transform_values translate trim trim_array
truncate try try_cast typeof unnest upper url_decode url_encode url_extract_host
url_extract_fragment url_extract_parameter url_extract_path url_extract_port
url_extract_protocol url_extract_query uuid var_pop var_samp variance week week_of_year
width_bucket with_timezone word_stem xxhash64 year year_of_week yow zip zip_with
"""
# What does the same work, where no name of a proven function is near.
NEAREST = {
    "approx_percentile": "element_at(array_sort(array_agg(x)), n), ntile",
    "array_first": "element_at(x, 1)",
    "array_last": "element_at(x, -1)",
    "bit_count": "bitwise_and",
    "codepoint": "chr, to_hex(to_utf8(x))",
    "corr": "avg, stddev_pop",
    "index": "strpos",
    "json_array_get": "json_extract",
    "json_exists": "json_extract(x, path) is not null",
    "json_query": "json_extract",
    "json_value": "json_extract_scalar",
    "is_json_scalar": "json_extract_scalar",
    "map_entries": "map_keys, map_values, unnest(map)",
    "map_from_entries": "map, map_agg",
    "map_union": "map_agg, map_concat",
    "map_zip_with": "map_concat, transform_values",
    "multimap_from_entries": "multimap_agg",
    "reduce_agg": "reduce(array_agg(x), ...)",
    "regexp_position": "strpos, regexp_extract",
    "row": "map, array",
    "url_extract_host": "regexp_extract",
    "url_extract_parameter": "regexp_extract",
    "url_extract_path": "regexp_extract",
    "url_extract_query": "regexp_extract",
    "zip": "zip_with, unnest(a, b)",
}
ATHENA = frozenset(_FUNCTIONS.split())
