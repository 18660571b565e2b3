"""Banks: whose is a card, and which phone number was left with the bank?"""
