"""The wall round Asterisk: AGI, AMI, quoting, typed events; the only importer of panoramisk and pyst2."""
