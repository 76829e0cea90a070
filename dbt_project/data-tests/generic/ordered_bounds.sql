{% test ordered_bounds(model, minimum, value, maximum) %}
  {#- Rows in which the lower bound, the value and the upper bound are out of order. -#}
  select *
  from {{ model }}
  where {{ minimum }} > {{ value }} or {{ value }} > {{ maximum }} or {{ minimum }} > {{ maximum }}
{% endtest %}
