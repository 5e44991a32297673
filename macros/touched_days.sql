{% macro touched_days(table, onwards=false) -%}
    {#- None: all days. Onwards: what a day says of first purchases depends on the days before it. -#}
    {%- set touched = built_after('touched_' ~ table) -%}
    {%- if not execute or not touched or should_full_refresh() or not is_there(touched) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set days = asked("select date from " ~ touched ~ " order by date").columns[0].values() -%}
    {%- if none in days -%}
        {{ return(none) }}
    {%- elif onwards and days -%}
        {{ return("date >= date '" ~ days[0] ~ "'") }}
    {%- endif -%}
    {{ return(is_in('date', days, "date '")) }}
{%- endmacro %}
