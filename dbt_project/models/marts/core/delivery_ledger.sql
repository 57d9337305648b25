-- Grain: one row per data set and period that is awaited of it.
-- Plain SQL over landing: `qutong due` asks this very text of what is on record now.
with moments as (
    select release_time_local as moment
    from {{ source('landing', 'release') }}
),

arrivals as (
    select
        periods.data_set_id,
        periods.period,
        deliveries.delivery_id,
        deliveries.delivery_seq,
        deliveries.delivered_on,
        deliveries.received_at,
        deliveries.verdict,
        deliveries.refused_by,
        deliveries.reason_zh,
        deliveries.reason_en
    from {{ source('landing', 'delivery_period') }} as periods
    inner join {{ source('landing', 'delivery') }} as deliveries
        on periods.delivery_id = deliveries.delivery_id
),

came as (
    select
        data_set_id,
        period,
        count(*) as delivery_count,
        count(*) filter (where verdict = 'refused') as refused_count,
        count(*) filter (where verdict = 'admitted') as admitted_count,
        min(delivered_on) as received_on,
        min(delivered_on) filter (where verdict = 'admitted') as accepted_on,
        -- null where only its day is known
        first(received_at order by delivery_seq) as received_at,
        last(verdict order by delivery_seq) as last_verdict,
        max_by(delivery_id, delivery_seq) filter (where verdict = 'admitted') as delivery_id,
        max_by(refused_by, delivery_seq) filter (where verdict = 'refused') as refused_by,
        max_by(reason_zh, delivery_seq) filter (where verdict = 'refused') as reason_zh,
        max_by(reason_en, delivery_seq) filter (where verdict = 'refused') as reason_en
    from arrivals
    group by data_set_id, period
),

queries as (
    select
        delivery_id,
        count(*) as query_count
    from {{ source('landing', 'finding_decision') }}
    where decision = 'queried' and delivery_id <> ''
    group by delivery_id
),

told as (
    select
        awaited.data_set_id,
        data_sets.title_zh as data_set_title_zh,
        data_sets.title_en as data_set_title_en,
        data_sets.theme,
        data_sets.owner,
        awaited.period,
        awaited.label_zh as period_label_zh,
        awaited.label_en as period_label_en,
        awaited.period_end,
        awaited.stated_on,
        awaited.due_on,
        strftime(awaited.due_at, '%H:%M') as due_time,
        awaited.is_covered as is_calendar_covered,
        moments.moment,
        moments.moment > awaited.due_at as is_due,
        came.received_on,
        came.accepted_on,
        came.received_on > awaited.due_on
        or coalesce(came.received_at > awaited.due_at, false) as is_late,
        came.delivery_count,
        came.refused_count,
        came.admitted_count,
        came.last_verdict,
        came.delivery_id,
        came.refused_by,
        came.reason_zh,
        came.reason_en,
        coalesce(queries.query_count, 0) as query_count,
        feedback.kind as feedback,
        feedback.since as feedback_since
    from {{ source('landing', 'awaited') }} as awaited
    inner join {{ source('landing', 'data_set') }} as data_sets
        on awaited.data_set_id = data_sets.data_set_id
    cross join moments
    left join came
        on awaited.data_set_id = came.data_set_id and awaited.period = came.period
    left join queries
        on came.delivery_id = queries.delivery_id
    left join {{ source('landing', 'feedback') }} as feedback
        on awaited.data_set_id = feedback.data_set_id and awaited.period = feedback.period
),

stated as (
    select
        *,
        case
            when delivery_id is not null and query_count > 0 then 'in_query'
            when delivery_id is not null then 'accepted'
            when feedback = 'waived' then 'waived'
            when feedback = 'pending' then 'pending_feedback'
            when last_verdict = 'refused' then 'refused'
            when last_verdict is not null then 'received'
            when is_due then 'overdue'
            else 'awaited'
        end as state
    from told
)

select
    data_set_id,
    data_set_title_zh,
    data_set_title_en,
    theme,
    owner,
    period,
    period_label_zh,
    period_label_en,
    period_end,
    stated_on,
    due_on,
    due_time,
    is_calendar_covered,
    case when not is_calendar_covered then '节假日历未收录该年，只计周末' end as note_zh,
    case
        when not is_calendar_covered
            then 'the calendar does not cover the year: weekends alone are counted'
    end as note_en,
    state,
    is_due and state in ('overdue', 'refused') as is_overdue,
    case
        when is_due and state in ('overdue', 'refused') then date_diff('day', due_on, moment)
    end as overdue_days,
    received_on,
    accepted_on,
    coalesce(is_late, false) as is_late,
    case when is_late then date_diff('day', due_on, received_on) end as late_days,
    coalesce(delivery_count, 0) as delivery_count,
    coalesce(refused_count, 0) as refused_count,
    greatest(coalesce(admitted_count, 0) - 1, 0) as superseded_count,
    delivery_id,
    refused_by,
    reason_zh as refusal_zh,
    reason_en as refusal_en,
    query_count,
    case when state = 'pending_feedback' then feedback_since end as pending_since
from stated
