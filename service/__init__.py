"""The front door: the command line, the supervisor, the controller that wires everything, the doctor."""
