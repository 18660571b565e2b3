"""The account: its holds, its standing, what it may do. Standing is derived, never stored."""
