"""Where the organisation keeps its own people, and signs them in for us: one file for each way of asking."""
