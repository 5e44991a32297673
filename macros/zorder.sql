{% macro zorder(columns) -%}
    {#- A post-hook: cluster the rows of a table, so that a look-up by these columns reads few files. -#}
    optimize {{ this }} zorder by ({{ columns | join(', ') }})
{%- endmacro %}
