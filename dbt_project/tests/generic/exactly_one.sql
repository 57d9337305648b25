{#- In every group of rows the condition is true exactly once. A failure shows group and number. -#}
{% test exactly_one(model, columns, condition) %}
select
    {{ columns | join(', ') }},
    count(*) as group_rows,
    count(*) filter (where {{ condition }}) as times_true
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) filter (where {{ condition }}) <> 1
{% endtest %}
