{% macro period_index(period_type, cohort_period, day) -%}
    if(
        {{ period_type }} = 'week',
        datediff({{ day }}, {{ cohort_period }}) div 7,
        12 * (year({{ day }}) - year({{ cohort_period }})) + month({{ day }}) - month({{ cohort_period }})
    )
{%- endmacro %}
