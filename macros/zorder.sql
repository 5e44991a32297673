{% macro zorder(columns, days=none) -%}
    {#- A post-hook: cluster the rows of a table, so that a look-up by these columns reads few files. Of
        a table of which days are replaced, only these, and nothing where no day is touched. -#}
    {%- if days != 'false' -%}
        optimize {{ this }} {{ 'where ' ~ days if days is not none }} zorder by ({{ columns | join(', ') }})
    {%- endif -%}
{%- endmacro %}
