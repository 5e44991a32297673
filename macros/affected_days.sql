{% macro affected_days(table, onwards=false) -%}
    {#- The run that started this build offers the days, and no one else: any other build is of all. -#}
    {%- set days = fromjson(dbt_metadata_envs.get('LAKEHOUSE_AFFECTED_DAYS', '{}')).get(table) -%}
    {%- if not execute or days is none -%}
        {{ return('true') }}
    {%- elif not days -%}
        {{ return('false') }}
    {%- elif onwards -%}
        {{ return("date >= date '" ~ days[0] ~ "'") }}
    {%- endif -%}
    {{ return("date in (date '" ~ days | join("', date '") ~ "')") }}
{%- endmacro %}
