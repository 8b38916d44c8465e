"""What the agent can do; every folder here is usable from Python without the agent."""
