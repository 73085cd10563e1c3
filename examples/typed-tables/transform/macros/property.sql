{# The value of a property as text, as it was sent: from event_props, else from its column.

A column has the value in its type, and so as another text: an id of a float column as 1001.0. It is
null in rows that did not fit its type, and in rows that were loaded before it was declared. It is
missing where getSchema never declared the property, or does so no longer. #}
{% macro property(table, column, name) -%}
  {%- set path = '$."' ~ (name | replace("'", "''")) ~ '"' -%}
  {%- set from_props = "json_extract_string(event_props, '" ~ path ~ "')" -%}
  {%- if has_column(table, column) -%}
    coalesce({{ from_props }}, cast({{ adapter.quote(column) }} as varchar))
  {%- else -%}
    {{ from_props }}
  {%- endif -%}
{%- endmacro %}


{% macro has_column(table, column) -%}
  {%- if not execute -%}
    {{ return(false) }}
  {%- endif -%}
  {%- set names = adapter.get_columns_in_relation(source('clevertap', table)) | map(attribute='name') -%}
  {{ return(column in (names | list)) }}
{%- endmacro %}
