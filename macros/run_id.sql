{% macro run_id() -%}
    {#- The lakehouse command names its run; a plain dbt command is its own run. -#}
    '{{ dbt_metadata_envs.get("LAKEHOUSE_RUN_ID", invocation_id) }}'
{%- endmacro %}
