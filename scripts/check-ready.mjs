// Lints the Dockerfile, the compose file, the action, the workflow and the devcontainer, runs the action's script against the
// emulator, and what the compose file starts. It builds no image, because that needs a registry of images. Compares the hash of
// pnpm, which corepack checks, with the registry's.
import { execFileSync, spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parse } from "yaml"
import { checkCompose } from "./compose.mjs"
import { install } from "./install.mjs"
import { pinned, pinnedHash } from "./pnpm.mjs"

const linters = join(
  install("ready", {
    dependencies: {
      "@action-validator/cli": "0.6.0",
      "@action-validator/core": "0.6.0",
      "dclint": "3.1.0",
      "dockerfile-utils": "0.16.3"
    }
  }),
  "node_modules",
  ".bin"
)
const lint = (linter, ...args) => execFileSync(join(linters, linter), args, { stdio: "inherit" })
const assert = (condition, message) => {
  if (!condition) throw new Error(message)
}

const action = ".github/actions/contract/action.yml"
lint("dockerfile-utils", "lint", "packages/emulator/docker/Dockerfile")
lint("dclint", "--max-warnings", "0", "packages/emulator/docker/compose.yaml")
lint("action-validator", action)
lint("action-validator", ".github/workflows/contract.yml")
const { image, postCreateCommand } = JSON.parse(readFileSync(".devcontainer/devcontainer.json", "utf8"))
assert(image && postCreateCommand, "The devcontainer has no image, or installs nothing")
const { runs } = parse(readFileSync(action, "utf8"))
assert(runs.steps.some(({ run }) => run?.includes("run.sh")), "The action does not run its script")

const [algorithm, hash] = execFileSync("npm", ["view", pinned, "dist.integrity"], { encoding: "utf8" }).trim().split(
  "-"
)
const published = `${algorithm}.${Buffer.from(hash, "base64").toString("hex")}`
assert(pinnedHash === published, `packageManager pins the hash ${pinnedHash} of ${pinned}, which has ${published}`)

const folder = mkdtempSync(join(tmpdir(), "action-"))
const emulator = spawn("npm", ["run", "--silent", "emulator", "--", "--port", "0"], {
  stdio: ["ignore", "pipe", "inherit"],
  detached: true
})
try {
  const baseUrl = await new Promise((resolve, reject) => {
    let output = ""
    emulator.on("exit", () => reject(new Error(`The emulator ended: ${output}`)))
    emulator.stdout.on("data", (chunk) => {
      output += chunk
      const url = /http:\/\/127\.0\.0\.1:\d+\/v1/.exec(output)?.[0]
      if (url !== undefined) resolve(url)
    })
  })
  const runAction = (args, url = baseUrl) => {
    const files = { GITHUB_OUTPUT: join(folder, "output"), GITHUB_STEP_SUMMARY: join(folder, "summary") }
    for (const file of Object.values(files)) rmSync(file, { force: true })
    execFileSync(".github/actions/contract/run.sh", {
      env: {
        ...process.env,
        ...files,
        RUNNER_TEMP: folder,
        BASE_URL: url,
        OPENAI_API_KEY: "sk-test",
        OPENAI_ADMIN_KEY: "",
        ARGUMENTS: args
      },
      stdio: "ignore"
    })
    return Object.values(files).map((file) => readFileSync(file, "utf8"))
  }
  const [passed, summary] = runAction("--only models/list")
  assert(passed === "exit-status=0\n" && summary.includes("passed"), `The action reports ${passed}: ${summary}`)
  const [unreachable] = runAction("--only models/list", "http://127.0.0.1:1/v1")
  assert(unreachable === "exit-status=2\n", `The action reports ${unreachable} for a server that can't be reached`)
} finally {
  process.kill(-emulator.pid)
  rmSync(folder, { recursive: true })
}
console.log(await checkCompose())
console.log(
  "The Dockerfile, the compose file, the action, the workflow and the devcontainer are valid, pnpm has its hash, and the " +
    "action runs"
)
// The server of the database ends with this process.
process.exit(0)
