"""The style of the calendar, which a page of every kind does not have."""

from __future__ import annotations

CALENDAR_STYLE = """
.status.gap { background: var(--bad); }
.legend td:first-child { text-align: center; }
.month { font-size: 11px; font-variant-numeric: tabular-nums; white-space: nowrap; }
.month td, .month thead th { text-align: center; min-width: 2.6em; padding: .1rem .2rem; }
.month tbody th {
  position: sticky; left: 0; background: var(--ground); white-space: normal;
  overflow-wrap: anywhere; min-width: 12em; max-width: 18em;
}
.month thead th { position: sticky; top: 0; background: var(--ground); }
section { content-visibility: auto; contain-intrinsic-size: auto calc(var(--lines) * 20px); }
td.proved { background: var(--good); }
td.gap { background: var(--bad); font-weight: 700; outline: 2px solid; outline-offset: -2px; }
td.surplus { background: var(--odd); font-weight: 700; }
td.unproved { background: var(--plain); }
td.open { font-style: italic; border-style: dashed; }
td.late { box-shadow: inset 0 -3px var(--mark); }
@media print {
  section { content-visibility: visible; }
  .month { font-size: 5.5pt; table-layout: fixed; width: 100%; }
  .month col.name { width: 14%; }
  .month td, .month thead th { min-width: 0; padding: .3pt; white-space: normal; }
  .month tbody th { min-width: 0; max-width: none; }
  .month thead th, .month tbody th { position: static; }
}
"""
