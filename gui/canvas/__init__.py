"""The map: a native widget that draws layers in another thread and lets people draw on them."""
