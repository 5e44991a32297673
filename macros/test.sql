{% materialization test, adapter='spark' %}
    {#- As the built-in one, but failing rows go to one table, ops.test_failures, and only when there
        are any: the built-in one writes a table for every test, which takes longer than the test. -#}
    {% set sample = get_limit_subquery_sql(sql, config.get('limit')) %}
    {% call statement('main', fetch_result=True) %}
        {{ get_test_sql(
            sample, config.get('fail_calc'), config.get('warn_if'), config.get('error_if'), none
        ) }}
    {% endcall %}
    {% if should_store_failures() and load_result('main')['data'][0][0] | int > 0 %}
        {% call statement('store_failures') %}
            {{ store_failures_sql(sample) }}
        {% endcall %}
    {% endif %}
    {{ return({'relations': []}) }}
{% endmaterialization %}
