{#-
Of a model with the tag `touched_cells` only touched cells are made anew: see `orchestration/process/models.py`.
Such a model is compiled twice, for all rows and for those of touched cells.
-#}
{% macro is_narrowed() -%}
    {{ return(env_var('QUTONG_NARROWED', '') == 'yes') }}
{%- endmacro %}


{#- Keeps the rows of touched cells of the relation before it; all rows in a full build. -#}
{% macro semi_join_touched_cells() -%}
{%- if is_narrowed() -%}
semi join (
    select
        indicator_code,
        region_code,
        period
    from landing.touched
    where generation > (select max(generation) from landing.built where model = '{{ model.name }}')
) as touched
    using (indicator_code, region_code, period)
{%- endif -%}
{%- endmacro %}
