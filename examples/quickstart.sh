#!/usr/bin/env bash
# Trains on handwritten digits with nothing but curl and jq: examples/quickstart.sh [SERVER]
set -euo pipefail
cd "$(dirname "$0")"
url=${1:-http://127.0.0.1:8080}
key=(${CHAINRULE_KEY:+-H "Authorization: Bearer $CHAINRULE_KEY"})
api() { curl -fsS "${key[@]}" "$@"; }

rows=$(mktemp)
trap 'rm -f "$rows"' EXIT
gzip -dc data/digits.csv.gz >"$rows"
dataset=$(api -T "$rows" -X POST "$url/v1/datasets?format=csv&header=false&target_kind=class&shape=1,8,8" | jq -r .id)
run=$(jq --arg dataset "$dataset" '.dataset = $dataset | .training.epochs = 3' digits-cnn.json |
  api -H 'Content-Type: application/json' -d @- "$url/v1/runs" | jq -r .id)

# Ends with the run.
api -N -H 'Accept: application/x-ndjson' "$url/v1/runs/$run/events" |
  jq --unbuffered -r 'select(.type == "epoch") | "epoch \(.data.epoch): loss \(.data.train_loss), accuracy \(.data.train_accuracy)"'

api "$url/v1/runs/$run" | jq -r '"\(.id) \(.state), accuracy \(.metrics.train_accuracy)"'
api -o weights.safetensors "$url/v1/runs/$run/weights"
echo "weights.safetensors holds $(wc -c <weights.safetensors) bytes"
