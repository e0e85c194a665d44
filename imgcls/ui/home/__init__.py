"""The Home page: three entry points and the latest runs."""
