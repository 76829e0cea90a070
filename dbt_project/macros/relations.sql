{# Names in compiled SQL carry no catalog. DuckDB keeps a view as text and names a catalog after its
   file: with the catalog in it, every view would break when the file is renamed or copied, and
   Pledgebook publishes its warehouse by renaming a working copy. #}

{% macro ref() -%}
  {%- do return(builtins.ref(*varargs, **kwargs).include(database=false)) -%}
{%- endmacro %}


{% macro source() -%}
  {%- do return(builtins.source(*varargs, **kwargs).include(database=false)) -%}
{%- endmacro %}
