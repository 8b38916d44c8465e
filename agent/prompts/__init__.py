"""Prompts as Markdown, one file a prompt, and the templates of our own words (`wording_*.yaml`)."""
