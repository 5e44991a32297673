{% macro reasons(rules) -%}
    array_compact(
        array(
            {%- for code, condition in rules.items() %}
            case when {{ condition }} then '{{ code }}' end{{ ',' if not loop.last }}
            {%- endfor %}
        )
    )
{%- endmacro %}
