{#- One slot of a mart row out of the figures that stand in it; `int_mart_cell` shows one each. -#}
{% macro slot(column, name) -%}
any_value({{ column }}) filter (where slot = '{{ name }}')
{%- endmacro %}
