{% macro generate_schema_name(custom_schema_name, node) -%}
    {#- The folder is the layer is the database. Outside prod and a local root, which is a world of
        its own, an environment keeps its databases apart by a prefix; and on Glue, where others read
        silver and gold, a build writes those of a workspace, as in ingestion/settings.py. -#}
    {%- set prefix = env_var('LAKEHOUSE_DATABASE_PREFIX',
        '' if target.name in ('sail', 'local', 'prod') else target.name ~ '_') -%}
    {%- if custom_schema_name is none -%}
        {{ target.schema }}
    {%- elif target.type == 'glue' and custom_schema_name in ('silver', 'gold') -%}
        {%- set own = '' if workspace().startswith('run-') else workspace() | replace('-', '_') ~ '_' -%}
        {{ prefix }}work_{{ own }}{{ custom_schema_name }}
    {%- else -%}
        {{ prefix }}{{ custom_schema_name }}
    {%- endif -%}
{%- endmacro %}
