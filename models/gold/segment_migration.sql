with

customer_insights as (

    select * from {{ ref('customer_insights') }}

),

migrations as (

    select
        as_of_date,
        customer_segment as to_segment,
        coalesce(previous_segment, 'none') as from_segment,
        count(*) as customers
    from customer_insights
    group by
        as_of_date,
        customer_segment,
        coalesce(previous_segment, 'none')

),

final as (

    select
        -- keys
        from_segment,
        to_segment,

        -- counts
        customers,

        -- rates
        {{ share('customers', 'sum(customers) over ()') }} as share,

        -- times
        date_sub(as_of_date, {{ var('segment_compare_days') }}) as as_of_from,
        as_of_date as as_of_to,

        -- audit
        current_timestamp() as last_updated_timestamp,
        {{ run_id() }} as _run_id
    from migrations

)

select * from final
