{% materialization replaced_days, adapter='spark' %}
    {#- A table of which a run replaces the touched days, in one commit; all of it where it has to. The
        adapters' incremental models can't: neither deletes what vanished, one full refreshes by a gap. -#}
    {%- set days = touched_days(config.require('touched_by'), config.get('onwards', false)) -%}
    {{ run_hooks(pre_hooks) }}
    {% call statement('main') %}
        {% if days is none %}
            {{ create_table_as(false, this, sql) }}
        {% elif days == 'false' %}
            select 'no day is touched' as done
        {% else %}
            insert into {{ this }} replace where {{ days }}
            {{ sql }}
        {% endif %}
    {% endcall %}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [this.incorporate(type='table')]}) }}
{% endmaterialization %}
