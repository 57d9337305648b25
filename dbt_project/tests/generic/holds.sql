{#- The condition holds for every row (unknown counts as broken). A failure shows `columns`. -#}
{% test holds(model, condition, columns) %}
select {{ columns | join(', ') }}
from {{ model }}
where not coalesce({{ condition }}, false)
{% endtest %}
