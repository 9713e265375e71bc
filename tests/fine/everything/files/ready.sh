#!/bin/sh
test -n "$WORD"
