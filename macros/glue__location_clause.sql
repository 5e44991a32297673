{% macro glue__location_clause() %}
    location '{{ env_var('LAKEHOUSE_ROOT') }}/{{ config.require('schema') }}/{{ this.identifier }}'
{% endmacro %}
