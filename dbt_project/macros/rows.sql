{#-
Mart rows out of `int_mart_cell`: one row per region, period, item, basis family and class of a
breakdown (`_T`: of all classes), one group of columns per slot. A model opens with

    with {{ mart_rows('schema.table', values=[…], growths=[…], has_rank=true) }}

and goes on from the CTE `rows_named`. `merged` says of a value which slots it is made of where these
are several: an item then has one of them. Where the rows of several marts are read, `mart` tells them
apart. For every value: <slot>, _unit, _qualifier, _price_basis, _scope, _reference (in the reference unit
of its _dimension: yuan, persons, square metres), _period, _status, _observation_id; for every growth: <slot>,
_qualifier, _price_basis, _scope, _period, _observation_id. A period is there where the role stands
in the row of the last year of a range (code list `last_year_role`). A rank is an integer.
-#}

{#- The figures that are shown in a mart, and what its rows are about. The tag says in the manifest
    which part of `int_mart_cell` and `int_mart_item` a model reads: where that stays what it was,
    the model need not be built again (`orchestration/steps/standing.py`). A model that names these
    tables itself reads all of them. -#}
{% macro mart_cells(mart, kinds=none, with_localities=false, with_classes=false) -%}
(select * from {{ ref('int_mart_cell') }} where {{ is_of_mart(mart) }} and is_shown
    and {{ belongs_in_mart(kinds, with_localities, with_classes) }})
{%- endmacro %}


{#- Of a mart, or of one of several. -#}
{% macro is_of_mart(marts) -%}
{%- set marts = [marts] if marts is string else marts -%}
{%- for mart in marts %}{{ config(tags=['mart:' ~ mart]) }}{% endfor -%}
mart in ('{{ marts | join("', '") }}')
{%- endmacro %}


{#- Which cells of a mart are rows of it: figures of the region itself that came about, are aimed at
    or have to hold. `kinds` names others, `with_localities` lets those of places below the region in,
    `with_classes` those of the classes of a breakdown, for a mart that has columns for them. All
    others stand in core.figure_apart. -#}
{% macro belongs_in_mart(kinds=none, with_localities=false, with_classes=false) -%}
basis_family in ('{{ (kinds or ['outturn', 'target', 'standard']) | join("', '") }}')
    and subject = '_T' {{ "" if with_localities else "and locality = '_T'" }}
    {{ "" if with_classes else "and class_code = '_T'" }}
{%- endmacro %}


{#- Marts whose rows are of all classes: what they compute sets counts of one cohort, or regions, side
    by side. Figures of classes that are sent to them stand in core.figure_apart. -#}
{% macro is_without_classes(mart) -%}
{{ mart }} in ('investment.project_pipeline', 'peers.peer_benchmark', 'plan.plan_summary')
{%- endmacro %}


{% macro mart_items(mart) -%}
(select * from {{ ref('int_mart_item') }} where {{ is_of_mart(mart) }})
{%- endmacro %}


{#- Which rows of a mart may be added up (`int_mart_summable`), by region, period, period kind, item
    and basis family: CTE `summable`. -#}
{% macro mart_summable(mart) -%}
{{ config(tags=['mart:' ~ mart]) -}}
summable as (
    select
        region_code,
        period,
        period_kind,
        item,
        basis_family,
        bool_and(is_summable) as is_summable,
        bool_or(is_whole) as is_whole
    from {{ ref('int_mart_summable') }}
    where mart = '{{ mart }}' and subject = '_T' and locality = '_T'
    group by region_code, period, period_kind, item, basis_family
)
{%- endmacro %}


{#- Joins `summable` to rows of a mart. A row of a class may not be added up: its figure is in that
    of all classes, and nothing says that the classes of a list are all there are. -#}
{% macro join_summable(alias) -%}
left join summable
    on
        {{ alias }}.region_code = summable.region_code
        and {{ alias }}.period = summable.period
        and {{ alias }}.period_kind = summable.period_kind
        and {{ alias }}.item = summable.item
        and {{ alias }}.basis_family = summable.basis_family
        and {{ alias }}.class_code = '_T'
{%- endmacro %}


{% macro mart_rows(
    mart, values=[], growths=[], has_rank=false, with_localities=false, merged={}
) -%}
cells as (
    select *
    from {{ mart_cells(mart, with_localities=with_localities, with_classes=true) }}
),

items as (
    select
        mart,
        item,
        item_name_zh,
        item_name_en,
        overlaps_with
    from {{ mart_items(mart) }}
),

topics as (
    select
        code,
        name_zh,
        name_en
    from {{ source('landing', 'code') }}
    where list = 'topic'
),

fields as (
    select
        code,
        name_zh,
        name_en
    from {{ source('landing', 'code') }}
    where list = 'field'
),

rows_printed as (
    select
        mart,
        region_code,
        region_name_zh,
        period,
        period_start,
        period_end,
        period_kind,
        item,
        basis_family,
        locality,
        class_list,
        class_code,
        any_value(class_name_zh) as class_name_zh,
        any_value(class_name_en) as class_name_en,
        nullif(min(topic), '') as topic,
        min(field) as field,
        {%- for name in values %}
        {%- set slots = merged.get(name, name) %}
        cast({{ slot('value', slots) }} as decimal(30, 8)) as {{ name }},
        {{ slot('unit', slots) }} as {{ name }}_unit,
        {{ slot('qualifier', slots) }} as {{ name }}_qualifier,
        {{ slot('price_basis', slots) }} as {{ name }}_price_basis,
        {{ slot('scope', slots) }} as {{ name }}_scope,
        {{ slot('reference_value', slots) }} as {{ name }}_reference,
        {{ slot('unit_dimension', slots) }} as {{ name }}_dimension,
        {{ slot('growth_period', slots) }} as {{ name }}_period,
        {{ slot('obs_status', slots) }} as {{ name }}_status,
        {{ slot('observation_id', slots) }} as {{ name }}_observation_id,
        {%- endfor %}
        {%- for name in growths %}
        cast({{ slot('value', name) }} as decimal(12, 4)) as {{ name }},
        {{ slot('qualifier', name) }} as {{ name }}_qualifier,
        {{ slot('price_basis', name) }} as {{ name }}_price_basis,
        {{ slot('scope', name) }} as {{ name }}_scope,
        {{ slot('growth_period', name) }} as {{ name }}_period,
        {{ slot('growth_kind', name) }} as {{ name }}_kind,
        {{ slot('observation_id', name) }} as {{ name }}_observation_id,
        {%- endfor %}
        {%- if has_rank %}
        cast({{ slot('value', 'rank') }} as integer) as rank,
        {{ slot('qualifier', 'rank') }} as rank_qualifier,
        {{ slot('observation_id', 'rank') }} as rank_observation_id,
        {{ what_is_ranked() | indent(8) }},
        {%- endif %}
        {%- if 'share' in values %}
        {{ what_is_shared() | indent(8) }},
        {%- endif %}
        bool_or(is_simulated) as is_simulated
    from cells
    group by
        mart, region_code, region_name_zh, period, period_start, period_end, period_kind, item,
        basis_family, locality, class_list, class_code
),

rows_named as (
    select
        rows_printed.*,
        items.item_name_zh,
        items.item_name_en,
        items.overlaps_with,
        topics.name_zh as topic_name_zh,
        topics.name_en as topic_name_en,
        fields.name_zh as field_name_zh,
        fields.name_en as field_name_en
    from rows_printed
    left join items
        on
            rows_printed.mart = items.mart
            and rows_printed.item = items.item
    left join topics
        on rows_printed.topic = topics.code
    left join fields
        on rows_printed.field = fields.code
)
{%- endmacro %}


{#- Of the rank of a row what is ranked, by the name of its figure, and among whom; `rank_of` is what
    is ranked where it is an indicator of its own. -#}
{% macro what_is_ranked() -%}
{{ slot('indicator_name_zh', 'rank') }} as rank_name_zh,
{{ slot('indicator_name_en', 'rank') }} as rank_name_en,
{{ slot('ranked_among', 'rank') }} as ranked_among,
{{ slot('ranked_code', 'rank') }} as rank_of
{%- endmacro %}


{#- Of the share of a row what is the share of what, by the name of its figure; `share_of` is the
    whole where it is declared. -#}
{% macro what_is_shared() -%}
{{ slot('indicator_name_zh', 'share') }} as share_name_zh,
{{ slot('indicator_name_en', 'share') }} as share_name_en,
{{ slot('whole_code', 'share') }} as share_of
{%- endmacro %}


{% macro named_columns(alias, names) -%}
{%- for name in names %}
    {{ alias }}.{{ name }}
    {{- "," if not loop.last }}
{%- endfor %}
{%- endmacro %}


{% macro about_rank(alias) -%}
{{ named_columns(alias, ['rank_name_zh', 'rank_name_en', 'ranked_among', 'rank_of']) }}
{%- endmacro %}


{% macro about_share(alias) -%}
{{ named_columns(alias, ['share_name_zh', 'share_name_en', 'share_of']) }}
{%- endmacro %}


{#- What every such mart begins with. -#}
{% macro row_keys(alias) -%}
    {{ alias }}.region_code,
    {{ alias }}.region_name_zh,
    {{ alias }}.period,
    {{ alias }}.period_start,
    {{ alias }}.period_end,
    {{ alias }}.period_kind,
    {{ alias }}.topic,
    {{ alias }}.topic_name_zh,
    {{ alias }}.topic_name_en,
    {{ alias }}.item,
    {{ alias }}.item_name_zh,
    {{ alias }}.item_name_en,
    {{ alias }}.basis_family
{%- endmacro %}


{#- What every such mart ends with: the class that a row is of, its names null where it is all of
    them; and of its main value the ends, whether it is a bound, and its status. -#}
{% macro row_class(alias=none) -%}
{%- set own = alias ~ '.' if alias else '' -%}
    {{ own }}class_list,
    {{ own }}class_code,
    {{ own }}class_name_zh,
    {{ own }}class_name_en
{%- endmacro %}


{% macro same_class(one, other) -%}
{{ one }}.class_list = {{ other }}.class_list and {{ one }}.class_code = {{ other }}.class_code
{%- endmacro %}


{% macro row_facts(alias, main) -%}
{%- set own = (alias ~ '.' if alias else '') ~ main -%}
{{ row_class(alias) }},
    case when bounds.has_low({{ own }}_qualifier) then {{ own }} end as {{ main }}_low,
    case when bounds.has_high({{ own }}_qualifier) then {{ own }} end as {{ main }}_high,
    case
        when {{ own }} is not null
            then bounds.is_lower({{ own }}_qualifier) or bounds.is_upper({{ own }}_qualifier)
    end as {{ main }}_is_bound,
    {{ own }}_status
{%- endmacro %}


{#- The printed columns of slots, as `mart_rows` made them; for growths `with_period` the range too
    that they are over. -#}
{% macro printed_values(alias, names) -%}
{%- for name in names %}
    {{ alias }}.{{ name }},
    {{ alias }}.{{ name }}_unit,
    {{ alias }}.{{ name }}_qualifier
    {{- "," if not loop.last }}
{%- endfor %}
{%- endmacro %}


{% macro printed_growths(alias, names, with_period=[]) -%}
{%- for name in names %}
    {{ alias }}.{{ name }},
    {{ alias }}.{{ name }}_qualifier,
    {{ alias }}.{{ name }}_price_basis
    {%- if name in with_period -%}
    ,
    {{ alias }}.{{ name }}_period
    {%- endif %}
    {{- "," if not loop.last }}
{%- endfor %}
{%- endmacro %}


{% macro observation_ids(alias, names) -%}
{%- for name in names %}
    {{ alias }}.{{ name }}_observation_id
    {{- "," if not loop.last }}
{%- endfor %}
{%- endmacro %}


{#- Years from the first to the last of a range such as 2020/2022. -#}
{% macro years_of(period) -%}
(try_cast(right({{ period }}, 4) as integer) - try_cast(left({{ period }}, 4) as integer))
{%- endmacro %}


{#- The level at the start of a range that level and compound growth imply. Only nominal growth
    implies one: at comparable prices the base is in other prices (domain: growth). The growth is
    printed rounded, so what two exact figures imply is approximate. -#}
{% macro base_implied_qualifier(level, growth) -%}
case
    when
        {{ level }} is null or {{ growth }} is null or {{ growth }} <= -100
        or {{ level }}_price_basis <> 'current' or {{ growth }}_price_basis <> 'current'
        then null
    when {{ level }}_qualifier = 'exact' and {{ growth }}_qualifier = 'exact' then 'approx'
    else bounds.of_ratio({{ level }}_qualifier, {{ growth }}_qualifier)
end
{%- endmacro %}


{% macro base_implied(level, growth) -%}
{{ level }} / nullif(pow(1 + {{ growth }} / 100, {{ years_of(growth ~ '_period') }}), 0)
{%- endmacro %}


{#- The qualifier of one value of a row divided by another, null where they may not be divided:
    of another scope, nothing to divide by, or negative (the algebra of bounds is for figures that
    are not). -#}
{% macro quotient_qualifier(numerator, denominator) -%}
case
    when
        {{ numerator }} >= 0 and {{ denominator }} > 0
        and {{ numerator }}_scope = {{ denominator }}_scope
        then bounds.of_quotient(
            {{ numerator }}_qualifier, {{ denominator }}_qualifier, {{ numerator }}
        )
end
{%- endmacro %}


{#- The resident population at a date, for figures per head: CTE `population`. A population
    printed for a year is that of its end. -#}
{% macro population() -%}
population as (
    select
        cells.region_code,
        cells.period_end,
        arg_min(cells.reference_value, cells.period_kind) as residents,
        arg_min(cells.qualifier, cells.period_kind) as residents_qualifier,
        arg_min(cells.scope, cells.period_kind) as residents_scope,
        arg_min(cells.observation_id, cells.period_kind) as residents_observation_id,
        bool_or(cells.is_simulated) as residents_are_simulated
    from {{ mart_cells('core.district_profile') }} as cells
    where
        cells.item = 'resident_population'
        and cells.slot = 'value'
        and cells.basis_family = 'outturn'
        and cells.period_kind in ('annual', 'point')
        and cells.unit_dimension = 'persons'
        and cells.value > 0
    group by cells.region_code, cells.period_end
)
{%- endmacro %}
