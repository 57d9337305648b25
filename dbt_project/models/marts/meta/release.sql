-- Grain: one row: this release.
select
    release_id,
    release_time,
    policy,
    district_code,
    district_name_zh,
    district_name_en,
    code_version,
    is_simulated_inside,
    release_day,
    release_time_local,
    time_zone,
    bureau_name_zh,
    bureau_name_en,
    contact_zh,
    contact_en,
    site_address
from {{ source('landing', 'release') }}
