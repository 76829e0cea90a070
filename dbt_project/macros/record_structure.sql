{% macro record_structure() -%}
  {#- The shape of raw.records.record (extract/schema.py, Record), as DuckDB's from_json takes it.
      A value that does not fit its type becomes null, never an error: one odd record must not
      stop a build. Amounts are read as text and cast by `typed_money`, in a tenth of the time. -#}
  {%- set money -%}
    {"as_written":"VARCHAR","amount":"VARCHAR","amount_min":"VARCHAR","amount_max":"VARCHAR","currency":"VARCHAR","currency_is_inferred":"BOOLEAN","qualifier":"VARCHAR"}
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
  {"stage":"VARCHAR","stage_words":"VARCHAR","realis":"VARCHAR","condition":"VARCHAR","actors":[{{ actor }}],"is_joint":"BOOLEAN","shares":[{"entity_id":"VARCHAR","money":{{ money }}}],"counterpart":{{ actor }},"host":{{ actor }},"also_named":["VARCHAR"],"body":"VARCHAR","body_id":"VARCHAR","representative":"VARCHAR","inviter":"VARCHAR","requester":"VARCHAR","role":"VARCHAR","money":{{ money }},"headcount":{{ quantity }},"equipment":{{ quantity }},"personnel_types":["VARCHAR"],"aid_type":"VARCHAR","resource_types":["VARCHAR"],"finance_type":"VARCHAR","purpose":"VARCHAR","period":"VARCHAR","term":"VARCHAR","speaker":"VARCHAR","event_date":{{ date_ref }},"announcement_date":{{ date_ref }},"evidence":[{{ evidence }}],"confidence":"DOUBLE","notes":["VARCHAR"]}
{%- endmacro %}


{% macro amount_of(text) -%}
  {#- Text as decimal(38, 4), null when it is no number. DuckDB reads 18 digits a hundred times faster than 38, so
      only what does not fit is read the slow way. -#}
  coalesce(
    cast(try_cast({{ text }} as decimal(18, 4)) as decimal(38, 4)),
    case when {{ text }} is not null then try_cast({{ text }} as decimal(38, 4)) end
  )
{%- endmacro %}


{% macro typed_money(money) -%}
  {#- A struct of money with its amounts as numbers; null stays null. -#}
  case when {{ money }} is not null then {
    'as_written': {{ money }}.as_written,
    'amount': {{ amount_of(money ~ '.amount') }},
    'amount_min': {{ amount_of(money ~ '.amount_min') }},
    'amount_max': {{ amount_of(money ~ '.amount_max') }},
    'currency': {{ money }}.currency,
    'currency_is_inferred': {{ money }}.currency_is_inferred,
    'qualifier': {{ money }}.qualifier
  } end
{%- endmacro %}
