{#- As in touched_orders, literals keep an engine from opening files of other days. -#}
{%- set bronze_orders = source('bronze', 'orders') %}
{%- set bronze_order_items = source('bronze', 'order_items') %}
{%- set inputs = ref('inputs') %}
{%- set days_of_orders = touched_days('orders') %}
{%- set rebuilds_whole = days_of_orders is none or rebuilds_whole() %}
{%- if not rebuilds_whole %}
    {%- set changed = changed_inputs(inputs) %}
    {%- set of_changed_files = is_in('source_file', changed.order_items.files) %}
    {%- set touched_orders %}
        select order_id from {{ bronze_orders }} where {{ days_of_orders }}
        union all
        select order_id from {{ before('orders') }} where {{ days_of_orders }}
    {%- endset %}
    {#- The last of these are lines of products that came, so that they wait no longer, or went. #}
    {%- set changed_lines %}
        select id
        from {{ bronze_order_items }}
        where
            {{ is_in('date', changed.order_items.dates, "date '") }}
            and {{ of_changed_files }}
        union all
        select id from {{ before('order_items') }} where {{ of_changed_files }}
        union all
        select lines.id
        from {{ bronze_order_items }} as lines
        left semi join ({{ touched_orders }}) as touched_orders
            on lines.order_id = touched_orders.order_id
        where {{ key_range('order_id', '(' ~ touched_orders ~ ') as found', 'lines.') }}
        union all
        select id
        from {{ bronze_order_items }}
        where {{ is_in('product_id', changed.products.listed, '', '') }}
    {%- endset %}
    {%- set in_range = key_range('id', '(' ~ changed_lines ~ ') as found', 'lines.') %}
    {#- All versions of a line are judged together, wherever they lie. #}
    {%- set versions %}
        select
            lines.order_id,
            lines.date
        from {{ bronze_order_items }} as lines
        left semi join ({{ changed_lines }}) as changed_lines
            on lines.id = changed_lines.id
        where {{ in_range }}
    {%- endset %}
{%- endif %}
with

days as (

    {% if rebuilds_whole %}
        select cast(null as date) as date
    {% else %}
        {{ days_of(changed.order_items.dates) }}
        union all
        select date from {{ ref('touched_orders') }}
        union all
        select date from ({{ versions }}) as versions
        union all
        -- a line lies on the day of its order
        select orders.date
        from {{ bronze_orders }} as orders
        left semi join ({{ versions }}) as versions
            on orders.order_id = versions.order_id
        where {{ key_range('order_id', '(' ~ versions ~ ') as found', 'orders.') }}
        union all
        select lines.date
        from {{ before('order_items') }} as lines
        left semi join ({{ changed_lines }}) as changed_lines
            on lines.id = changed_lines.id
        where {{ in_range }}
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
