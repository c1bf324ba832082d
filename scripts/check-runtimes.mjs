// Runs the packed packages in each runtime whose binary is an npm package, and in an installed Chromium. Compares the results
// with RUNTIMES.md, which `-- --update` writes. Other arguments select runtimes, such as `node-22 bun`: then the results are
// only printed. It needs the registry.
import { execFileSync, spawn } from "node:child_process"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { join, resolve } from "node:path"
import { onExit, project, readmeOf, run, serveRegistry, startEmulator } from "./packed.mjs"
import { names, runtime } from "./runtimes.mjs"

const file = "RUNTIMES.md"
const timeout = 180_000
const selected = process.argv.slice(2).filter((argument) => argument !== "--update")
for (const name of selected) {
  if (![...names, "chromium"].includes(name)) throw new Error(`${name} is not one of: ${names.join(", ")}, chromium`)
}

// -----------------------------------------------------------------------------
// programs
// -----------------------------------------------------------------------------

/** What is run: a program, or a command of a package. */
const columns = {
  core: "core",
  fetch: "client over fetch",
  undici: "client over undici",
  ai: "ai",
  emulator: "emulator in process",
  server: "emulator over HTTP",
  suite: "contract-tests by replay"
}
const programs = ["core", "fetch", "undici", "ai", "emulator"]

/** Programs as modules that import the packages, and as bundles for runtimes that have no packages. */
const folder = project("runtimes", await serveRegistry())
const packages = ["core", "client", "emulator", "ai", "contract-tests"].flatMap((name) => readmeOf(name).packages)
await run(folder, "npm", ["install", ...new Set(packages), "undici@7.30.2", "esbuild@0.28.2"])
const sources = resolve("examples/src/runtimes")
const esbuild = (...args) => run(folder, join(folder, "node_modules", ".bin", "esbuild"), args)
await esbuild(...["calls", ...programs].map((name) => join(sources, `${name}.ts`)), "--outdir=.")
for (const name of programs) {
  writeFileSync(
    join(folder, `run-${name}.js`),
    `import { check } from "./${name}.js"\nawait check(process.env.BASE_URL)\n`
  )
  writeFileSync(
    join(folder, `worker-${name}.js`),
    `import { check } from "./${name}.js"\nexport default { test: (_, { BASE_URL }) => check(BASE_URL) }\n`
  )
  writeFileSync(
    join(folder, `page-${name}.js`),
    `import { check } from "./${name}.js"
const send = (body) => fetch("/result", { method: "POST", body })
check(new URLSearchParams(location.search).get("server")).then(() => send(""), (error) => send(error.message))
`
  )
}
const bin = (name) => `node_modules/@effect-openai/${name}/dist/bin.js`

/** Starts the emulator in a runtime. */
const startServer = ({ args, binary }) => startEmulator(folder, binary, [...args, bin("emulator")])

const { url: baseUrl } = await startServer({ args: [], binary: process.execPath })

// -----------------------------------------------------------------------------
// runtimes
// -----------------------------------------------------------------------------

/** A runtime with packages: Node, and those that do as Node does. */
const asNode = (self) => {
  const runFile = (file, args = [], env = {}) =>
    run(folder, self.binary, [...self.args, file, ...args], env, { timeout })
  const program = (name, env = { BASE_URL: baseUrl }) => runFile(`run-${name}.js`, [], env)
  return {
    ...Object.fromEntries(programs.map((name) => [name, () => program(name)])),
    server: async () => {
      const server = await startServer(self)
      try {
        await program("fetch", { BASE_URL: server.url })
      } finally {
        server.stop()
      }
    },
    suite: async () => {
      const output = await runFile(bin("contract-tests"), ["--target", "replay"])
      if (!/[1-9]\d* passed/.test(output)) throw new Error(`The suite ran nothing\n${output}`)
    }
  }
}

const bundle = (entry, ...args) =>
  esbuild(`${entry}.js`, "--bundle", "--format=esm", `--outfile=${entry}.bundle.js`, "--log-level=error", ...args)

/** Reasons that hold by design. */
const noSockets = { reason: "undici needs the sockets of Node" }
const noServer = { reason: "A Worker and a page do not listen on a port" }
const noMocks = { reason: "The replay is by `nock`, which replaces the HTTP clients of Node" }

/** A Worker: a bundle in workerd. The emulator needs the flag `nodejs_compat`, the other packages need nothing. */
const asWorker = ({ args, binary }) => {
  const program = (name, flags = []) => async () => {
    await bundle(`worker-${name}`, "--conditions=workerd,worker", "--external:node:*")
    writeFileSync(
      join(folder, `${name}.capnp`),
      `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [
  (name = "main", worker = (
    modules = [(name = "worker", esModule = embed "worker-${name}.bundle.js")],
    compatibilityDate = "2026-01-01",
    compatibilityFlags = ${JSON.stringify(flags)},
    bindings = [(name = "BASE_URL", text = "${baseUrl}")]
  )),
  (name = "internet", network = (allow = ["local", "private", "public"]))
]);
`
    )
    await run(folder, binary, [...args, `${name}.capnp`], {}, { timeout })
  }
  return {
    core: program("core"),
    fetch: program("fetch"),
    undici: noSockets,
    ai: program("ai"),
    emulator: program("emulator", ["nodejs_compat"]),
    server: noServer,
    suite: noMocks
  }
}

