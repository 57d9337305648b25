{#- What makes two figures of one data set the same figure, wherever it is printed. -#}
{% macro figure_columns() -%}
{{ return([
    'data_set_id',
    'indicator_code',
    'scope',
    'region_code',
    'period',
    'period_kind',
    'basis',
    'measure',
    'price_basis',
    'breakdown',
    'figure_kind',
    'subject',
    'locality',
    'source_document',
]) }}
{%- endmacro %}


{#- What a version consists of: a delivery that changes none of it opens no version. -#}
{% macro content_columns() -%}
{{ return([
    'value',
    'unit',
    'value_printed',
    'unit_printed',
    'indicator_name_printed',
    'qualifier',
    'obs_status',
    'conf_status',
    'estimate_stage',
    'is_period_inferred',
    'is_simulated',
    'note',
]) }}
{%- endmacro %}


{#- The figures of which one is the headline: the same quantity, whoever says it. -#}
{% macro headline_columns() -%}
{{ return([
    'indicator_code',
    'scope',
    'region_code',
    'period',
    'period_kind',
    'basis',
    'measure',
    'price_basis',
    'breakdown',
    'figure_kind',
    'subject',
    'locality',
]) }}
{%- endmacro %}


{#- Figures of the district itself that may stand beside each other: what came about, in all of it.
    Forecasts, proposals, standards, things done and records are none, and neither is what belongs to
    a subject in the region or a place below it. -#}
{#- Of a table by its alias, or of the only one there is. -#}
{% macro is_own_outturn(alias=none) -%}
{{ alias ~ '.' if alias }}figure_kind = 'outturn' and {{ is_of_region(alias) }}
{%- endmacro %}


{% macro is_of_region(alias=none) -%}
{%- set own = alias ~ '.' if alias else '' -%}
{{ own }}breakdown = '_T' and {{ own }}subject = '_T' and {{ own }}locality = '_T'
{%- endmacro %}


{#- MD5 over columns; nulls count, and separators keep neighbours apart. A column that came later
    counts, with its name, only where it says something: ids of figures that it says nothing new of
    stay what they were. -#}
{% macro fingerprint(columns) -%}
{%- set later = {
    'figure_kind': "nullif(nullif(figure_kind, 'outturn'), 'target')",
    'subject': "nullif(subject, '_T')",
    'locality': "nullif(locality, '_T')",
    'note': "note",
} -%}
md5(concat_ws(
    chr(31),
    {%- for column in columns %}
    {%- if column in later %}
    '{{ column }}=' || {{ later[column] }}
    {%- else %}
    coalesce(cast({{ column }} as varchar), chr(30))
    {%- endif %}
    {{- "," if not loop.last }}
    {%- endfor %}
))
{%- endmacro %}


{#- What an id made of a hash begins with: a spreadsheet takes digits alone, or with an e among them,
    for a number, and 2e45385759841555 for an infinite one. -#}
{% macro observation_letter() -%}
{{ return("'o'") }}
{%- endmacro %}


{#-
The precedence of a figure that does not change with time, as one sortable number, lower first:
a figure before none, then grade of the source (00-99), precedence of the data set (000-999),
estimate stage (00-99), exact before any bound. `release/as_of.sql` sorts by it too.
-#}
{% macro headline_rank(value, grade_rank, precedence, stage_rank, qualifier) -%}
cast(
    case when {{ value }} is null then 100000000 else 0 end
    + least(coalesce({{ grade_rank }}, 99), 99) * 1000000
    + least(coalesce({{ precedence }}, 999), 999) * 1000
    + least(coalesce({{ stage_rank }}, 99), 99) * 10
    + case when {{ qualifier }} = 'exact' then 0 else 1 end
    as integer
)
{%- endmacro %}
