"""Import the user's own images: choose a source, answer its questions, check the preview, watch the import."""
