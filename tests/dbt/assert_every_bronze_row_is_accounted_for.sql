-- When this fires, silver dropped or invented rows: valid, superseded and rejected are not all.
with

counted as (

    {% for table in ['products', 'orders', 'order_items'] %}
        select
            '{{ table }}' as silver_table,
            count(*) as bronze_rows,
            0 as silver_rows,
            0 as superseded_rows,
            0 as rejected_rows
        from {{ source('bronze', table) }}
        union all
        select
            '{{ table }}' as silver_table,
            0 as bronze_rows,
            count(*) as silver_rows,
            0 as superseded_rows,
            0 as rejected_rows
        from {{ ref(table) }}
        union all
        select
            '{{ table }}' as silver_table,
            0 as bronze_rows,
            0 as silver_rows,
            count(*) as superseded_rows,
            0 as rejected_rows
        from {{ ref(table ~ '_superseded') }}
        union all
        select
            '{{ table }}' as silver_table,
            0 as bronze_rows,
            0 as silver_rows,
            0 as superseded_rows,
            count(*) as rejected_rows
        from {{ ref(table ~ '_rejected') }}
        {{ 'union all' if not loop.last }}
    {% endfor %}

),

summed as (

    select
        silver_table,
        sum(bronze_rows) as bronze_rows,
        sum(silver_rows) as silver_rows,
        sum(superseded_rows) as superseded_rows,
        sum(rejected_rows) as rejected_rows
    from counted
    group by silver_table

)

select * from summed
where bronze_rows <> silver_rows + superseded_rows + rejected_rows
