#!/bin/bash
# Saves the database to the NFS server, as the account that owns the folder there; keeps fourteen days.
set -euo pipefail
folder=/srv/exports/backup
cd /
as_nobody() { setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"; }
name=$folder/$DATABASE-$(date +%F).sql.gz
mariadb-dump --defaults-extra-file=/etc/backup.cnf --single-transaction "$DATABASE" | gzip | as_nobody tee "$name.part" >/dev/null
as_nobody mv "$name.part" "$name"
as_nobody find "$folder" -name '*.sql.gz' -mtime +14 -delete
