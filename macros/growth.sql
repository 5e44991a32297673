{% macro growth(amount, earlier_amount) -%}
    {#- Cents make the denominator a whole number. -#}
    {{ quotient(
        "(" ~ amount ~ " - " ~ earlier_amount ~ ") * 100",
        earlier_amount ~ " * 100",
        'decimal(18, 6)',
    ) }}
{%- endmacro %}
