{% macro days_of(dates) -%}
    {%- if dates -%}
        select explode(array(
        {%- for date in dates %}date '{{ date }}'{{ ', ' if not loop.last }}{% endfor -%}
        )) as date
    {%- else -%}
        select cast(null as date) as date where false
    {%- endif -%}
{%- endmacro %}
