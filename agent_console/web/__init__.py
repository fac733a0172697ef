"""The web application's own parts: routes, security, rendering, assets."""
