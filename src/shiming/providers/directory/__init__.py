"""Where the house keeps its own people, and signs them in for us: one file for each way of asking."""
