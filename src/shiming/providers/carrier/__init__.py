"""Carriers: in whose name is a phone number registered?"""
