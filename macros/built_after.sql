{% macro built_after(model_name) -%}
    {#- Nothing in a unit test, whose rows are given. -#}
    {%- if model.resource_type != 'unit_test' -%}
        {{ return(ref(model_name)) }}
    {%- endif -%}
{%- endmacro %}
