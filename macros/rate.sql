{% macro rate(numerator, denominator) -%}
    cast(
        cast({{ numerator }} as decimal(12, 0)) / nullif(cast({{ denominator }} as decimal(12, 0)), 0)
        as decimal(9, 6)
    )
{%- endmacro %}
