"""The dispatcher's page, assembled: reports, proposals, outages, and what callers will hear of a step."""
