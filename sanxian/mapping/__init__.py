"""Maps without a window: how each layer is drawn, and the web map that opens without a network."""
