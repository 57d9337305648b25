{#- The district of this project with the city and the province it lies in: CTE `district`. -#}
{% macro district_and_above() -%}
district as (
    select
        releases.district_code,
        regions.parent_code as city_code,
        cities.parent_code as province_code
    from {{ source('landing', 'release') }} as releases
    left join {{ source('landing', 'region') }} as regions
        on releases.district_code = regions.region_code
    left join {{ source('landing', 'region') }} as cities
        on regions.parent_code = cities.region_code
)
{%- endmacro %}
