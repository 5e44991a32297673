-- The day that tables look back from: the one that was given, or the last order date.

set variable as_of_date = coalesce(
    getvariable('as_of_date'), (select max(date) from silver.orders)
);

-- The day whose segments are compared with those of the as-of date.
set variable compare_date = getvariable('as_of_date') - 30;
