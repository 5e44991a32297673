{% test sums_to_one(model, column) %}
{#- The sum of the shares of all rows, when it is further from 1 than rounding takes it. -#}
select sum({{ column }}) as share_sum
from {{ model }}
having abs(sum({{ column }}) - 1) > 0.000001
{% endtest %}
