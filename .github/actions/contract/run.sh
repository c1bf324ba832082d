#!/usr/bin/env bash
# Runs the suite of this checkout, and writes its report, the summary of the job and the exit status.
set -uo pipefail
report="$RUNNER_TEMP/contract-report"
cd "$(dirname "$0")/../../.."

# An empty variable is not the same as none.
[ -n "${OPENAI_ADMIN_KEY:-}" ] || unset OPENAI_ADMIN_KEY
read -ra arguments <<< "${ARGUMENTS:-}"
status=0
npm run --silent contract -- --base-url "$BASE_URL" --report "$report" ${arguments[@]+"${arguments[@]}"} || status=$?

{
  echo "## Contract of the OpenAI HTTP API"
  echo
  echo '```'
  if [ -f "$report/report.txt" ]; then head -c 500000 "$report/report.txt"; else echo "The suite could not run."; fi
  echo '```'
} >> "$GITHUB_STEP_SUMMARY"
echo "exit-status=$status" >> "$GITHUB_OUTPUT"
