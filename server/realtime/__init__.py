"""Live rooms over WebSocket: who is here, what is said, and nothing lost on the way."""
