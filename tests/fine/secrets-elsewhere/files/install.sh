#!/bin/sh
password=$(cat /run/secrets/db)
export PGPASSWORD="$password"
token=`cat /run/secrets/token`
[ "$password" = "" ] && exit 1
curl --password-file /run/secrets/db "https://app:$password@host/"
app --token "$token" --password "${password}" --secret-key @/etc/key
echo "app:$password" | chpasswd
psql --set=password="$(cat /etc/shop-password)" -c "CREATE ROLE shop PASSWORD :'password'"
