"""Renders Kamailio's files, which stands before several nodes, and runs it where a test needs one."""
