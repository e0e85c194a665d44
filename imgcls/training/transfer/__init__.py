"""Transfer learning: backbones, feature extraction, the two-stage loop."""
