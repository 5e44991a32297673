{% macro known(amount, is_complete) -%}
    coalesce({{ amount }}, if({{ is_complete }}, 0, null))
{%- endmacro %}
