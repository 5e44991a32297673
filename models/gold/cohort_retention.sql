{{ config(partition_by=['period_type']) }}

with

orders as (

    select * from {{ ref('orders') }}

),

calendar as (

    select * from {{ ref('calendar') }}

),

customer_insights as (

    select * from {{ ref('customer_insights') }}

),

cohort_customers as (

    select
        user_id,
        as_of_date,
        'week' as period_type,
        cohort_week as cohort_period
    from customer_insights
    union all
    select
        user_id,
        as_of_date,
        'month' as period_type,
        cohort_month as cohort_period
    from customer_insights

),

cohorts as (

    select
        period_type,
        cohort_period,
        as_of_date,
        count(*) as cohort_size,
        cast({{ period_index('period_type', 'cohort_period', 'as_of_date') }} as int) as last_index
    from cohort_customers
    group by
        period_type,
        cohort_period,
        as_of_date

),

indexes as (

    select
        *,
        explode(sequence(0, last_index)) as period_index
    from cohorts

),

periods as (

    select
        *,
        if(
            period_type = 'week',
            date_add(cohort_period, 7 * period_index),
            add_months(cohort_period, period_index)
        ) as period_start,
        if(
            period_type = 'week',
            date_add(cohort_period, 7 * period_index + 6),
            last_day(add_months(cohort_period, period_index))
        ) as period_end
    from indexes

),

incomplete_periods as (

    select
        'week' as period_type,
        date_sub(date, day_of_week - 1) as period_start
    from calendar
    where not is_complete
    union
    select
        'month' as period_type,
        cast(trunc(date, 'month') as date) as period_start
    from calendar
    where not is_complete

),

-- a period with a day of which orders are not known is not fully observed
observed_periods as (

    select
        periods.*,
        incomplete_periods.period_start is null as has_all_days,
        incomplete_periods.period_start is null
        and periods.period_end <= periods.as_of_date as is_complete
    from periods
    left join incomplete_periods
        on
            periods.period_type = incomplete_periods.period_type
            and periods.period_start = incomplete_periods.period_start

),

cohort_orders as (

    select
        cohort_customers.period_type,
        cohort_customers.cohort_period,
        cohort_customers.user_id,
        orders.total_amount,
        {{ period_index(
            'cohort_customers.period_type', 'cohort_customers.cohort_period', 'orders.date'
        ) }} as period_index
    from cohort_customers
    inner join orders
        on
            cohort_customers.user_id = orders.user_id
            and cohort_customers.as_of_date >= orders.date

),

activity as (

    select
        period_type,
        cohort_period,
        period_index,
        count(distinct user_id) as retained_customers,
        count(*) as order_count,
        sum(total_amount) as sales
    from cohort_orders
    group by
        period_type,
        cohort_period,
        period_index

),

final as (

    select
        -- keys
        periods.cohort_period,
        cast(periods.period_index as int) as period_index,

        -- amounts
        cast({{ known('activity.sales', 'periods.has_all_days') }} as decimal(18, 2)) as sales,

        -- counts
        periods.cohort_size,
        {{ known('activity.retained_customers', 'periods.has_all_days') }} as retained_customers,
        {{ known('activity.order_count', 'periods.has_all_days') }} as orders,

        -- rates
        case
            when periods.period_index = 0 or periods.is_complete
                then {{ rate('coalesce(activity.retained_customers, 0)', 'periods.cohort_size') }}
        end as retention_rate,

        -- flags
        periods.is_complete,

        -- audit
        current_timestamp() as last_updated_timestamp,
        {{ run_id() }} as _run_id,

        -- partition
        periods.period_type
    from observed_periods as periods
    left join activity
        on
            periods.period_type = activity.period_type
            and periods.cohort_period = activity.cohort_period
            and periods.period_index = activity.period_index

)

select * from final
