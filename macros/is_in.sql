{% macro is_in(column, values, prefix="'", suffix="'") -%}
    {%- set literals = [] -%}
    {%- for value in values -%}
        {%- do literals.append(prefix ~ value ~ suffix) -%}
    {%- endfor -%}
    {{ return(column ~ ' in (' ~ literals | join(', ') ~ ')' if literals else 'false') }}
{%- endmacro %}
