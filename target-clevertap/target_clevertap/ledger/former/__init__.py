"""How the releases before format 3 of the ledger named a record; frozen, and never to be changed.

A name was a hash of what was sent. Conversions have changed since, so today's payload of a record
is not what its name was made of. A ledger that such a release filled is read by these modules: they
map and encode a record as commit 2f47414 did. They are used only while a ledger holds former names,
and only for the account that its file was bound to.

What CleverTap or that release refused never had a name. So the checks of limits are left out here:
a name too many is looked up and not found.
"""

from __future__ import annotations
