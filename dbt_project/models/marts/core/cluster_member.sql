-- Grain: one row per cluster, industry that a document counts to it, and beginning.
select
    members.scheme_code || '-' || members.sort as cluster_code,
    clusters.cluster_name_zh,
    clusters.cluster_name_en,
    members.industry_list,
    members.industry_code,
    industries.industry_name_zh,
    industries.industry_name_en,
    members.valid_from,
    members.valid_to,
    members.document as source_document,
    members.section as source_place
from {{ source('landing', 'cluster_member') }} as members
inner join {{ ref('dim_cluster') }} as clusters
    on members.scheme_code || '-' || members.sort = clusters.cluster_code
left join {{ ref('dim_industry') }} as industries
    on
        members.industry_list = industries.industry_list
        and members.industry_code = industries.industry_code
