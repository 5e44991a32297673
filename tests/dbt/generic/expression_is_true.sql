{% test expression_is_true(model, rules) %}
{#- Rows that break a rule, each with the names of all rules that it breaks. A rule that is null for
    a row holds, as in a check constraint. -#}
{%- set broken = {} -%}
{%- for name, condition in rules.items() -%}
    {%- do broken.update({name: 'not (' ~ condition ~ ')'}) -%}
{%- endfor %}
with

checked as (

    select
        {{ reasons(broken) }} as broken_rules,
        *
    from {{ model }}

)

select * from checked
where size(broken_rules) > 0
{% endtest %}
