# A runner on a machine of your own, in a container. Build and start it with:
#   docker build -t cml-runner -f on-premise.Dockerfile .
#   docker run -d --restart=always --stop-timeout=21600 --gpus=all -e REPO_TOKEN -e CML_RUNNER_REPO=https://github.com/org/repo cml-runner
FROM node:24-bookworm
# What the runner programs and most jobs need.
RUN apt-get update && apt-get install -y --no-install-recommends git git-lfs jq libicu72 && rm -rf /var/lib/apt/lists/*
RUN npm install --global @org/cml-runner && useradd --create-home ci
# The process itself is the first of the container, so that a stop reaches it.
ENTRYPOINT ["cml-runner"]
CMD ["--labels=gpu", "--idle-timeout=never", "--user=ci"]
