{#- Schemas are named exactly as a model's folder says; dbt would put the target's before it. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
