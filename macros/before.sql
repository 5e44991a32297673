{% macro before(model_name, layer='silver') -%}
    {#- By name and not by ref, which would be a circle: what a table of silver holds before this build
        replaces it. -#}
    {{ return(api.Relation.create(
        schema=generate_schema_name(layer, none), identifier=model_name
    )) }}
{%- endmacro %}
