{% macro has_previous() -%}
    {#- A macro, so that unit tests can set it. -#}
    {{ return(relation_exists(this) and not should_full_refresh()) }}
{%- endmacro %}
