"""How the installation does: facts for whoever runs it."""
