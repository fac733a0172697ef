"""The processes of `gridline serve`: one supervisor for one `var`, its Asterisk, its controller, their ports."""
