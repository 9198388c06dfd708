"""How to speak with a completion server: requests, retries, what its answers mean, and what it can do."""
