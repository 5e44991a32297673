{% macro rate(numerator, denominator) -%}
    {{ quotient(numerator, denominator, 'decimal(9, 6)') }}
{%- endmacro %}
