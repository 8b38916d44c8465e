"""The chat page: Gradio Blocks that drive one conversation.

`session` joins a conversation with the store; `layout` lays the page out; `page`, `inspecting` and `library` are its
three places; `views` turns events into what is shown; `theme` and `assets/` are its looks. Importing this package
imports no Gradio.
"""
