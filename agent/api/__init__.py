"""The HTTP API: `app.create_app` puts the routers together, one router a noun.

`problems` turns errors into RFC 9457 documents, `access` decides who may call, `uploads` lets images in, `artifacts`
hands files out, `limits` and `headers` guard every request.
"""
