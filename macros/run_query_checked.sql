{% macro run_query_checked(sql) -%}
    {#- dbt-glue takes a statement that ran out of time for one with an empty answer, and "nothing is there"
        or "nothing has changed" is what that would be read as. A true answer has columns. -#}
    {%- set answer = run_query(sql) -%}
    {%- if execute and not answer.columns -%}
        {{ exceptions.raise_compiler_error(
            'The engine gave no answer to "' ~ sql ~ '". Build again; if it stays so, give the Glue session more workers.'
        ) }}
    {%- endif -%}
    {{ return(answer) }}
{%- endmacro %}
