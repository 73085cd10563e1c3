"""Numbers identical rows; what is kept of them may rest in a temporary file."""
