#!/bin/bash
# Makes the images with diskimage-builder: build.sh [-t TYPE] [IMAGE...]; default: qcow2, and all images.
# TYPE tar is the tree alone, without partitions and a boot loader. Packages come from the mirrors that this machine's
# apt is configured for, where it is of the images' release; DIB_DISTRIBUTION_MIRROR says others. Made by bpc.
set -euo pipefail

type=qcow2
while getopts t: option; do
  case $option in
    t) type=$OPTARG ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- proxy-51baa34589f1 shop-79228d6b0f13 postgres-3f38756c7087

export ELEMENTS_PATH
ELEMENTS_PATH=$(cd "$(dirname "$0")" && pwd)/elements${ELEMENTS_PATH:+:$ELEMENTS_PATH}

mirror() { # release or one of its suites: where this machine's apt has it from
  command -v apt-get >/dev/null || return 0
  apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
    awk -v suite="$1" '$2 == suite && !found { print $1; found = 1 }'
}

bootable=(vm block-device-mbr)
[ "$type" != tar ] || bootable=()

release() { # image: sets "codename"
  case $1 in
    proxy-51baa34589f1) codename=bookworm ;;
    shop-79228d6b0f13) codename=bookworm ;;
    postgres-3f38756c7087) codename=bookworm ;;
  esac
}

for image; do
  release "$image"
  distribution=${DIB_DISTRIBUTION_MIRROR:-$(mirror "$codename")}
  security=${DIB_DEBIAN_SECURITY_MIRROR:-$(mirror "$codename-security")}
  env ${distribution:+"DIB_DISTRIBUTION_MIRROR=$distribution"} ${security:+"DIB_DEBIAN_SECURITY_MIRROR=$security"} \
    disk-image-create -n -o "$image" -t "$type" ${bootable[@]+"${bootable[@]}"} "$image"
done
