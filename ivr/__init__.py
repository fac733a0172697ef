"""Runs a call: telephony, menus, actions, voice and the live board."""
