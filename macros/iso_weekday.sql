{% macro iso_weekday(date) -%}
    cast((dayofweek({{ date }}) + 5) % 7 + 1 as int)
{%- endmacro %}
