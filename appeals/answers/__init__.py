"""Answers to applicants: letters made from templates, sent through a port, with the proof of sending kept."""
