{% test accepted_codes(model, column, codes) %}
{#- Rows that hold a code nobody declared, once for each such code. -#}
with

exploded as (

    select
        *,
        explode({{ column }}) as code
    from {{ model }}

)

select * from exploded
where code not in ({% for code in codes %}'{{ code }}'{{ ', ' if not loop.last }}{% endfor %})
{% endtest %}
