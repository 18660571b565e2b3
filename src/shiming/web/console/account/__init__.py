"""Finding an account, and all that is known of it."""
