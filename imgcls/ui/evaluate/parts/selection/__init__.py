"""Which test images are selected, and by which filters."""
