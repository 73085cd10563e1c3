# Source: tap-clevertap/tap_clevertap/_plugin/page_style.py; copies: `make vendor`
"""The style of every page: readable in light, in dark, and in print without colours."""

from __future__ import annotations

STYLE = """
:root {
  --ground: #fff; --text: #1b1f24; --soft: #57606a; --line: #d0d7de;
  --good: #dcf5e3; --bad: #ffd7d5; --odd: #ffe3b3; --plain: #e7ecf2; --mark: #1d4ed8;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --ground: #12161c; --text: #e8edf2; --soft: #a3afbb; --line: #3a444f;
    --good: #14422a; --bad: #7d1f22; --odd: #6a4300; --plain: #2e3742; --mark: #93c5fd;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--text);
  font: 15px/1.45 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
main { padding: 1rem 1.5rem 3rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2rem; } h3 { font-size: 1rem; }
.status { padding: .6rem .9rem; border-left: .4rem solid; background: var(--plain); }
.status.complete { background: var(--good); }
.status.failed { background: var(--bad); }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: .6rem; }
dt { color: var(--soft); font-size: .85em; } dd { margin: 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; }
th, td { border: 1px solid var(--line); padding: .15rem .35rem; text-align: left; }
th { font-weight: 600; }
.list td, .list thead th { white-space: nowrap; }
.list tbody th { overflow-wrap: anywhere; min-width: 10em; max-width: 30em; }
.n { text-align: right; font-variant-numeric: tabular-nums; }
@page { size: A4 landscape; margin: 10mm; }
@media print {
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { font-size: 9pt; }
  main { padding: 0; }
  .wide { overflow: visible; }
  thead { display: table-header-group; }
  tr { break-inside: avoid; }
}
"""
