{% macro silver_rules() -%}
    {#- The macros are in it by what they render to: dbt shows their source to nobody. Limits that are
        vars are not: a changed limit touches only the days with rows between old and new. -#}
    {%- set texts = [
        newest_first(), versions('rows', 'key', 'rows'), reasons({'code': 'condition'})
    ] -%}
    {%- for node in (graph.nodes.values() if execute else []) | sort(attribute='unique_id')
        if node.resource_type == 'model' and node.fqn[1] in ('silver', 'intermediate') -%}
        {%- do texts.append(node.raw_code) -%}
    {%- endfor -%}
    {{ return(local_md5(texts | join('\n'))) }}
{%- endmacro %}
