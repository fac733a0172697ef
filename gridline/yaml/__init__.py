"""YAML files that people write: read with their lines, so that a mistake is shown where it stands."""
