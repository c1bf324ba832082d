// Checks Prism, a mock server for OpenAPI documents, against the contract. Prism serves this repository's OpenAPI document.
// Options are those of the contract suite. Prism is installed once into a separate folder, and is not a dependency.
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { writeFileSync } from "node:fs"
import { createServer, request } from "node:http"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { install } from "./install.mjs"

const root = fileURLToPath(new URL("..", import.meta.url))
const folder = install("prism", { dependencies: { "@stoplight/prism-cli": "5.14.2" } })
const prism = join(folder, "node_modules", "@stoplight", "prism-cli", "dist", "index.js")
const document = join(folder, "openapi.json")

const tsx = (...args) => [process.execPath, ["--import", "tsx", ...args]]
writeFileSync(document, execFileSync(...tsx("packages/core/scripts/openapi.ts"), { cwd: root }))

const listen = async (server) => {
  await once(server.listen(0, "127.0.0.1"), "listening")
  return server.address().port
}
const unused = createServer()
const port = await listen(unused)
unused.close()

let ended = false
let server
/** Starts Prism, and restarts it when a request has ended its process. Resolves when it listens. */
const start = () =>
  new Promise((resolve, reject) => {
    let errors = ""
    server = spawn(process.execPath, [prism, "mock", document, "--host", "127.0.0.1", "--port", String(port)], {
      stdio: ["ignore", "pipe", "pipe"]
    })
    server.stdout.on("data", (chunk) => String(chunk).includes("Prism is listening") && resolve(true))
    server.stderr.on("data", (chunk) => errors += chunk)
    server.on("exit", () => {
      reject(new Error(`Prism did not start: ${errors}`))
      if (ended) return
      console.error(`A request ended Prism's process: ${/^\w*Error: .*$/m.exec(errors)?.[0] ?? "no error message"}`)
      ready = start()
    })
  })
let ready = start()
await ready

// Requests wait while Prism starts, so that only the request that ended its process fails.
const gate = createServer(async (incoming, outcome) => {
  await ready
  const { headers, method, url: path } = incoming
  const outgoing = request({ host: "127.0.0.1", port, method, path, headers }, (response) => {
    outcome.writeHead(response.statusCode, response.headers)
    response.pipe(outcome)
  })
  outgoing.on("error", () => outcome.destroy())
  incoming.pipe(outgoing)
})
const gatePort = await listen(gate)

const suite = spawn(
  ...tsx(
    "packages/contract-tests/src/bin.ts",
    "--base-url",
    `http://127.0.0.1:${gatePort}`,
    "--api-key",
    "sk-contract-tests-0123456789",
    // Prism does not store objects.
    "--without",
    "stateful",
    ...process.argv.slice(2)
  ),
  { cwd: root, stdio: "inherit" }
)
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => suite.kill(signal))
const [status] = await once(suite, "close")
ended = true
server.kill()
gate.close()
gate.closeAllConnections()
process.exitCode = status ?? 2
