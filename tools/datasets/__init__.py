"""The datasets tool."""
