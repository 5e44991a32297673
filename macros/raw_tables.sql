{% macro raw_tables() -%}
    {#- The names stand here a second time, because dbt asks what a model reads before it runs Python. -#}
    {{ return({
        'products': 'false',
        'orders': 'false',
        'order_items': 'is_waiting',
    }) }}
{%- endmacro %}
