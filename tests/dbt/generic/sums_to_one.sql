{% test sums_to_one(model, column, within=[]) %}
{#- The sum of the shares, of all rows or within each group, where it is further from 1 than rounding
    takes it; shares of nothing are null, and so is their sum. -#}
{%- set groups = within | join(', ') -%}
select
    {{ groups ~ ',' if within }}
    sum({{ column }}) as share_sum
from {{ model }}
{{ 'group by ' ~ groups if within }}
having abs(sum({{ column }}) - 1) > 0.000001
{% endtest %}
