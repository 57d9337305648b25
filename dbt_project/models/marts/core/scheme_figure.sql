-- Grain: one row per scheme, member (0: the whole), period, period kind, mart, role, stage and
-- basis family.
--
-- The whole has a sum only where its members are declared complete, each has figures, and none
-- counts what another one does; otherwise the reason stands there.
with members as (
    {{ scheme_members_summed() | indent(4) }}
),

{{ scheme_overlaps() }},

known as (
    select
        scheme_code,
        count(*) as members_known
    from {{ source('landing', 'scheme_member') }}
    group by scheme_code
),

complete as (
    select distinct
        scheme_code,
        valid_from,
        valid_to
    from {{ source('landing', 'scheme_cell') }}
    where is_complete
),

-- Of every key in which some member, or the whole, has a figure.
wholes as (
    select
        members.scheme_code,
        members.region_code,
        members.period,
        members.period_start,
        members.period_end,
        members.period_kind,
        members.mart,
        members.slot,
        members.stage,
        members.basis_family,
        max(known.members_known) as members_known,
        count(members.value) filter (where members.position > 0) as members_counted,
        sum(members.value) filter (where members.position > 0) as members_sum,
        coalesce(bool_and(members.qualifier = 'exact') filter (where members.position > 0), false)
        and count(distinct members.comparable_key) filter (where members.position > 0) = 1
            as is_comparable,
        bool_or(complete.scheme_code is not null) as is_complete,
        bool_or(crossing.position is not null) as has_overlap,
        min(members.unit) as unit,
        bool_or(members.is_simulated) as is_simulated,
        string_agg(members.observation_ids, ',' order by members.position) as observation_ids
    from members
    left join known
        on members.scheme_code = known.scheme_code
    left join crossing
        on
            members.scheme_code = crossing.scheme_code
            and members.position = crossing.position
            and members.period_end = crossing.period_end
    left join complete
        on
            members.scheme_code = complete.scheme_code
            and coalesce(members.period_end >= complete.valid_from, true)
            and coalesce(members.period_end <= complete.valid_to, true)
    group by
        members.scheme_code, members.region_code, members.period, members.period_start,
        members.period_end, members.period_kind, members.mart, members.slot, members.stage,
        members.basis_family
),

reasoned as (
    select
        wholes.*,
        {{ scheme_refusal('wholes') | indent(8) }} as reason
    from wholes
),

lines as (
    select
        reasoned.scheme_code,
        0 as position,
        reasoned.region_code,
        reasoned.period,
        reasoned.period_start,
        reasoned.period_end,
        reasoned.period_kind,
        reasoned.mart,
        reasoned.slot,
        reasoned.stage,
        reasoned.basis_family,
        printed.value,
        printed.qualifier,
        coalesce(printed.unit, reasoned.unit) as unit,
        case when reasoned.reason is null then reasoned.members_sum end as value_computed,
        reasoned.members_known,
        reasoned.members_counted,
        reasoned.reason,
        reasoned.is_simulated,
        reasoned.observation_ids
    from reasoned
    left join members as printed
        on
            printed.position = 0
            and {{ same_scheme_key('reasoned', 'printed') }}
    union all
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
        value,
        qualifier,
        unit,
        null as value_computed,
        null as members_known,
        null as members_counted,
        case when value is null then 'member_without_figure' end as reason,
        is_simulated,
        observation_ids
    from members
    where position > 0
)

select
    lines.scheme_code,
    schemes.name_zh as scheme_name_zh,
    schemes.name_en as scheme_name_en,
    cast(lines.position as integer) as position,
    member_names.member_zh as member_name_zh,
    member_names.member_en as member_name_en,
    lines.region_code,
    regions.region_name_zh,
    lines.period,
    lines.period_start,
    lines.period_end,
    lines.period_kind,
    lines.mart,
    lines.slot as role,
    lines.stage,
    lines.basis_family,
    cast(lines.value as decimal(30, 8)) as value,
    lines.unit as value_unit,
    lines.qualifier as value_qualifier,
    cast(lines.value_computed as decimal(30, 8)) as value_computed,
    case
        when lines.qualifier = 'exact'
            then cast(lines.value - lines.value_computed as decimal(30, 8))
    end as value_difference,
    cast(lines.members_known as integer) as members_known,
    cast(lines.members_counted as integer) as members_counted,
    crossing.overlaps_with_zh,
    crossing.overlaps_with_en,
    lines.reason,
    reasons.name_zh as reason_zh,
    reasons.name_en as reason_en,
    lines.is_simulated,
    lines.observation_ids,
    {{ calendar_parts('lines') }}
from lines
inner join {{ source('landing', 'scheme') }} as schemes
    on lines.scheme_code = schemes.scheme_code
left join {{ source('landing', 'scheme_member') }} as member_names
    on
        lines.scheme_code = member_names.scheme_code
        and lines.position = member_names.sort
left join {{ source('landing', 'region') }} as regions
    on lines.region_code = regions.region_code
left join {{ source('landing', 'code') }} as reasons
    on lines.reason = reasons.code and reasons.list = 'scheme_reason'
left join crossing
    on
        lines.scheme_code = crossing.scheme_code
        and lines.position = crossing.position
        and lines.period_end = crossing.period_end
