"""Appeals, tickets, and mail that came in."""
