#!/bin/sh
# Browser tests and screenshots need Chromium; on Debian it comes as a package. Without it they say so and are skipped.
command -v chromium >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "==> installing Debian's chromium for browser tests"
  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null && exit 0
fi
echo "Chromium is missing: browser tests will be skipped. As root: apt-get install chromium"
