"""The appeals register: numbered, timed, answered, provable."""
