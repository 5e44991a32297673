{% macro pending() -%}
    {#- Days that a build which came to no good end had found and may not have replaced everywhere. -#}
    {%- if not is_there(this) -%}
        {{ days_of([]) }}
    {%- else -%}
        select touched.date
        from {{ this }} as touched
        left anti join {{ before('built_from', 'ops') }} as built_from
            on touched.build_id = built_from.build_id
    {%- endif -%}
{%- endmacro %}
