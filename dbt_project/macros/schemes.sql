{#- What the figures of each member of a scheme come to: one row per scheme, member and key of a
    figure. Several figures add up only where all that the rule names are there, exact, and in one
    unit, scope and kind of prices; a single one stays what it is. -#}
{% macro scheme_members_summed() -%}
select
    scheme_code,
    position,
    region_code,
    period,
    period_start,
    period_end,
    period_kind,
    mart,
    slot,
    stage,
    basis_family,
    case
        when
            count(*) = max(cells_wanted)
            and (count(*) = 1 or bool_and(qualifier = 'exact'))
            and count(distinct comparable_key) = 1
            then sum(value)
    end as value,
    min(unit) as unit,
    case when count(*) = 1 then min(qualifier) else 'exact' end as qualifier,
    min(comparable_key) as comparable_key,
    bool_or(is_simulated) as is_simulated,
    string_agg(observation_id, ',' order by observation_id) as observation_ids
from {{ ref('int_scheme_cell') }}
group by
    scheme_code, position, region_code, period, period_start, period_end, period_kind, mart, slot,
    stage, basis_family
{%- endmacro %}


{#- Members that count some of what another one counts, by the day that both rules hold on: CTE
    `crossing`, with the names of the others. -#}
{% macro scheme_overlaps() -%}
crossing as (
    select
        members.scheme_code,
        members.position,
        members.period_end,
        string_agg(distinct names.member_zh, '、' order by names.member_zh) as overlaps_with_zh,
        string_agg(distinct names.member_en, ', ' order by names.member_en) as overlaps_with_en
    from members
    inner join {{ ref('int_scheme_overlap') }} as pairs
        on
            members.scheme_code = pairs.scheme_code
            and members.position = pairs.position
            and coalesce(members.period_end >= pairs.valid_from, true)
            and coalesce(members.period_end <= pairs.valid_to, true)
            and coalesce(members.period_end >= pairs.other_valid_from, true)
            and coalesce(members.period_end <= pairs.other_valid_to, true)
    inner join {{ source('landing', 'scheme_member') }} as names
        on
            pairs.scheme_code = names.scheme_code
            and pairs.other_position = names.sort
    group by members.scheme_code, members.position, members.period_end
)
{%- endmacro %}


{#- Why the members of a scheme have no sum; null where they have one (code list scheme_reason). -#}
{% macro scheme_refusal(alias) -%}
case
    when not {{ alias }}.is_complete then 'members_not_complete'
    when {{ alias }}.has_overlap then 'members_overlap'
    when {{ alias }}.members_counted < {{ alias }}.members_known then 'member_without_figure'
    when not {{ alias }}.is_comparable then 'not_comparable'
end
{%- endmacro %}


{% macro same_scheme_key(one, other) -%}
{{ one }}.scheme_code = {{ other }}.scheme_code
            and {{ one }}.region_code = {{ other }}.region_code
            and {{ one }}.period = {{ other }}.period
            and {{ one }}.period_kind = {{ other }}.period_kind
            and {{ one }}.mart = {{ other }}.mart
            and {{ one }}.slot = {{ other }}.slot
            and {{ one }}.stage = {{ other }}.stage
            and {{ one }}.basis_family = {{ other }}.basis_family
{%- endmacro %}
