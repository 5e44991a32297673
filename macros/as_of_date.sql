{% macro as_of_date(order_date) -%}
    {#- An aggregate with the var as well: a plain literal would give a row for each row read. -#}
    {%- if var('as_of_date') is none -%}
        max({{ order_date }})
    {%- else -%}
        max(cast('{{ var("as_of_date") }}' as date))
    {%- endif -%}
{%- endmacro %}
