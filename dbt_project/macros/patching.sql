{# Builds that touch what changed only.

   A build of a large warehouse that finds project, seeds, rates and variables as they were (int_build_mode) patches:
   int_records_changed has the records that came, went or changed since, int_claims_affected the claims whose cluster
   this can move, int_commitments_affected and int_commitments_recounted the commitments that follow. A `patched` model
   then replaces these rows and leaves the others as they stand; every other model is built whole. What the rows of a
   patched model are made of has to be in those sets, whatever it reads: tests/integration/test_invariants.py compares
   patched with whole builds. #}

{% materialization patched, adapter='duckdb', supported_languages=['sql'] -%}
  {%- set target = this.incorporate(type='table') -%}
  {%- set existing = load_cached_relation(this) -%}
  {%- do drop_if_not(existing, 'table') -%}
  {{ run_hooks(pre_hooks, inside_transaction=True) }}
  {%- if is_patch() and existing is not none and existing.type == 'table' -%}
    {% call statement('main') -%}
      {%- if stale_rows() %}
      delete from {{ target }} where {{ stale_rows() }};
      {%- endif %}
      insert into {{ target }} by name (
        {{ sql }}
      );
    {%- endcall %}
    {%- if config.get('contract').enforced -%}
      {%- do refuse_repeated_keys(target, config.get('key') ~ ' in (select ' ~ config.get('key') ~ ' from intermediate.' ~ config.get('affected') ~ ')') -%}
    {%- endif -%}
  {%- else -%}
    {%- do create_whole(target, sql) -%}
  {%- endif -%}
  {{ run_hooks(post_hooks, inside_transaction=True) }}
  {% do adapter.commit() %}
  {{ return({'relations': [target]}) }}
{%- endmaterialization %}


{% macro stale_rows() -%}
  {#- Which rows of a patched model are replaced: those whose key is in its set, or what the model says itself. -#}
  {%- if config.get('affected') -%}
    {{ config.get('key') }} in (select {{ config.get('key') }} from intermediate.{{ config.get('affected') }})
  {%- else -%}
    {{ config.get('stale', '') }}
  {%- endif -%}
{%- endmacro %}


{% macro is_patch() -%}
  {#- True when this build replaces only what changed. -#}
  {%- if not execute -%}
    {%- do return(false) -%}
  {%- endif -%}
  {%- if not adapter.get_relation(target.database, 'intermediate', 'int_build_mode') -%}
    {%- do return(false) -%}
  {%- endif -%}
  {%- do return(run_query("select coalesce(bool_or(is_patch), false) from intermediate.int_build_mode").columns[0].values()[0] | as_bool) -%}
{%- endmacro %}


{% macro is_affected(affected, key, set_key=none) -%}
  {#- A condition that in a patch keeps the rows to be made anew, and otherwise all. -#}
  {%- if model.resource_type == 'unit_test' -%}
    true
  {%- else -%}
    {%- set relation = ref(affected) -%}
    {%- if is_patch() -%}
    {{ key }} in (select {{ set_key or key.split('.')[-1] }} from {{ relation }})
    {%- else -%}
    true
    {%- endif -%}
  {%- endif -%}
{%- endmacro %}


{% macro claims_of(clustered) -%}
  {#- A CTE of the claims, to be named before what reads it: in a patch those of `clustered`, fetched once, since their rows
      are wide and lie anywhere in the table; otherwise all, each reader taking the columns that it needs. -#}
  {%- set claims = ref('int_claims_resolved') -%}
  {%- if is_patch() and model.resource_type != 'unit_test' -%}
  materialized (select * from {{ claims }} semi join {{ clustered }} using (claim_id))
  {%- else -%}
  not materialized (select * from {{ claims }})
  {%- endif -%}
{%- endmacro %}


{% macro project_checksum() -%}
  {#- Changes with every model and seed; PLEDGEBOOK_PROJECT, which `pledgebook build` sets, with macros too. -#}
  {%- set parts = [env_var('PLEDGEBOOK_PROJECT', '')] -%}
  {%- if execute -%}
    {%- for node in graph.nodes.values() | sort(attribute='unique_id') if node.resource_type in ('model', 'seed') -%}
      {%- do parts.append(node.unique_id ~ node.checksum.checksum) -%}
    {%- endfor -%}
  {%- endif -%}
  {{- local_md5(parts | join('|')) -}}
{%- endmacro %}


{% macro rows_checksum(relation) -%}
  {#- Changes with every row of a table, whatever their order. -#}
  (select concat(count(*), ':', sum(cast(hash(checked) as hugeint))) from {{ relation }} as checked)
{%- endmacro %}


{% macro finish_build(results) -%}
  {#- Until every patched model has followed, the next build must not build on this one. -#}
  {%- if execute -%}
    {%- set built = [] -%}
    {%- for result in results if result.status | string in ('success', 'RunStatus.Success') -%}
      {%- do built.append(result.node.name) -%}
    {%- endfor -%}
    {%- set missing = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.config.materialized in ('patched', 'table', 'incremental') and node.name not in built -%}
      {%- do missing.append(node.name) -%}
    {%- endfor -%}
    {%- if 'int_build_mode' in built and not missing -%}
      update intermediate.int_build_mode set is_finished = true;
      {{ create_questions() }}
    {%- endif -%}
  {%- endif -%}
{%- endmacro %}
