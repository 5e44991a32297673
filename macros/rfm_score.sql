{% macro rfm_score(order_by) -%}
    cast(least(5, 1 + floor(5 * percent_rank() over (order by {{ order_by }}))) as int)
{%- endmacro %}
