{% macro was_selected(model_name) -%}
    {#- A macro, so that unit tests can set it. -#}
    {{ return('model.' ~ project_name ~ '.' ~ model_name in selected_resources) }}
{%- endmacro %}
