"""Test images: galleries, one image in detail, a map, comparisons and suspected label errors."""
