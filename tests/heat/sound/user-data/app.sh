#!/bin/sh
password='@password@'
@notify@ --data-binary '{"status": "SUCCESS"}'
