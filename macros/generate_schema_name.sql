{% macro generate_schema_name(custom_schema_name, node) -%}
    {#- The folder is the layer is the database. Outside prod and a local root, which is a world of
        its own, an environment keeps its databases apart by a prefix. -#}
    {%- set prefix = env_var('LAKEHOUSE_DATABASE_PREFIX',
        '' if target.name in ('sail', 'local', 'prod') else target.name ~ '_') -%}
    {%- if custom_schema_name is none -%}
        {{ target.schema }}
    {%- else -%}
        {{ prefix }}{{ custom_schema_name }}
    {%- endif -%}
{%- endmacro %}
