import { Report, Target } from "@effect-openai/contract-tests"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Schema } from "effect"
import type { ServerResponse } from "node:http"
import { gzipSync } from "node:zlib"
import { main } from "../src/internal/cli/main.js"
import { apiKey, temporaryDirectory } from "./utils/session.js"
import { upstream } from "./utils/upstream.js"

/** Runs the command line in this process against a server, and returns its exit status, output and report. */
const run = (
  baseUrl: string,
  only: ReadonlyArray<string>,
  interrupted: Effect.Effect<void> = Effect.never
) =>
  Effect.gen(function*() {
    const directory = yield* temporaryDirectory
    const said: Array<string> = []
    const hear = (text: unknown) => Effect.sync(() => void said.push(String(text)))
    const console = yield* Effect.console
    const args = ["--base-url", baseUrl, "--api-key", apiKey, "--report", directory]
    const status = yield* main({
      args: ["node", "contract", ...args, ...only.flatMap((name) => ["--only", name])],
      version: "0",
      interrupted,
      emulator: Target.emulator
    }).pipe(Effect.withConsole({ ...console, log: hear, error: hear }))
    const fileSystem = yield* FileSystem.FileSystem
    const files = yield* Effect.forEach(
      ["report.json", "report.txt", "report.html", "junit.xml"],
      (name) => fileSystem.readFileString(`${directory}/${name}`)
    )
    const report = yield* Schema.decode(Schema.parseJson(Report.Report))(files[0]!)
    return { status, output: said.join("\n"), files, report }
  }).pipe(Effect.provide(NodeContext.layer))

const json = (response: ServerResponse, body: string, headers: Record<string, string> = {}) => {
  response.writeHead(200, { "content-type": "application/json", ...headers })
  response.end(body)
}

const messagesOf = ({ results }: Report.Report) =>
  results.flatMap(({ verdict }) => verdict._tag === "Failed" ? [verdict.message] : [])

describe("the command line survives", { timeout: 120_000 }, () => {
  it.scopedLive("a response without an end: it reads 16 MB of it", () =>
    Effect.gen(function*() {
      const piece = Buffer.alloc(65_536, "[")
      let sent = 0
      const baseUrl = yield* upstream((_, response) => {
        response.writeHead(200, { "content-type": "application/json" })
        const write = () => {
          while (!response.destroyed) {
            sent += piece.length
            if (!response.write(piece)) break
          }
        }
        response.on("drain", write)
        write()
      })
      const { report, status } = yield* run(baseUrl, ["models/list"])
      assert.strictEqual(status, 1)
      assert.match(messagesOf(report).join("\n"), /The response is larger than 16 MB/)
      // What was not read is in buffers of the operating system.
      assert.isBelow(sent, report.totals.requests * 32 * 1024 * 1024)
    }))

  it.scopedLive("a response that unpacks to a gigabyte", () =>
    Effect.gen(function*() {
      const bomb = gzipSync(Buffer.alloc(128 * 1024 * 1024, " "))
      const baseUrl = yield* upstream((_, response) => {
        response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" })
        response.end(bomb)
      })
      const before = process.memoryUsage.rss()
      const { status } = yield* run(baseUrl, ["models/list"])
      assert.strictEqual(status, 1)
      assert.isBelow(process.memoryUsage.rss() - before, 600 * 1024 * 1024)
    }))

  it.scopedLive("JSON of 100,000 levels", () =>
    Effect.gen(function*() {
      const baseUrl = yield* upstream((_, response) =>
        json(response, `{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`)
      )
      const { report, status } = yield* run(baseUrl, ["models"])
      assert.strictEqual(status, 1)
      assert.notMatch(messagesOf(report).join("\n"), /RangeError/)
    }))

  it.scopedLive("an interruption: the report has the results so far", () =>
    Effect.gen(function*() {
      const deferred = yield* Deferred.make<void>()
      let requests = 0
      const baseUrl = yield* upstream((_, response) => {
        if (++requests === 20) Deferred.unsafeDone(deferred, Effect.void)
        // The last request stays open.
        if (requests < 20) json(response, "{}")
      })
      const { files, output, report, status } = yield* run(baseUrl, [], Deferred.await(deferred))
      assert.strictEqual(status, 130)
      assert.isAbove(report.results.length, 0)
      const ended = `a signal ended the run; ${report.results.length} of `
      assert.include(report.interrupted, ended)
      for (const text of [output, ...files]) assert.include(text, ended)
    }))

  it.scopedLive("a server that dies: it says so, and exits with 2", () =>
    Effect.gen(function*() {
      let requests = 0
      const baseUrl = yield* upstream((request, response) => {
        if (++requests < 20) return json(response, "{}")
        const { socket } = request as typeof request & {
          readonly socket: { readonly server: { readonly close: () => void; readonly closeAllConnections: () => void } }
        }
        socket.server.close()
        socket.server.closeAllConnections()
      })
      const { output, report, status } = yield* run(baseUrl, [])
      assert.strictEqual(status, 2)
      assert.include(output, "The run ended early: the target is gone, it refused 10 connections in a row")
      assert.include(report.interrupted, "the target is gone")
      assert.isBelow(report.results.length, 50)
    }))

  it.scopedLive("keys of the server itself: no report has them", () =>
    Effect.gen(function*() {
      const key = "sk-proj-0123456789abcdefghij"
      const baseUrl = yield* upstream((_, response) => {
        response.writeHead(401, { "content-type": "application/json", "x-key": key })
        response.end(
          JSON.stringify({ error: { message: `Incorrect API key: ${key}`, type: "a", param: null, code: null } })
        )
      })
      const { files, output, status } = yield* run(baseUrl, ["models"])
      assert.strictEqual(status, 1)
      for (const text of [output, ...files]) assert.notInclude(text, key)
    }))
})
