{% macro rfm_score(partition_by, order_by) -%}
    cast(least(5, 1 + floor(5 * percent_rank() over (
        partition by {{ partition_by }} order by {{ order_by }}
    ))) as int)
{%- endmacro %}
