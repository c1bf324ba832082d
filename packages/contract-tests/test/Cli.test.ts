import { Drift, Report, Target } from "@effect-openai/contract-tests"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { execFile, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { main } from "../src/internal/cli/main.js"
import { adminKey, apiKey, emulator, temporaryDirectory } from "./utils/session.js"
import { nowhere, upstream } from "./utils/upstream.js"

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

const root = path("../../../")

/** The command line as a bundle, with which a process starts in a third of the time. */
const bundle = promisify(execFile)(process.execPath, [path("../../../scripts/contract.mjs"), "--version"]).then(() =>
  path("../node_modules/.cache/contract/bin.mjs")
)

interface Ended {
  readonly status: number | null
  readonly output: string
}

/** Runs the command line as a child process. `on` receives its output, and may interrupt it. */
const contract = (
  args: ReadonlyArray<string>,
  environment: Readonly<Record<string, string>> = {},
  on: (output: string, interrupt: () => void) => void = () => {}
) =>
  Effect.flatMap(Effect.promise(() => bundle), (bin) =>
    Effect.async<Ended>((resume) => {
      const { NODE_OPTIONS: _, OPENAI_API_KEY: __, ...inherited } = process.env
      const child = spawn(process.execPath, [bin, ...args], {
        cwd: root,
        env: { ...inherited, ...environment }
      })
      let output = ""
      const hear = (chunk: Buffer) => {
        output += String(chunk)
        on(output, () => child.kill("SIGINT"))
      }
      child.stdout.on("data", hear)
      child.stderr.on("data", hear)
      child.on("close", (status) => resume(Effect.succeed({ status, output })))
      return Effect.sync(() => void child.kill("SIGKILL"))
    }))

/** Runs the command line in this process. */
const say = (args: ReadonlyArray<string>, interrupted: Effect.Effect<void> = Effect.never) =>
  Effect.gen(function*() {
    const said: Array<string> = []
    const hear = (text: unknown) => Effect.sync(() => void said.push(String(text)))
    const console = yield* Effect.console
    const status = yield* main({
      args: ["node", "contract", ...args],
      version: "0",
      interrupted,
      emulator: Target.emulator
    }).pipe(
      Effect.withConsole({ ...console, log: hear, error: hear })
    )
    return { status, output: said.join("\n") }
  }).pipe(Effect.provide(NodeContext.layer))

/** A server that returns an empty object to every request. */
const mock = upstream((_, response) => {
  response.writeHead(200, { "content-type": "application/json" })
  response.end("{}")
})

const exists = (path: string) =>
  Effect.provide(Effect.flatMap(FileSystem.FileSystem, (fileSystem) => fileSystem.exists(path)), NodeContext.layer)

const read = (path: string) =>
  Effect.provide(
    Effect.flatMap(FileSystem.FileSystem, (fileSystem) => fileSystem.readFileString(path)),
    NodeContext.layer
  )

describe("the command line", { concurrent: true, timeout: 120_000 }, () => {
  it.scoped("lists the differences of two documents, and the coverage of the contract", () =>
    Effect.gen(function*() {
      const directory = yield* temporaryDirectory
      const fileSystem = yield* FileSystem.FileSystem
      const { paths: { "/models": _, ...paths }, ...document } = Drift.current()
      const old = `${directory}/old.json`
      yield* fileSystem.writeFileString(old, JSON.stringify({ ...document, paths }))
      const changed = yield* say(["drift", "--from", old])
      assert.deepStrictEqual([changed.status, changed.output.split("\n")[0]], [
        1,
        "listModels was added  [breaks servers]"
      ])
      const same = yield* say(["drift", "--from", old, "--to", old, "--json"])
      assert.deepStrictEqual(same, { status: 0, output: "[]" })
      assert.strictEqual((yield* say(["drift"])).status, 2)
      yield* fileSystem.writeFileString(old, "openapi: 3")
      assert.strictEqual((yield* say(["drift", "--from", old])).status, 2)
      const covered = yield* say(["--only", "listModels", "--coverage"])
      assert.strictEqual(covered.status, 0)
      assert.match(covered.output, /operations +\d of +\d+/)
      assert.match(covered.output, /Not reached of operations:\n/)
    }).pipe(Effect.provide(NodeContext.layer)))

  it.live("exits with 0 if all scenarios pass, and writes the report", () =>
    Effect.gen(function*() {
      const directory = `${yield* temporaryDirectory}/out`
      const { output, status } = yield* contract(["--only", "createAssistant", "--report", directory])
      assert.match(output, /✓ assistants\/create /)
      assert.match(output, /emulator: \d+ passed, 1 skipped\n/)
      assert.strictEqual(status, 0)
      for (const name of ["report.html", "report.txt", "junit.xml"]) {
        assert.isTrue(yield* exists(`${directory}/${name}`))
      }
      const report = yield* Schema.decode(Schema.parseJson(Report.Report))(yield* read(`${directory}/report.json`))
      assert.isAbove(report.totals.passed, 0)
    }).pipe(Effect.scoped))

  it.live("exits with 1 if a scenario fails, and prints no key", () =>
    Effect.gen(function*() {
      const directory = yield* temporaryDirectory
      const args = ["--base-url", yield* mock, "--only", "assistants", "--report", directory]
      const { output, status } = yield* contract([...args, "--admin-key", adminKey], { OPENAI_API_KEY: apiKey })
      assert.match(output, /✗ assistants\/create /)
      assert.match(output, /authorization: Bearer '"\$OPENAI_API_KEY"/)
      assert.strictEqual(status, 1)
      for (const name of ["report.html", "report.txt", "report.json", "junit.xml"]) {
        const text = yield* read(`${directory}/${name}`)
        assert.notInclude(text, apiKey)
        assert.notInclude(text, adminKey)
      }
      assert.notInclude(output, apiKey)
      assert.notInclude(output, adminKey)
    }).pipe(Effect.scoped))

  it.live("exits with 2 if the server can't be reached", () =>
    Effect.gen(function*() {
      const { output, status } = yield* contract(["--base-url", yield* nowhere, `--api-key=${apiKey}`])
      assert.match(output, /No response from http:\/\/127\.0\.0\.1:\d+\/v1/)
      assert.notInclude(output, apiKey)
      assert.strictEqual(status, 2)
    }))

  it.live("records until it is interrupted, and exits with 0", () =>
    Effect.gen(function*() {
      const directory = yield* temporaryDirectory
      let asked = false
      const { output, status } = yield* contract(
        ["record", "--upstream", yield* emulator, "--out", directory],
        {},
        (output, interrupt) => {
          const baseUrl = /OPENAI_BASE_URL=(\S+),/.exec(output)?.[1]
          if (baseUrl !== undefined && !asked) {
            asked = true
            void fetch(`${baseUrl}/models`, { headers: { authorization: `Bearer ${apiKey}`, connection: "close" } })
          }
          if (output.includes("✓ listModels/recorded-0001") && !output.includes("written to")) interrupt()
        }
      )
      assert.match(output, /1 fixture written to .*, 0 not recorded, 0 refused/)
      assert.strictEqual(status, 0)
      assert.isTrue(yield* exists(`${directory}/listModels/recorded-0001.json`))
      const replayed = yield* say(["--target", "replay", "--fixtures", directory])
      assert.include(replayed.output, "nock replay: 1 passed")
      assert.strictEqual(replayed.status, 0)
    }).pipe(Effect.scoped))

  it.effect("exits with 130 if a run is interrupted", () =>
    Effect.gen(function*() {
      const { status } = yield* say(["--only", "models"], Effect.void)
      assert.strictEqual(status, 130)
    }))

  it.effect("lists the scenarios of an operation without running them", () =>
    Effect.gen(function*() {
      const { output, status } = yield* say(["--list", "--only", "deleteModel"])
      assert.match(output, /^models\/delete {2}\S/m)
      assert.notMatch(output, /\d+ requests?/)
      assert.strictEqual(status, 0)
    }))
})

describe("the command line refuses", () => {
  const refuses = (title: string, args: ReadonlyArray<string>, message: RegExp) =>
    it.effect(title, () =>
      Effect.gen(function*() {
        const { output, status } = yield* say(args)
        assert.strictEqual(status, 2)
        assert.match(output, message)
        assert.notInclude(output, apiKey)
      }))

  refuses("an unknown option with a key", ["--apikey", apiKey], /--apikey is not an option/)
  refuses("an invalid URL", ["--base-url", "nonsense", "--api-key", "x"], /--base-url is not an http or https URL/)
  refuses(
    "a URL with a password",
    ["--base-url", "http://a:b@host/v1", "--api-key", "x"],
    /--base-url may only have an origin and a path/
  )
  refuses("a key with a line break", ["--base-url", "http://host/v1", "--api-key", "a\nb"], /not valid in a header/)
  refuses(
    "an admin key with a line break",
    ["--base-url", "http://host/v1", "--api-key", "x", "--admin-key", "a\nb"],
    /--admin-key or OPENAI_ADMIN_KEY .* not valid in a header/
  )
  refuses("two targets", ["--base-url", "http://h/v1", "--target", "replay"], /can't be combined/)
  refuses(
    "a capability both given and taken away",
    ["--capability", "files", "--without", "files"],
    /can't be combined/
  )
  refuses(
    "--without for a replay",
    ["--target", "replay", "--without", "files"],
    /can't be combined with --target replay/
  )
  refuses("fixtures without a replay", ["--fixtures", "."], /--fixtures requires --target replay/)
  refuses("an unknown scenario", ["--only", "nothing"], /--only or --operations: "nothing" is not an operation, /)
  refuses("an unknown operation", ["--operations", "listModels,getAsistant"], /getAsistant .* is not an operation/)
  refuses("a seed that is not a number", ["--seed", "seven"], /'seven' is not a integer/)
  refuses("a recording without a directory", ["record", "--upstream", "http://host/v1"], /--out/)
  refuses(
    "an upstream that is not a URL",
    ["record", "--upstream", "x", "--out", "/nowhere"],
    /The upstream is not an http/
  )
  refuses(
    "a run whose scenarios are all skipped",
    ["--only", "streams", "--without", "streams"],
    /Every scenario was skipped/
  )
})
