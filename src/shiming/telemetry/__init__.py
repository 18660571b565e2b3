"""What an operator sees of a process: its log, and its figures at `/metrics`. No personal data in either."""
