"""One verification over time: started, filled, verified, replayed."""
