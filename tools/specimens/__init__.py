"""Specimen resident ID cards of people who do not exist, and phone photos of them. A developers' tool."""
