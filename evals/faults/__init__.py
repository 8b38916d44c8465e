"""Jobs under SIGKILL, a failing provider and a stopped database: is anything lost, done twice or paid for twice?

`cluster` is a PostgreSQL of our own that may be stopped; `processes` starts and kills the API, the workers and the
emulator of fal.ai; `load` puts jobs in through the API; `audit` counts what is there afterwards. `main` plays it all.
"""
