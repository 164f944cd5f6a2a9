"""What was asked: requests as hospitals send them, and the studies that answer them."""
