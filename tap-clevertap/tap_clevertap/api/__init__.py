"""CleverTap's export API over HTTP: the client, the outcome of a request, and retries."""
