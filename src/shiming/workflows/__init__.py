"""What happens over time: taking in, verifying, telling. Short workflows joined by rows; none waits for people."""
