{# Tables and views are replaced in place: Pledgebook builds in a working copy that nobody reads and publishes it
   whole, so dbt's own way (build beside, rename, keep a backup, drop it) would only cost time. #}

{% materialization table, adapter='duckdb', supported_languages=['sql'] -%}
  {%- set target = this.incorporate(type='table') -%}
  {%- do drop_if_not(load_cached_relation(this), 'table') -%}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}
  {%- do create_whole(target, sql) -%}
  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {% do adapter.commit() %}
  {{ return({'relations': [target]}) }}
{%- endmaterialization %}


{% materialization view, adapter='duckdb' -%}
  {%- set target = this.incorporate(type='view') -%}
  {%- do drop_if_not(load_cached_relation(this), 'view') -%}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}
  {% call statement('main') -%}
    create or replace view {{ target }} as (
      {{ sql }}
    );
  {%- endcall %}
  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {% do adapter.commit() %}
  {{ return({'relations': [target]}) }}
{%- endmaterialization %}


{% macro create_whole(target, sql) -%}
  {#- The table anew, with the columns and keys of its contract. -#}
  {%- set is_large = config.get('contract').enforced and is_large() -%}
  {% call statement('main') -%}
    {% if config.get('contract').enforced -%}
    {{ get_assert_columns_equivalent(sql) }}
    create or replace table {{ target }} {{ table_columns(is_large) }};
    insert into {{ target }} {{ get_column_names() }} (
      {{ get_select_subquery(sql) }}
    );
    {%- else -%}
    create or replace table {{ target }} as (
      {{ sql }}
    );
    {%- endif %}
  {%- endcall %}
  {%- if is_large -%}
    {%- do refuse_repeated_keys(target) -%}
  {%- endif -%}
{%- endmacro %}


{% macro drop_if_not(existing, type) -%}
  {%- if existing is not none and existing.type != type -%}
    {%- do adapter.drop_relation(existing) -%}
  {%- endif -%}
{%- endmacro %}


{% macro is_large() -%}
  {#- True when the index of a text key would cost more than it is worth: for 500,000 rows DuckDB needs
      4 s to index a hash and 0.2 s to see that none occurs twice. -#}
  {%- set rows = run_query("select coalesce(max(estimated_size), 0) from duckdb_tables() where schema_name = 'raw' and table_name = 'records'") -%}
  {%- do return(rows.columns[0].values()[0] > var('indexed_records')) -%}
{%- endmacro %}


{% macro table_columns(without_index) -%}
  {#- The columns and constraints of the contract. Without an index, primary keys are not null only. -#}
  {%- set lines = adapter.render_raw_columns_constraints(raw_columns=model['columns']) -%}
  {%- set model_constraints = model['constraints'] -%}
  {%- if without_index -%}
    {%- set lines = lines | map('replace', ' primary key', ' not null') | list -%}
    {%- set model_constraints = model_constraints | rejectattr('type', 'equalto', 'primary_key') | list -%}
  {%- endif -%}
  ({{ (lines + adapter.render_raw_model_constraints(raw_constraints=model_constraints)) | join(',\n    ') }})
{%- endmacro %}


{% macro refuse_repeated_keys(relation, among='true') -%}
  {#- What the index of the primary key would have refused, of the rows `among` which a key may have come twice. -#}
  {%- set keys = [] -%}
  {%- for column in model['columns'].values() if 'primary_key' in (column['constraints'] | map(attribute='type') | map('string')) -%}
    {%- do keys.append(column['name']) -%}
  {%- endfor -%}
  {%- for constraint in model['constraints'] if constraint['type'] == 'primary_key' -%}
    {%- do keys.extend(constraint['columns']) -%}
  {%- endfor -%}
  {%- if keys -%}
    {%- set repeated = run_query("select count(*) from (select 1 from " ~ relation ~ " where " ~ among ~ " group by " ~ keys | join(', ') ~ " having count(*) > 1)").columns[0].values()[0] -%}
    {%- if repeated > 0 -%}
      {%- do exceptions.raise_compiler_error(repeated ~ " keys (" ~ keys | join(', ') ~ ") occur more than once in " ~ relation) -%}
    {%- endif -%}
  {%- endif -%}
{%- endmacro %}


{% macro prepare_connection() -%}
  {#- For tables of a few hundred rows further threads cost more than they do. In large ones DuckDB brings row groups
      together whenever three fit into two: of a patched table a third is then written anew, whatever the patch. -#}
  {%- if execute -%}
    {%- if not is_large() -%}
    set threads = 1
    {%- elif not is_scattered() -%}
    set max_vacuum_tasks = 0
    {%- endif -%}
  {%- endif -%}
{%- endmacro %}


{% macro is_scattered() -%}
  {#- True when bringing rows together is worth its time: a third of the claims are rows that a patch has replaced, or the
      small groups in which runs load (extract/warehouse.py) have become many. -#}
  {%- set sizes -%}
    select
      max(estimated_size) filter (where schema_name = 'intermediate' and table_name = 'int_claims_clustered'),
      max(estimated_size) filter (where schema_name = 'raw' and table_name = 'records')
    from duckdb_tables()
  {%- endset -%}
  {%- set written = run_query(sizes).rows[0] -%}
  {%- if adapter.get_relation(target.database, 'intermediate', 'int_claims_clustered') -%}
    {%- set standing = run_query('select count(*) from intermediate.int_claims_clustered').rows[0][0] -%}
    {%- if written[0] > 1.5 * standing -%}
      {%- do return(true) -%}
    {%- endif -%}
  {%- endif -%}
  {%- set groups = run_query("select count(distinct row_group_id) from pragma_storage_info('raw.records')").rows[0][0] -%}
  {%- do return(groups > 50 + written[1] / 50000) -%}
{%- endmacro %}
