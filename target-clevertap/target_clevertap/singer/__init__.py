"""The input: messages, schemas and streams."""
