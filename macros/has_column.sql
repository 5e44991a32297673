{% macro has_column(name) -%}
    {#- A macro, so that unit tests can set it. -#}
    {%- set names = [] -%}
    {%- if execute -%}
        {%- for column in adapter.get_columns_in_relation(this) -%}
            {%- do names.append(column.name) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(name in names) }}
{%- endmacro %}
