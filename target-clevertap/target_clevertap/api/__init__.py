"""CleverTap's upload API over HTTP."""
