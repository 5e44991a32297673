{% macro rebuilds_whole() -%}
    {#- Only in a silver that was built whole once, by these very rules, can some days be replaced. -#}
    {%- if not execute or should_full_refresh() or not is_there(before('built_from', 'ops')) -%}
        {{ return(true) }}
    {%- endif -%}
    {%- for node in graph.nodes.values() if node.config.materialized == 'replaced_days' -%}
        {%- if not is_there(before(node.name)) -%}
            {{ return(true) }}
        {%- endif -%}
    {%- endfor -%}
    {%- set rules = asked(
        "select input_version from " ~ before('built_from', 'ops') ~ " where kind = 'rules'"
    ).columns[0].values() -%}
    {{ return(rules | list != [silver_rules()]) }}
{%- endmacro %}
