{% macro relation_exists(relation) -%}
    {#- Glue's adapter takes a catalog that it may not ask, or not so often, for one without the table;
        what is then built anew would forget what only the old table knew. So Spark is asked. -#}
    {%- if not execute -%}
        {{ return(false) }}
    {%- elif target.type == 'glue' -%}
        {%- set found = run_query_checked("show tables in " ~ relation.schema ~ " like '" ~ relation.identifier ~ "'") -%}
        {{ return(found.rows | length > 0) }}
    {%- endif -%}
    {{ return(load_relation(relation) is not none) }}
{%- endmacro %}
