#!/bin/sh
set -eu
export API_TOKEN='0123-4567-89ab'
