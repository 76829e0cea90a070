{% macro generate_schema_name(custom_schema_name, node) -%}
  {#- Schemas without a prefix: raw, seeds, staging, intermediate; marts in main. -#}
  {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
