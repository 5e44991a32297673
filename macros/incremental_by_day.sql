{% materialization incremental_by_day, adapter='spark' %}
    {#- A table whose affected days are replaced in one commit. The adapters' own incremental models
        can't: none deletes rows that vanished, and a full refresh on Glue leaves a moment without it. -#}
    {%- set days = affected_days(config.require('affected_by'), config.get('onwards', false)) -%}
    {{ run_hooks(pre_hooks) }}
    {% call statement('main') %}
        {% if days == 'true' %}
            {{ create_table_as(false, this, sql) }}
        {% elif days == 'false' %}
            select 'no day is affected' as done
        {% else %}
            insert into {{ this }} replace where {{ days }}
            {{ sql }}
        {% endif %}
    {% endcall %}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [this.incorporate(type='table')]}) }}
{% endmaterialization %}