/** A page: a bundle in a browser, which posts its result. */
const asPage = ({ binary }) => {
  const program = (name) => async () => {
    await bundle(`page-${name}`)
    let finish
    const result = new Promise((resolve) => finish = resolve)
    const server = createServer((request, response) => {
      if (request.url === "/result") {
        let body = ""
        request.on("data", (chunk) => body += chunk).on("end", () => finish(body))
        return response.end()
      }
      const isScript = request.url === "/script.js"
      response.setHeader("content-type", isScript ? "text/javascript" : "text/html")
      response.end(
        isScript ? readFileSync(join(folder, `page-${name}.bundle.js`)) : "<script type=module src=/script.js></script>"
      )
    }).listen(0, "127.0.0.1")
    await new Promise((resolve) => server.on("listening", resolve))
    const browser = spawn(binary, [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      "--disable-background-networking",
      `--user-data-dir=${join(folder, `profile-${name}`)}`,
      `http://127.0.0.1:${server.address().port}/?server=${encodeURIComponent(baseUrl)}`
    ], { stdio: "ignore", detached: true })
    const stop = () => {
      try {
        process.kill(-browser.pid, "SIGKILL")
      } catch {
        // It has ended.
      }
    }
    onExit(stop)
    const timer = setTimeout(() => finish(`no end after ${timeout / 1000} s`), timeout)
    const problem = await result
    clearTimeout(timer)
    stop()
    server.close()
    if (problem !== "") throw new Error(problem)
  }
  return {
    core: program("core"),
    fetch: program("fetch"),
    undici: noSockets,
    ai: program("ai"),
    emulator: { reason: "The emulator imports modules of Node" },
    server: noServer,
    suite: noMocks
  }
}

const browser = () => {
  const binary = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium"
  if (!existsSync(binary)) return { name: "chromium", title: "Chromium", missing: `${binary} does not exist` }
  const version = execFileSync(binary, ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })
  return { name: "chromium", title: /Chromium [\d.]+/.exec(version)?.[0] ?? version.trim(), binary }
}

// -----------------------------------------------------------------------------
// results
// -----------------------------------------------------------------------------

/** What fails, and why it can't be mended here. */
const known = { bun: { undici: "Bun has its own module `undici`, without dispatchers" } }

/** Runs a check. Returns a reason if it is known not to run, and a problem if the result is another than the known one. */
const outcomeOf = async (check, known) => {
  if (typeof check !== "function") return check
  const error = await check().then(() => undefined, (error) => error)
  if (error === undefined) {
    return known === undefined
      ? {}
      : { problem: `It runs, so it is no longer known that ${known}` }
  }
  return known === undefined ? { problem: error.message } : { reason: known }
}

const rows = []
for (const name of [...names, "chromium"]) {
  if (selected.length > 0 && !selected.includes(name)) continue
  const self = name === "chromium" ? browser() : runtime(name)
  const checks = name === "workerd" ? asWorker(self) : name === "chromium" ? asPage(self) : asNode(self)
  const outcomes = {}
  for (const column of Object.keys(columns)) {
    const check = self.missing === undefined ? checks[column] : { reason: self.missing }
    const { problem, reason } = outcomes[column] = await outcomeOf(check, known[name]?.[column])
    console.log(`${self.title}, ${columns[column]}: ${problem ?? reason ?? "runs"}`)
  }
  rows.push({ title: self.title, outcomes })
}

const failed = rows.some(({ outcomes }) => Object.values(outcomes).some(({ problem }) => problem !== undefined))
const reasons = [
  ...new Set(rows.flatMap(({ outcomes }) => Object.values(outcomes).flatMap(({ reason }) => reason ?? [])))
]
const cellOf = ({ problem, reason }) =>
  problem !== undefined ? "fails" : reason === undefined ? "runs" : `no <sup>${reasons.indexOf(reason) + 1}</sup>`
const line = (cells) => `| ${cells.join(" | ")} |\n`
const text = `# Runtimes

Which packages run in which runtime. The packages are packed, installed, and run as built: calls with JSON, pages, events, a
form, bytes and an error; the emulator in the same process and as a server; the documentation's examples replayed by the
contract suite. In workerd and Chromium they run as one bundle without packages.

\`\`\`sh
npm run check:runtimes              # compares this file
npm run check:runtimes -- --update  # writes this file
\`\`\`

${line(["Runtime", ...Object.values(columns)])}${line(["---", ...Object.keys(columns).map(() => "---")])}${
  rows.map(({ outcomes, title }) => line([title, ...Object.keys(columns).map((column) => cellOf(outcomes[column]))]))
    .join("")
}
${reasons.map((reason, index) => `${index + 1}. ${reason}.`).join("\n")}
`

/** The browser is the machine's, so its version differs. */
const comparable = (text) => text.replace(/Chromium [\d.]+/, "Chromium")

if (failed) {
  process.exit(1)
} else if (selected.length > 0) {
  process.exit(0)
} else if (process.argv.includes("--update")) {
  writeFileSync(file, text)
} else if (!existsSync(file) || comparable(readFileSync(file, "utf8")) !== comparable(text)) {
  console.error(`${file} is not up to date: run npm run check:runtimes -- --update`)
  process.exit(1)
}
process.exit(0)
