"""The screen and the HTTP interface; the only importer of aiohttp.web."""
