-- Grain: one row per rule, gate and executor that ran for this release.
select
    rule_id,
    gate,
    executor,
    outcome,
    checked_count,
    unexpected_count,
    undecided_count
from {{ source('landing', 'validation') }}
