{%- set inputs = ref('inputs') %}
{%- set rebuilds_whole = rebuilds_whole() %}
with

touched_order_items as (

    select * from {{ ref('touched_order_items') }}

),

days as (

    select date from touched_order_items
    {% if not rebuilds_whole %}
        union all
        select min(date) as date
        from {{ before('order_items') }}
        where {{ is_in('product_id', changed_inputs(inputs).products.moved, '', '') }}
        having count(*) > 0
        union all
        {{ pending() }}
    {% endif %}

),

final as (

    select
        date,
        '{{ invocation_id }}' as build_id
    from days
    group by date

)

select * from final
