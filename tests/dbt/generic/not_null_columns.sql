{% test not_null_columns(model, columns) %}
{#- Rows without a value in one of the columns, each with the names of all columns that are null. -#}
{%- set rules = {} -%}
{%- for column in columns -%}
    {%- do rules.update({column: adapter.quote(column) ~ ' is null'}) -%}
{%- endfor %}
with

checked as (

    select
        {{ reasons(rules) }} as null_columns,
        *
    from {{ model }}

)

select * from checked
where size(null_columns) > 0
{% endtest %}
