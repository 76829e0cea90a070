{% macro record_structure() -%}
  {#- The shape of raw.records.record (extract/schema.py, Record), as DuckDB's from_json takes it.
      A value that does not fit its type becomes null, never an error: one odd record must not
      stop a build. -#}
  {%- set money -%}
    {"as_written":"VARCHAR","amount":"DECIMAL(38,4)","amount_min":"DECIMAL(38,4)","amount_max":"DECIMAL(38,4)","currency":"VARCHAR","currency_is_inferred":"BOOLEAN","qualifier":"VARCHAR"}
  {%- endset -%}
  {%- set actor -%}
    {"name":"VARCHAR","type":"VARCHAR","entity_id":"VARCHAR","code":"VARCHAR","is_resolved":"BOOLEAN","on_behalf_of":"VARCHAR"}
  {%- endset -%}
  {%- set quantity -%}
    {"as_written":"VARCHAR","value":"BIGINT","minimum":"BIGINT","maximum":"BIGINT","qualifier":"VARCHAR"}
  {%- endset -%}
  {%- set date_ref -%}
    {"expression":"VARCHAR","value":"DATE","precision":"VARCHAR","basis":"VARCHAR"}
  {%- endset -%}
  {%- set evidence -%}
    {"quote":"VARCHAR","start":"BIGINT","end":"BIGINT","alignment":"VARCHAR"}
  {%- endset -%}
  {"stage":"VARCHAR","stage_words":"VARCHAR","realis":"VARCHAR","condition":"VARCHAR","actors":[{{ actor }}],"is_joint":"BOOLEAN","shares":[{"entity_id":"VARCHAR","money":{{ money }}}],"counterpart":{{ actor }},"host":{{ actor }},"body":"VARCHAR","body_id":"VARCHAR","representative":"VARCHAR","inviter":"VARCHAR","requester":"VARCHAR","role":"VARCHAR","money":{{ money }},"headcount":{{ quantity }},"equipment":{{ quantity }},"personnel_types":["VARCHAR"],"aid_type":"VARCHAR","resource_types":["VARCHAR"],"finance_type":"VARCHAR","purpose":"VARCHAR","period":"VARCHAR","term":"VARCHAR","speaker":"VARCHAR","event_date":{{ date_ref }},"announcement_date":{{ date_ref }},"evidence":[{{ evidence }}],"confidence":"DOUBLE","notes":["VARCHAR"]}
{%- endmacro %}
