-- Grain: one row. The release that is being made.
select
    cast(release_id as varchar) as release_id,
    cast(release_time as timestamp) as release_time,
    cast(policy as varchar) as policy,
    cast(district_code as varchar) as district_code,
    cast(district_name_zh as varchar) as district_name_zh,
    cast(district_name_en as varchar) as district_name_en,
    cast(code_version as varchar) as code_version,
    cast(is_simulated_inside as boolean) as is_simulated_inside
from {{ source('landing', 'release') }}
