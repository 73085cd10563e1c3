"""The style of a report's charts and texts, which a page of every kind does not have."""

from __future__ import annotations

CHART_STYLE = """
.status.rejects { background: var(--odd); }
.status.interrupted { background: var(--odd); }
.list td:not(.n) { white-space: normal; max-width: 34em; }
figure { margin: 0 0 1rem; max-width: 60rem; }
figcaption { color: var(--soft); }
svg { width: 100%; height: 9rem; border-bottom: 1px solid var(--text); }
rect { fill: var(--mark); }
summary { cursor: pointer; }
summary:focus-visible { outline: 2px solid var(--mark); }
"""
