"""The pages of the hub for people: server-rendered, without a script; each makes its calls to actions and queries."""
