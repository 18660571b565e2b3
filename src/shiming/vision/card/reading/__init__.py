"""What stands on a card that was found."""
