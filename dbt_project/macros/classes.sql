{#-
What a number comes to over the classes of the code list that a system is of, and what it was
before: CTE `compared`, with
<name>_in_classes (the sum, on every row), <name>_of (the printed total, else that sum),
<name>_before, <name>_before_observation_id and period_before (the last earlier period of the same
kind), each null where a figure in it is a bound or of another unit or scope.
-#}
{% macro class_compared(rows, name, list) -%}
in_classes as (
    select
        region_code,
        period,
        period_kind,
        item,
        basis_family,
        sum({{ name }}) filter (where class_list = '{{ list }}') as classes_sum,
        max({{ name }}) filter (where class_code = '_T') as total_printed,
        bool_or(is_simulated) as is_any_simulated
    from {{ rows }}
    where {{ name }} is not null and class_list in ('_T', '{{ list }}')
    group by region_code, period, period_kind, item, basis_family
    having
        bool_and({{ name }}_qualifier = 'exact')
        and count(distinct concat_ws('|', {{ name }}_unit, {{ name }}_scope)) = 1
),

earlier as (
    select
        *,
        lag(period) over previous as period_before,
        case
            when
                {{ name }}_qualifier = 'exact'
                and lag({{ name }}_qualifier) over previous = 'exact'
                and lag({{ name }}_unit) over previous = {{ name }}_unit
                and lag({{ name }}_scope) over previous = {{ name }}_scope
                then lag({{ name }}) over previous
        end as {{ name }}_before,
        lag({{ name }}_observation_id) over previous as {{ name }}_before_observation_id,
        lag(is_simulated) over previous as is_before_simulated
    from {{ rows }}
    window previous as (
        partition by
            region_code, item, class_list, class_code, basis_family, period_kind
        order by period_end asc, period_start asc
    )
),

compared as (
    select
        earlier.*,
        in_classes.classes_sum as {{ name }}_in_classes,
        coalesce(in_classes.total_printed, in_classes.classes_sum) as {{ name }}_of,
        earlier.is_simulated
        or coalesce(earlier.is_before_simulated, false)
        or coalesce(in_classes.is_any_simulated, false) as is_any_simulated
    from earlier
    left join in_classes
        on
            earlier.region_code = in_classes.region_code
            and earlier.period = in_classes.period
            and earlier.period_kind = in_classes.period_kind
            and earlier.item = in_classes.item
            and earlier.basis_family = in_classes.basis_family
)
{%- endmacro %}


{#- What `class_compared` found of a number: its change, what its classes come to on the row of the
    total, and its share. -#}
{% macro class_columns(alias, name) -%}
    {{ alias }}.period_before,
    {{ alias }}.{{ name }}_before,
    {{ alias }}.{{ name }}_before_observation_id,
    cast({{ alias }}.{{ name }} - {{ alias }}.{{ name }}_before as decimal(30, 8))
        as {{ name }}_change,
    case
        when {{ alias }}.class_code = '_T'
            then cast({{ alias }}.{{ name }}_in_classes as decimal(30, 8))
    end as {{ name }}_computed,
    case
        when {{ alias }}.class_code = '_T'
            then cast({{ alias }}.{{ name }} - {{ alias }}.{{ name }}_in_classes as decimal(30, 8))
    end as {{ name }}_difference,
    case
        when {{ alias }}.class_code <> '_T'
            then {{ as_value(percentage(alias ~ '.' ~ name, alias ~ '.' ~ name ~ '_of'), 2) }}
    end as {{ name }}_share_computed
{%- endmacro %}


{#- An amount per mu of land, in 万元 a mu, and its qualifier. -#}
{% macro per_mu_qualifier(name) -%}
case
    when {{ name }}_dimension = 'currency_cny' and land_dimension = 'area_mu'
        then {{ quotient_qualifier(name, 'land') }}
end
{%- endmacro %}


{% macro per_mu(name) -%}
{{ as_bound(
    ratio(name ~ '_reference / 10000', 'land_reference'),
    name ~ '_per_mu_computed_qualifier', 2
) }}
{%- endmacro %}
