"""The ground floor of Gridline: settings, database, clock, errors; `app` wires, `cli` opens the door."""
