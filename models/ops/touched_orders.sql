{#- Rows are looked for on the days of changed files and keys in the range of theirs, as literals,
    so that an engine opens few files. -#}
{%- set bronze_orders = source('bronze', 'orders') %}
{%- set inputs = ref('inputs') %}
{%- set rebuilds_whole = rebuilds_whole() %}
{%- if not rebuilds_whole %}
    {%- set changed = changed_inputs(inputs) %}
    {%- set of_changed_files = is_in('date', changed.orders.dates, "date '")
        ~ ' and ' ~ is_in('source_file', changed.orders.files) %}
    {%- set changed_orders %}
        select order_id from {{ bronze_orders }} where {{ of_changed_files }}
        union all
        select order_id from {{ before('orders') }} where {{ of_changed_files }}
    {%- endset %}
{%- endif %}
with

days as (

    {% if rebuilds_whole %}
        select cast(null as date) as date
    {% else %}
        {{ days_of(changed.orders.dates) }}
        union all
        -- all versions of an order are judged together, wherever they lie
        select bronze_orders.date
        from {{ bronze_orders }} as bronze_orders
        left semi join ({{ changed_orders }}) as changed_orders
            on bronze_orders.order_id = changed_orders.order_id
        where {{ key_range('order_id', '(' ~ changed_orders ~ ') as found', 'bronze_orders.') }}
        {% for limits in changed.limits %}
            union all
            select date
            from {{ bronze_orders }}
            where total_amount between {{ limits[0] }} and {{ limits[1] }}
        {% endfor %}
        union all
        {{ pending() }}
    {% endif %}

),

final as (

    select
        date,
        '{{ invocation_id }}' as build_id
    from days
    group by date

)

select * from final
