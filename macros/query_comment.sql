{% macro query_comment(node) -%}
    {#- The embedded engines run statements with this mark one at a time (dbt_lakehouse.py). -#}
    {%- set comment = {'app': 'dbt', 'node_id': node.unique_id if node else none} -%}
    {%- if node and 'memory_intensive' in node.tags -%}
        {%- do comment.update({'memory_intensive': true}) -%}
    {%- endif -%}
    {{ return(tojson(comment)) }}
{%- endmacro %}
