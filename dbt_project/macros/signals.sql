{#- A number with its sign turned off, and one word for falling or rising, in a sentence. -#}
{% macro plain_size(value) -%}{{ plain('abs(' ~ value ~ ')') }}{%- endmacro %}
