{% macro newest_first() -%}
    {#- Arrival has no say, or the result would depend on the order of runs. -#}
    file_date desc nulls last, source_file desc, record_number desc
{%- endmacro %}
