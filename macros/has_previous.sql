{% macro has_previous() -%}
    {#- A macro, so that unit tests can set it. -#}
    {{ return(load_relation(this) is not none and not should_full_refresh()) }}
{%- endmacro %}
