{% macro share(amount, whole_amount) -%}
    {#- Twelve places, so that the shares of many rows add up to 1; a decimal quotient has too few
        digits beyond these to be rounded alike by every engine, so whole cents are divided. -#}
    {%- set cents = "cast((" ~ amount ~ ") * 100 as decimal(20, 0))" -%}
    {%- set whole_cents = "nullif(cast((" ~ whole_amount ~ ") * 100 as decimal(20, 0)), 0)" -%}
    cast(
        cast(
            ({{ cents }} * 2000000000000 + {{ whole_cents }}) div ({{ whole_cents }} * 2)
            as decimal(18, 0)
        ) * 0.000000000001
        as decimal(18, 12)
    )
{%- endmacro %}
