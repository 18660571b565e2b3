"""Events, policy versions, and history as a query."""
