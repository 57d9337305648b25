-- Grain: one row per stage. Precedence of estimate stages.
select
    cast(estimate_stage as varchar) as estimate_stage,
    cast(stage_rank as integer) as stage_rank
from {{ source('landing', 'stage_rank') }}
