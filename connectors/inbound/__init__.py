"""What every mail channel shares: raw bytes are kept first, then read and taken in."""
