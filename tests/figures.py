"""A figure of /metrics as it stands in this process."""

from __future__ import annotations

from prometheus_client import REGISTRY


def value(sample: str) -> float:
    """The sample's value; 0 before it was ever set."""
    return REGISTRY.get_sample_value(sample) or 0.0
