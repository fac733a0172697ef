"""`gridline companies`: what is wrong with companies is told, and another one is made from the template."""
