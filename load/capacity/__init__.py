"""The capacity of a desk: the highest rate of messages at which nearly all are seen soon enough."""
