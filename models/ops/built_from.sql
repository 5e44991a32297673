{#- The last of silver to be built. It says that silver is made from these inputs only if this very
    build has made all of it. -#}
{%- set were_selected = [] %}
{%- for model in [
    'inputs', 'touched_orders', 'touched_order_items', 'touched_departments',
    'orders', 'orders_superseded', 'orders_rejected',
    'order_items', 'order_items_superseded', 'order_items_rejected',
    'order_days', 'order_hours', 'product_days', 'department_days', 'department_hours',
] %}
    {%- do were_selected.append(was_selected(ref(model).identifier)) %}
{%- endfor %}
{%- set has_made_all = false not in were_selected %}
with

inputs as (

    select * from {{ ref('inputs') if has_made_all or not has_previous() else this }}

),

final as (

    select
        kind,
        table_name,
        input_name,
        input_version,
        dates,
        build_id
    from inputs
    where {{ has_made_all or has_previous() }}

)

select * from final
