{% macro key_range(key, rows, table='') -%}
    {#- Literals, so that an engine skips the files whose statistics lie outside. -#}
    {%- set found = run_query_checked(
        'select min(' ~ key ~ ') as first_key, max(' ~ key ~ ') as last_key from ' ~ rows
    ).rows[0] -%}
    {%- if found[0] is none -%}
        {{ return('false') }}
    {%- endif -%}
    {{ return(table ~ key ~ ' between ' ~ found[0] ~ ' and ' ~ found[1]) }}
{%- endmacro %}
