{% macro workspace() -%}
    {#- Which workspace a build on Glue writes in: the run says so, or a person who runs dbt alone. -#}
    {{ return(env_var('LAKEHOUSE_WORKSPACE', 'dev')) }}
{%- endmacro %}
