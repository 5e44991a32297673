"""The functions that give here what Trino 476 gives, each shown by recorded answers of Trino.

This is their one home: what is not listed is refused. tests/lakehouse/query/trino/ holds Trino's
answers, and a test fails for a line without one.

    name(arguments) result = DuckDB's SQL

An argument is a type that Trino converts to (`bigint`, `array(T)`), a variable (I any integer, D
any decimal, M a date or time, C a time, T U V anything, E K what equals itself), a literal text
(`literal`), a literal whole number (`digits`, from 1 on `place`), one of some words (`{day|week}`),
`any` of its own, or a lambda (`T=>U`). `...` repeats the last one, `exactly` allows no conversion.
`$1` is an argument, `$*` all of them, `@name` a rule of rewriting.py, moments.py or formats.py; a
result `@name` is a rule of signatures.py. Of an aggregate or window function, `$w` is its FILTER
and OVER, `$o` its ORDER BY, `$n` its IGNORE NULLS.
"""

from __future__ import annotations

SCALAR = """
abs(I) I = abs($1)
abs(D) D = abs($1)
abs(double) double = abs($1)
ceil(I) I = $1
ceil(D) @whole = ceil($1)
ceil(double) double = ceil($1)
ceiling(I) I = $1
ceiling(D) @whole = ceil($1)
ceiling(double) double = ceil($1)
floor(I) I = $1
floor(D) @whole = floor($1)
floor(double) double = floor($1)
round(I) I = $1
round(I, digits) I = $1
round(D) @whole = round($1, 0)
round(double) double = round($1)
round(D, digits) @one_more = round($1, $2)
round(double, digits) double = case when isfinite($1) then round($1, $2) else $1 end
truncate(D) @cut = trunc($1)
truncate(D, digits) D = @truncated
truncate(exactly double) double = trunc($1)
sign(I) I = sign($1)
sign(D) @sign = sign($1)
sign(double) double = case when isnan($1) then $1 else sign($1) end
sqrt(double) double = case when $1 < 0 then cast('nan' as double) else sqrt($1) end
cbrt(double) double = cbrt($1)
exp(double) double = exp($1)
ln(double) double = trino_log($1, ln($1))
log2(double) double = trino_log($1, log2($1))
log10(double) double = trino_log($1, log10($1))
power(double, double) double = trino_power($1, $2)
pow(double, double) double = trino_power($1, $2)
pi() double = pi()
e() double = exp(1)
nan() double = cast('nan' as double)
infinity() double = cast('infinity' as double)
is_nan(double) boolean = isnan($1)
is_finite(double) boolean = isfinite($1)
is_infinite(double) boolean = isinf($1)
degrees(double) double = degrees($1)
radians(double) double = radians($1)
sin(double) double = case when isinf($1) then cast('nan' as double) else sin($1) end
cos(double) double = case when isinf($1) then cast('nan' as double) else cos($1) end
tan(double) double = case when isinf($1) then cast('nan' as double) else tan($1) end
atan(double) double = atan($1)
bitwise_and(bigint, bigint) bigint = $1 & $2
bitwise_or(bigint, bigint) bigint = $1 | $2
bitwise_xor(bigint, bigint) bigint = xor($1, $2)
bitwise_not(bigint) bigint = ~$1
greatest(T...) T = @greatest
least(T...) T = @least
length(varchar) bigint = length($1)
lower(varchar) varchar = lower($1)
upper(varchar) varchar = trino_upper($1)
trim(varchar) varchar = trim($1, trino_blanks())
ltrim(varchar) varchar = ltrim($1, trino_blanks())
rtrim(varchar) varchar = rtrim($1, trino_blanks())
trim(varchar, varchar) varchar = trim($1, $2)
ltrim(varchar, varchar) varchar = ltrim($1, $2)
rtrim(varchar, varchar) varchar = rtrim($1, $2)
reverse(varchar) varchar = array_to_string(list_reverse(trino_letters($1)), '')
replace(varchar, varchar) varchar = trino_replace($1, $2, '')
replace(varchar, varchar, varchar) varchar = trino_replace($1, $2, $3)
strpos(varchar, varchar) bigint = strpos($1, $2)
substr(varchar, bigint) varchar = trino_substr($1, $2, 9223372036854775807)
substr(varchar, bigint, bigint) varchar = trino_substr($1, $2, $3)
substring(varchar, bigint) varchar = trino_substr($1, $2, 9223372036854775807)
substring(varchar, bigint, bigint) varchar = trino_substr($1, $2, $3)
split(varchar, varchar) array(varchar) = trino_split($1, $2)
split(varchar, varchar, bigint) array(varchar) = trino_split_limit($1, $2, $3)
split_part(varchar, varchar, bigint) varchar = trino_split_part($1, $2, $3)
starts_with(varchar, varchar) boolean = starts_with($1, $2)
concat(varchar...) varchar = @concatenated
concat(array(T)...) array(T) = @concatenated
concat_ws(varchar, varchar...) varchar = concat_ws($*)
lpad(varchar, bigint, varchar) varchar = trino_lpad($1, $2, $3)
rpad(varchar, bigint, varchar) varchar = trino_rpad($1, $2, $3)
chr(bigint) varchar = chr(cast($1 as integer))
translate(varchar, varchar, varchar) varchar = translate($1, $2, $3)
normalize(varchar) varchar = nfc_normalize($1)
to_utf8(varchar) varbinary = encode($1)
to_hex(varbinary) varchar = hex($1)
md5(varbinary) varbinary = unhex(md5($1))
sha1(varbinary) varbinary = unhex(sha1($1))
sha256(varbinary) varbinary = unhex(sha256($1))
format(literal, any...) varchar = @formatted
regexp_like(varchar, literal) boolean = @regexp_like
regexp_extract(varchar, literal) varchar = @regexp_extract
regexp_extract(varchar, literal, digits) varchar = @regexp_extract
regexp_extract_all(varchar, literal) array(varchar) = @regexp_extract_all
regexp_replace(varchar, literal) varchar = @regexp_replace
regexp_replace(varchar, literal, literal) varchar = @regexp_replace
regexp_split(varchar, literal) array(varchar) = @regexp_split
regexp_count(varchar, literal) bigint = @regexp_count
year(M) bigint = year($1)
quarter(M) bigint = quarter($1)
month(M) bigint = month($1)
week(M) bigint = week($1)
week_of_year(M) bigint = week($1)
day(M) bigint = day($1)
day_of_month(M) bigint = day($1)
day_of_week(M) bigint = isodow($1)
dow(M) bigint = isodow($1)
day_of_year(M) bigint = dayofyear($1)
doy(M) bigint = dayofyear($1)
year_of_week(M) bigint = isoyear($1)
yow(M) bigint = isoyear($1)
hour(C) bigint = hour($1)
minute(C) bigint = minute($1)
second(C) bigint = second($1)
millisecond(C) bigint = millisecond($1) % 1000
date(varchar) date = @text_as_date
date(M) date = cast($1 as date)
date_trunc({day|week|month|quarter|year}, date) date = cast(date_trunc($1, $2) as date)
date_trunc({second|minute|hour|day|week|month|quarter|year}, C) C = date_trunc($1, $2)
date_add({day|week|month|quarter|year}, bigint, date) date = @date_add
date_add({second|minute|hour|day|week|month|quarter|year}, bigint, C) C = @date_add
date_diff({day|week|month|quarter|year}, date, date) bigint = @date_diff
date_diff({second|minute|hour|day|week|month|quarter|year}, C, C) bigint = @date_diff
last_day_of_month(M) date = last_day($1)
from_iso8601_date(varchar) date = @iso_date
to_iso8601(date) varchar = strftime($1, '%Y-%m-%d')
to_unixtime(timestamp) double = epoch($1)
to_unixtime(timestamp with time zone) double = epoch($1)
from_unixtime(double) timestamp with time zone = trino_from_unixtime($1)
at_timezone(timestamp with time zone, literal) zoned = @at_timezone
date_format(M, literal) varchar = @date_format
format_datetime(M, literal) varchar = @format_datetime
date_parse(varchar, literal) timestamp = @date_parse
now() timestamp with time zone = now()
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
array_max(array(T)) T = trino_array_max($1)
array_min(array(T)) T = trino_array_min($1)
array_distinct(array(T)) array(T) = trino_array_distinct($1)
array_union(array(T), array(T)) array(T) = trino_array_union($1, $2)
array_intersect(array(T), array(T)) array(T) = trino_array_intersect($1, $2)
array_except(array(T), array(T)) array(T) = trino_array_except($1, $2)
arrays_overlap(array(E), array(E)) boolean = trino_arrays_overlap($1, $2)
array_remove(array(E), E) array(E) = trino_array_remove($1, $2)
array_sort(array(T)) array(T) = list_sort($1, 'ASC', 'NULLS LAST')
array_join(array(varchar), varchar) varchar = trino_array_join($1, $2)
array_join(array(varchar), varchar, varchar) varchar = trino_array_join_null($1, $2, $3)
reverse(array(T)) array(T) = list_reverse($1)
slice(array(T), bigint, bigint) array(T) = trino_slice($1, $2, $3)
trim_array(array(T), bigint) array(T) = trino_trim_array($1, $2)
flatten(array(array(T))) array(T) = flatten(list_filter($1, lambda x: x is not null))
repeat(T, bigint) array(T) = trino_repeat($1, $2)
transform(array(T), T=>U) array(U) = list_transform($1, $2)
filter(array(T), T=>boolean) array(T) = list_filter($1, $2)
any_match(array(T), T=>boolean) boolean = trino_any(list_transform($1, $2))
all_match(array(T), T=>boolean) boolean = trino_all(list_transform($1, $2))
none_match(array(T), T=>boolean) boolean = not trino_any(list_transform($1, $2))
map(array(K), array(V)) map(K,V) = trino_map($1, $2)
map_keys(map(K,V)) array(K) = map_keys($1)
map_values(map(K,V)) array(V) = map_values($1)
json_extract_scalar(varchar, literal) varchar = @json_extract_scalar
json_array_length(varchar) bigint = trino_json_array_length($1)
typeof(T) varchar = @typeof
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
min_by(T, U) T = arg_min_null($1, $2)
max_by(T, U) T = arg_max_null($1, $2)
bool_and(boolean) boolean = bool_and($1)
bool_or(boolean) boolean = bool_or($1)
every(boolean) boolean = bool_and($1)
any_value(T) T = any_value($1)
arbitrary(T) T = any_value($1)
array_agg(T) array(T) = list($1$o)
approx_distinct(T) bigint = count(distinct $1)
stddev(double) double = stddev_samp($1)
stddev_samp(double) double = stddev_samp($1)
stddev_pop(double) double = stddev_pop($1)
variance(double) double = var_samp($1)
var_samp(double) double = var_samp($1)
var_pop(double) double = var_pop($1)
"""
WINDOW = """
row_number() bigint = row_number()
rank() bigint = rank()
dense_rank() bigint = dense_rank()
percent_rank() double = percent_rank()
cume_dist() double = cume_dist()
ntile(bigint) bigint = ntile($1)
lag(T) T = lag($1$n)
lag(T, digits) T = lag($1, $2$n)
lag(T, digits, T) T = lag($1, $2, $3$n)
lead(T) T = lead($1$n)
lead(T, digits) T = lead($1, $2$n)
lead(T, digits, T) T = lead($1, $2, $3$n)
first_value(T) T = first_value($1$n)
last_value(T) T = last_value($1$n)
nth_value(T, place) T = nth_value($1, $2$n)
"""
