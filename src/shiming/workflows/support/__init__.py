"""Appeals, tickets, uploads and mail."""
