"""The style of a page: readable in light, in dark, and in print without colours."""

from __future__ import annotations

STYLE = """
:root {
  --ground: #fff; --text: #1b1f24; --soft: #57606a; --line: #d0d7de;
  --proved: #dcf5e3; --gap: #ffd7d5; --surplus: #ffe3b3; --unproved: #e7ecf2; --late: #1d4ed8;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --ground: #12161c; --text: #e8edf2; --soft: #a3afbb; --line: #3a444f;
    --proved: #14422a; --gap: #7d1f22; --surplus: #6a4300; --unproved: #2e3742; --late: #93c5fd;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--text);
  font: 15px/1.45 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
main { padding: 1rem 1.5rem 3rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2rem; } h3 { font-size: 1rem; }
.status { padding: .6rem .9rem; border-left: .4rem solid; background: var(--unproved); }
.status.complete { background: var(--proved); }
.status.gap, .status.failed { background: var(--gap); }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: .6rem; }
dt { color: var(--soft); font-size: .85em; } dd { margin: 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; }
th, td { border: 1px solid var(--line); padding: .15rem .35rem; text-align: left; }
th { font-weight: 600; }
.list td, .list thead th { white-space: nowrap; }
.list tbody th { overflow-wrap: anywhere; min-width: 10em; max-width: 30em; }
.n { text-align: right; font-variant-numeric: tabular-nums; }
.legend td:first-child { text-align: center; }
.month { font-size: 11px; font-variant-numeric: tabular-nums; white-space: nowrap; }
.month td, .month thead th { text-align: center; min-width: 2.6em; padding: .1rem .2rem; }
.month tbody th {
  position: sticky; left: 0; background: var(--ground); white-space: normal;
  overflow-wrap: anywhere; min-width: 12em; max-width: 18em;
}
.month thead th { position: sticky; top: 0; background: var(--ground); }
section { content-visibility: auto; contain-intrinsic-size: auto calc(var(--lines) * 20px); }
td.proved { background: var(--proved); }
td.gap { background: var(--gap); font-weight: 700; outline: 2px solid; outline-offset: -2px; }
td.surplus { background: var(--surplus); font-weight: 700; }
td.unproved { background: var(--unproved); }
td.open { font-style: italic; border-style: dashed; }
td.late { box-shadow: inset 0 -3px var(--late); }
@page { size: A4 landscape; margin: 10mm; }
@media print {
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { font-size: 9pt; }
  main { padding: 0; }
  .wide { overflow: visible; }
  section { content-visibility: visible; }
  .month { font-size: 5.5pt; table-layout: fixed; width: 100%; }
  .month col.name { width: 14%; }
  .month td, .month thead th { min-width: 0; padding: .3pt; white-space: normal; }
  .month tbody th { min-width: 0; max-width: none; }
  .month thead th, .month tbody th { position: static; }
  thead { display: table-header-group; }
  tr { break-inside: avoid; }
}
"""
