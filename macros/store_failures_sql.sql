{% macro store_failures_sql(failing_sql) %}
    insert into {{ source('ops', 'test_failures') }}
    select
        {{ run_id() }} as run_id,
        '{{ model.name }}' as test_name,
        to_json(struct(failing.*)) as failing_row,
        current_timestamp() as stored_timestamp
    from ({{ failing_sql }}) as failing
    limit 1000
{% endmacro %}
