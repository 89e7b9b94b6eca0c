"""What snugly costs, as figures of one run on one machine, beside what they are compared with."""
