"""The robot's calls to people who agreed to them: after a restoration, before planned works, about a visit."""
