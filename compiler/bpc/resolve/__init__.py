"""Resolve: the files of a blueprint are linked by their imports, and every name means one thing."""
