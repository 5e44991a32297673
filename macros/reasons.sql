{% macro reasons(rules) -%}
    filter(
        array(
            {%- for code, condition in rules.items() %}
            case when {{ condition }} then '{{ code }}' end{{ ',' if not loop.last }}
            {%- endfor %}
        ),
        reason -> reason is not null
    )
{%- endmacro %}
