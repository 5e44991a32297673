{% macro zorder(columns, days='true') -%}
    {#- A post-hook: cluster the rows of a table, so that a look-up by these columns reads few files. Of
        an incremental table only the affected days, and nothing where there are none. -#}
    {%- if days != 'false' -%}
        optimize {{ this }} {{ 'where ' ~ days if days != 'true' }} zorder by ({{ columns | join(', ') }})
    {%- endif -%}
{%- endmacro %}
