"""The life of a deployed solution: what an update to another model does."""
