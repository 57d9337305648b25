-- Grain: one row per declared data set.
with deliveries as (
    select
        data_set_id,
        count(*) as delivery_count,
        count(*) filter (where verdict = 'admitted') as admitted_count,
        max(delivered_on) as last_delivered_on
    from {{ source('landing', 'delivery') }}
    group by data_set_id
),

observations as (
    select
        data_set_id,
        count(*) as observation_count,
        min(known_from) as first_known_from,
        max(known_from) as last_known_from
    from {{ ref('observation') }}
    group by data_set_id
)

select
    data_sets.data_set_id,
    data_sets.title_zh,
    data_sets.title_en,
    data_sets.theme,
    data_sets.owner,
    data_sets.producer,
    nullif(data_sets.licence, '') as licence,
    data_sets.connector,
    data_sets.file_pattern,
    data_sets.cadence,
    -- as the first releases called it
    data_sets.due_en as due,
    data_sets.due_zh,
    data_sets.due_en,
    data_sets.is_simulated,
    data_sets.precedence,
    data_sets.declaration_path,
    coalesce(deliveries.delivery_count, 0) as delivery_count,
    coalesce(deliveries.admitted_count, 0) as admitted_count,
    deliveries.last_delivered_on,
    coalesce(observations.observation_count, 0) as observation_count,
    observations.first_known_from,
    observations.last_known_from,
    data_sets.due_days
from {{ source('landing', 'data_set') }} as data_sets
left join deliveries
    on data_sets.data_set_id = deliveries.data_set_id
left join observations
    on data_sets.data_set_id = observations.data_set_id
