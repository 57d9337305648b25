{#- The district of this project with the city and the province it lies in: CTE `district`. -#}
{% macro district_and_above() -%}
district as (
    select
        stg_release.district_code,
        regions.parent_code as city_code,
        cities.parent_code as province_code
    from {{ ref('stg_release') }} as stg_release
    left join {{ ref('stg_region') }} as regions
        on stg_release.district_code = regions.region_code
    left join {{ ref('stg_region') }} as cities
        on regions.parent_code = cities.region_code
)
{%- endmacro %}
