-- Grain: one row per rule, gate and executor. Verdict of every rule that ran.
{{ config(tags=["quality"]) }}

select
    cast(rule_id as varchar) as rule_id,
    cast(gate as varchar) as gate,
    cast(executor as varchar) as executor,
    cast(outcome as varchar) as outcome,
    cast(checked_count as bigint) as checked_count,
    cast(unexpected_count as bigint) as unexpected_count,
    cast(undecided_count as bigint) as undecided_count
from {{ source('landing', 'validation') }}
