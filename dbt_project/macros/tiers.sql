{#- Of rows of a mart with `stock`: the exact stocks of outturns by the day at whose end they were:
    CTE `stocks`. A stock told of a month and one told of its last day are of one day. -#}
{% macro tier_stocks(rows) -%}
stocks as (
    select
        region_code,
        item,
        class_list,
        class_code,
        period_end as stock_on,
        arg_min(stock, period_kind) as stock,
        arg_min(stock_unit, period_kind) as unit,
        arg_min(stock_scope, period_kind) as scope,
        arg_min(stock_observation_id, period_kind) as observation_id,
        bool_or(is_simulated) as is_simulated
    from {{ rows }}
    where basis_family = 'outturn' and stock_qualifier = 'exact' and stock is not null
    group by region_code, item, class_list, class_code, period_end
)
{%- endmacro %}


{#- Targets of a net gain, or of a stock: CTE `targets`. -#}
{% macro tier_targets(rows) -%}
targets as (
    select
        *,
        coalesce(net_gain_unit, stock_unit) as unit
    from {{ rows }}
    where basis_family = 'target' and coalesce(net_gain, stock) is not null
)
{%- endmacro %}


{% macro same_tier(one, other) -%}
{{ one }}.region_code = {{ other }}.region_code
    and {{ one }}.item = {{ other }}.item
    and {{ same_class(one, other) }}
{%- endmacro %}


{#- What entered less what left. -#}
{% macro tier_net_gain(alias) -%}
case
    when
        {{ alias }}.basis_family = 'outturn'
        and {{ alias }}.added_qualifier = 'exact' and {{ alias }}.exited_qualifier = 'exact'
        and {{ alias }}.added_unit = {{ alias }}.exited_unit
        and {{ alias }}.added_scope = {{ alias }}.exited_scope
        then {{ alias }}.added - {{ alias }}.exited
end
{%- endmacro %}


{#- The day before another, as a date on every engine. -#}
{% macro day_before(day) -%}
cast({{ day }} - interval 1 day as date)
{%- endmacro %}
