{% test unique_combination_of_columns(model, columns) %}
{#- Values of a key of several columns that more than one row has. -#}
select
    {{ columns | join(', ') }},
    count(*) as row_count
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
