"""Staff: how they sign in, who they are, what admins may do about them."""
