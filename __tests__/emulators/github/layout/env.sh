#!/bin/bash
# Remembers PATH and a few variables of whoever configures the runner: .path becomes the PATH of jobs, .env their variables.

touch .env
echo "$PATH" > .path
for name in LANG JAVA_HOME ANT_HOME M2_HOME ANDROID_HOME GRADLE_HOME NVM_BIN NVM_PATH LD_LIBRARY_PATH PERL5LIB; do
    if [ -n "${!name}" ] && ! grep -q "^$name=" .env; then
        echo "$name=${!name}" >> .env
    fi
done
