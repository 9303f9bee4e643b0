"""Pictures and films without an explorer. The decoder is passed in: nothing here loads JAX or knows the app."""
