"""What happens over time: taking in evidence, verifying, telling. Short workflows joined by rows; none waits for people."""
