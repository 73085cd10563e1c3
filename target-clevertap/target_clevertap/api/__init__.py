"""CleverTap's upload API over HTTP: one request, its retries, and how its response is read."""
