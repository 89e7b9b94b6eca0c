"""What each loss of torch accepts, and the verdict on a call."""
