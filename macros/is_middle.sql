{% macro is_middle(rank, row_count) -%}
    {{ rank }} in (({{ row_count }} + 1) div 2, {{ row_count }} div 2 + 1)
{%- endmacro %}
