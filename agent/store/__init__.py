"""What the product remembers: tables, queries, migrations and the folder of files.

`repository.Store` is the way in. One module a noun holds the noun's tables and its queries; `files` keeps pictures and
documents by the hash of their bytes. SQLite by default, PostgreSQL where `REDRABBIT_DATABASE_URL` says so.
"""
