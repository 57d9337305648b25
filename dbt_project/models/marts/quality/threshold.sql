-- Grain: one row per series and what its figures are held against.
select
    data_set_id,
    indicator_code,
    region_code,
    breakdown,
    figure_kind,
    subject,
    locality,
    scope,
    basis,
    price_basis,
    period_kind,
    unit,
    held_against,
    changes,
    low,
    usual,
    high,
    learnt_by,
    until as declared_until,
    nullif(reason_zh, '') as reason_zh,
    nullif(reason_en, '') as reason_en
from {{ source('landing', 'threshold') }}
