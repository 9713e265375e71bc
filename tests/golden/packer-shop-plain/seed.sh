#!/bin/sh
# Makes the key with which Packer enters the machines that it makes images of, and the user data that lets it in.
# No image keeps any of it. Made by bpc.
set -eu
cd "$(dirname "$0")"
[ -e key ] || ssh-keygen -q -t ed25519 -N '' -C packer -f key
mkdir -p seed
echo 'instance-id: bpc-packer' >seed/meta-data
cat >seed/user-data <<END
#cloud-config
disable_root: false
users: []
preserve_hostname: true
ssh_authorized_keys:
  - $(cat key.pub)
END
