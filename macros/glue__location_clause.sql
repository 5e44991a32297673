{% macro glue__location_clause() %}
    location '{{ env_var('LAKEHOUSE_ROOT') }}/.work/{{ workspace() }}/{{ config.require('schema') }}/{{ this.identifier }}'
{% endmacro %}
