"""Images and drawings: loading, preparing, finding handwriting."""
