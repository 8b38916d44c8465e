"""Long work that survives crashes: DBOS workflows around the plain functions of `tools`.

`client` starts, watches and cancels jobs; `engine` runs them in this process; `executors` finds the jobs of processes
that died. One module a kind of job. There is no queue, scheduler or watchdog of our own: those are DBOS's.
"""
