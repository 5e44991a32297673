{% macro has_previous() -%}
    {#- A macro, so that unit tests can set it. -#}
    {{ return(is_there(this) and not should_full_refresh()) }}
{%- endmacro %}
