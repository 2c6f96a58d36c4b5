#!/bin/bash
# The official one installs what .NET needs, and insists on root.

if [ "$(id -u)" -ne 0 ]; then
    echo "Need to run with sudo privilege"
    exit 1
fi
if command -v apt-get > /dev/null; then
    apt-get update && apt-get install -y libkrb5-3 zlib1g libicu72
fi
