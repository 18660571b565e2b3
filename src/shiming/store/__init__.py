"""What is kept. One file per noun; every function takes the connection whose transaction it belongs to."""
