"""Commands that start a server: the app, the REST API, and MCP."""
