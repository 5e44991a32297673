{% macro quotient(numerator, denominator, type) -%}
    {#- Engines choose different scales for a decimal quotient, and cut or round there. With 18 places
        no such digit can reach the last one of a rate or an amount, so rounding once gives the same. -#}
    cast(
        cast({{ numerator }} as decimal(38, 18)) / nullif(cast({{ denominator }} as bigint), 0)
        as {{ type }}
    )
{%- endmacro %}
