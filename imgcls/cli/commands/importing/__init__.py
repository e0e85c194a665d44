"""Commands that bring something in: your own images, and models that were trained elsewhere."""
