"""Imports of files: a folder that stands for CleverTap's SFTP server, and for its dashboard."""
