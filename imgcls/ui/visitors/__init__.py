"""Who looks at a page, and what that changes: rights, uploads in memory, the warning of an open server."""
