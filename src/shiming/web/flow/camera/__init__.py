"""Live guidance in front of the camera."""
