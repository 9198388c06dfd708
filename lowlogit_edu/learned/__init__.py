"""What a learner returns, and how it is saved and exported."""
