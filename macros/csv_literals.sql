{% macro csv_literals(row) -%}
    {%- set literals = [] -%}
    {%- for value in row -%}
        {%- if '"' in value | string or '\\' in value | string or "'''" in value | string -%}
            {#- The adapter puts the SQL into a Python text, which would take them for its own. -#}
            {{ exceptions.raise_compiler_error(
                'A seed can have no double quote and no backslash: ' ~ value
            ) }}
        {%- endif -%}
        {%- do literals.append('null' if value is none else '"' ~ value ~ '"') -%}
    {%- endfor -%}
    {{ return(literals | join(', ')) }}
{%- endmacro %}
