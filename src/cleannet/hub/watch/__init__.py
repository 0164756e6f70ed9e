"""监测: What the edges send: who they are, their tallies and heartbeats."""
