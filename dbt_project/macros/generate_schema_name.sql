{#- A schema is named exactly as the folder of its models: dbt would put the target's before it. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- set folder = node.fqn[2] if node.fqn[1] == 'marts' and node.fqn | length > 3 else none -%}
    {{ (custom_schema_name or folder or target.schema) | trim }}
{%- endmacro %}
