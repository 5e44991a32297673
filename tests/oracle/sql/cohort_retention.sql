-- One row per cohort of customers (by the week or the month of their first order) and period from
-- that one up to the period of the as-of date. Orders after that date do not count.

create table gold.cohort_retention as
with period_types as (
    select unnest(['week', 'month']) as period_type
),

orders as (
    select
        period_types.period_type,
        orders.user_id,
        orders.total_amount,
        cast(date_trunc(period_types.period_type, orders.date) as date) as period,
        min(cast(date_trunc(period_types.period_type, orders.date) as date)) over (
            partition by period_types.period_type, orders.user_id
        ) as cohort_period
    from silver.orders as orders
    cross join period_types
    where orders.date <= getvariable('as_of_date')
),

cohorts as (
    select
        period_type,
        cohort_period,
        count(distinct user_id) as cohort_size
    from orders
    group by period_type, cohort_period
),

-- Weeks are seven days; the steps from Monday to Monday and from first to first are whole.
periods as (
    select
        *,
        unnest(
            range(date_diff(period_type, cohort_period, getvariable('as_of_date')) + 1)
        ) as period_index
    from cohorts
),

dated as (
    select
        *,
        cast(
            cohort_period
            + if(period_type = 'week', to_weeks(1), to_months(1)) * period_index as date
        ) as period,
        cast(
            cohort_period
            + if(period_type = 'week', to_weeks(1), to_months(1)) * (period_index + 1) as date
        ) - 1 as last_day
    from periods
),

-- A period with a day that is not complete is not fully observed.
observed as (
    select
        *,
        exists (
            select 1
            from silver.known_days as known_days
            where
                known_days.date between dated.period and dated.last_day
                and not known_days.is_complete
        ) as has_gap
    from dated
),

final as (
    select
        dated.period_type,
        dated.cohort_period,
        cast(dated.period_index as integer) as period_index,

        dated.cohort_size,
        if(has_gap and count(orders.user_id) = 0, null, count(distinct orders.user_id))
            as retained_customers,
        if(has_gap and count(orders.user_id) = 0, null, count(orders.user_id)) as orders,
        cast(
            if(has_gap and count(orders.user_id) = 0, null, coalesce(sum(orders.total_amount), 0))
            as decimal(18, 2)
        ) as sales,

        dated.last_day <= getvariable('as_of_date') and not has_gap as is_complete,
        if(
            dated.period_index = 0
            or (dated.last_day <= getvariable('as_of_date') and not has_gap),
            rate(count(distinct orders.user_id), dated.cohort_size),
            null
        ) as retention_rate
    from observed as dated
    left join orders using (period_type, cohort_period, period)
    group by
        dated.period_type,
        dated.cohort_period,
        dated.period_index,
        dated.cohort_size,
        dated.last_day,
        dated.has_gap
)

select * from final;
