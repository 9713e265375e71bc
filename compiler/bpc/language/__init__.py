"""What expressions mean, whatever blueprint they stand in: types, values, operators and functions."""
