"""What is kept how long, and erasure."""
