-- Grain: one row per class of a list that figures are broken down by, and one for the total.
with declared as (
    select distinct class_list
    from {{ source('landing', 'class') }}
),

figures as (
    select
        observations.breakdown as class_code,
        coalesce(
            classes.class_list, if(observations.breakdown = '_T', '_T', 'breakdown')
        ) as class_list,
        count(*) as figure_count
    from {{ ref('observation') }} as observations
    left join {{ source('landing', 'class') }} as classes
        on
            observations.data_set_id = classes.data_set_id
            and observations.breakdown = classes.code
    where observations.is_headline
    group by all
),

listed as (
    select
        codes.list as class_list,
        codes.code as class_code,
        codes.name_zh as class_name_zh,
        codes.name_en as class_name_en,
        codes.sort as position,
        codes.valid_from,
        codes.valid_to
    from {{ source('landing', 'code') }} as codes
    inner join declared
        on codes.list = declared.class_list
    union all
    select
        '_T' as class_list,
        code as class_code,
        name_zh as class_name_zh,
        name_en as class_name_en,
        0 as position,
        valid_from,
        valid_to
    from {{ source('landing', 'code') }}
    where list = 'breakdown' and code = '_T'
    union all
    -- classes of no declared list are called as their deliveries call them
    select
        class_list,
        class_code,
        class_code as class_name_zh,
        class_code as class_name_en,
        null as position,
        null as valid_from,
        null as valid_to
    from figures
    where class_list = 'breakdown'
)

select
    listed.class_list,
    listed.class_code,
    listed.class_name_zh,
    listed.class_name_en,
    case when industries.level = 'division' then 'industry' end as parent_list,
    case when industries.level = 'division' then industries.section_code end as parent_code,
    listed.valid_from,
    listed.valid_to,
    listed.position,
    coalesce(figures.figure_count, 0) as figure_count
from listed
left join figures
    on
        listed.class_list = figures.class_list
        and listed.class_code = figures.class_code
left join {{ ref('dim_industry') }} as industries
    on
        listed.class_list = industries.industry_list
        and listed.class_code = industries.industry_code
