{#- One slot of a mart row out of the figures that stand in it; `int_mart_cell` shows one each. -#}
{% macro slot(column, name) -%}
any_value({{ column }}) filter (where {{ is_slot(name) }})
{%- endmacro %}


{#- Whether a figure stands in a slot, or in one of several. The tag says in the manifest which slots
    a mart shows: a role that has none is named when a declaration is read, not after a run. -#}
{% macro is_slot(names) -%}
{%- set names = [names] if names is string else names -%}
{%- for name in names %}{{ config(tags=['slot:' ~ name]) }}{% endfor -%}
{%- if names | length == 1 -%}slot = '{{ names[0] }}'
{%- else -%}slot in ('{{ names | join("', '") }}')
{%- endif -%}
{%- endmacro %}
