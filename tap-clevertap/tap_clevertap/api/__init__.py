"""CleverTap's export API over HTTP."""
