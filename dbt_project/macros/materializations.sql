{#-
Tables of the work database, which is private to the run and read by nobody else: dropped and made,
without the renames and backups that keep a shared table readable meanwhile. They took a third of a
build.
-#}
{% materialization table, adapter='duckdb', supported_languages=['sql'] %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks) }}
    {% call statement('clear') -%}
        drop table if exists {{ target_relation }}
    {%- endcall %}
    {% call statement('main') -%}
        {{ create_table_as(false, target_relation, sql) }}
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{% materialization view, adapter='duckdb' %}
    {%- set target_relation = this.incorporate(type='view') -%}
    {{ run_hooks(pre_hooks) }}
    {% call statement('main') -%}
        create or replace view {{ target_relation }} as ({{ sql }})
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{#-
A table of which only touched cells are made anew. A cell is an indicator of a region in a period;
`landing.touched` lists those of which a figure came, went or was read anew, by generation, and
`landing.built` up to which one each model follows them. The model narrows what it reads with
`semi_join_touched_cells`. It is made in full where it was never built, and where a table of
declarations that it reads was filled with other rows since.
-#}
{% materialization touched_cells, adapter='duckdb', supported_languages=['sql'] %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set since = followed_generation() -%}
    {{ run_hooks(pre_hooks) }}
    {% if since is none %}
        {% call statement('clear') -%}
            drop table if exists {{ target_relation }}
        {%- endcall %}
        {% call statement('main') -%}
            {{ create_table_as(false, target_relation, sql) }}
        {%- endcall %}
    {% else %}
        {% call statement('clear') -%}
            delete from {{ target_relation }} as old
            where exists (
                select 1 from landing.touched as t
                where t.generation > {{ since }}
                    and old.indicator_code = t.indicator_code
                    and old.region_code = t.region_code
                    and old.period = t.period
            )
        {%- endcall %}
        {% call statement('main') -%}
            insert into {{ target_relation }} by name
            {{ sql }}
        {%- endcall %}
    {% endif %}
    {% call statement('forget') -%}
        delete from landing.built where model = '{{ model.name }}'
    {%- endcall %}
    {% call statement('note') -%}
        insert into landing.built by name
        select
            '{{ model.name }}' as model,
            {{ latest_generation() }} as generation,
            {{ declared_digest() }} as made_from
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{#- Keeps the rows of touched cells of the relation before it; all rows in a full build. -#}
{% macro semi_join_touched_cells(relation) -%}
{%- set since = followed_generation() -%}
{%- if since is not none -%}
semi join landing.touched as touched
    on
        touched.generation > {{ since }}
        and {{ relation }}.indicator_code = touched.indicator_code
        and {{ relation }}.region_code = touched.region_code
        and {{ relation }}.period = touched.period
{%- endif -%}
{%- endmacro %}


{#- The generation up to which this model was built; none where it has to be built in full. -#}
{% macro followed_generation() -%}
    {%- if execute and this and load_relation(this) is not none -%}
        {%- set known = run_query(
            "select generation from landing.built where model = '" ~ model.name
            ~ "' and made_from = " ~ declared_digest()
        ) -%}
        {{ return(known.rows[0][0] if known.rows | length else none) }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}


{#- SQL for the generation that a model follows when it has read what it reads. -#}
{% macro latest_generation() -%}
    {%- set before = [] -%}
    {%- for node in model.depends_on.nodes if node.startswith('model.') -%}
        {%- do before.append("'" ~ node.split('.')[-1] ~ "'") -%}
    {%- endfor -%}
    {%- if before -%}
        (select min(generation) from landing.built where model in ({{ before | join(', ') }}))
    {%- else -%}
        (select coalesce(max(generation), 0) from (
            select generation from landing.touched union all select generation from landing.built
        ))
    {%- endif -%}
{%- endmacro %}


{#- SQL for the hash of the declarations that a model reads. -#}
{% macro declared_digest() -%}
    (select coalesce(md5(string_agg(digest, ' ' order by name)), '') from landing.made_from where name in (''
        {%- for node in model.depends_on.nodes if node.startswith('source.') -%}
            , '{{ node.split('.')[-1] }}'
        {%- endfor -%}
    ))
{%- endmacro %}
