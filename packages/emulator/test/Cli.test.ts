import { Script } from "@effect-openai/emulator"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Fiber, Redacted, Schedule } from "effect"
import { spawn } from "node:child_process"
import { connect, createServer } from "node:net"
import { fileURLToPath } from "node:url"
import { main } from "../src/internal/cli/main.js"
import { missingKeys } from "../src/internal/cli/serve.js"
import { command } from "./command.js"
import * as postgres from "./postgres.js"
import { apiKey, BaseUrl, overHttp } from "./utils.js"

const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url))
const root = fileURLToPath(new URL("../../../", import.meta.url))

// -----------------------------------------------------------------------------
// processes
// -----------------------------------------------------------------------------

interface Ended {
  readonly status: number | null
  readonly output: string
}

/** Starts the command line in its own process, and returns when it listens. */
const start = (args: ReadonlyArray<string>, environment: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function*() {
    const { NODE_OPTIONS: _, ...inherited } = process.env
    const file = yield* Effect.promise(() => command)
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(process.execPath, [file, "--port", "0", ...args], {
          cwd: root,
          env: { ...inherited, ...environment }
        })
      ),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    )
    let output = ""
    const ended = new Promise<Ended>((resolve) => child.on("close", (status) => resolve({ status, output })))
    const baseUrl = yield* Effect.async<string, string>((resume) => {
      const hear = (chunk: Buffer) => {
        output += String(chunk)
        const baseUrl = /Listening on (\S+)/.exec(output)?.[1]
        if (baseUrl !== undefined) resume(Effect.succeed(baseUrl))
      }
      child.stdout.on("data", hear)
      child.stderr.on("data", hear)
      child.on("close", () => resume(Effect.fail(output)))
    })
    const send = (path: string, body?: unknown, key = apiKey) =>
      Effect.promise(() =>
        fetch(`${baseUrl}${path}`, {
          headers: {
            "authorization": `Bearer ${key}`,
            "openai-beta": "assistants=v1",
            "content-type": "application/json"
          },
          ...(body !== undefined && { method: "POST", body: JSON.stringify(body) })
        })
      )
    return {
      send,
      port: Number(new URL(baseUrl).port),
      stop: (signal: NodeJS.Signals) => Effect.sync(() => child.kill(signal)),
      ended: Effect.promise(() => ended)
    }
  })

const temporaryDirectory = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())

const write = (content: unknown) =>
  Effect.gen(function*() {
    const path = `${yield* temporaryDirectory}/file.json`
    yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.writeFileString(path, JSON.stringify(content)))
    return path
  })

const json = (response: Response) => Effect.promise((): Promise<any> => response.json())

/** Ends when connections to the port are refused. */
const refused = (port: number) =>
  Effect.async<void, "accepted">((resume) => {
    const socket = connect(port, "127.0.0.1")
    socket.on("connect", () => {
      socket.destroy()
      resume(Effect.fail("accepted"))
    })
    socket.on("error", () => resume(Effect.void))
  }).pipe(Effect.retry(Schedule.spaced("20 millis")))

const chat = (content: string, stream = false) => ({ model: "gpt-4o", messages: [{ role: "user", content }], stream })

const hour = 3_600_000

describe("missingKeys", () => {
  it("names the keys without which others have access", () => {
    const keys = [Redacted.make(apiKey)]
    const all = new Set(["apiKey", "adminKey"] as const)
    assert.deepStrictEqual(missingKeys({}, all), ["no --api-key", "no --admin-key"])
    assert.deepStrictEqual(missingKeys({ apiKeys: keys }, all), ["no --admin-key"])
    assert.deepStrictEqual(missingKeys({ adminKeys: keys }, all), ["no --api-key"])
    assert.deepStrictEqual(missingKeys({ apiKeys: keys, adminKeys: keys }, all), [])
    assert.deepStrictEqual(missingKeys({ apiKeys: keys }, new Set(["apiKey"])), [])
  })
})

describe("the command line", { concurrent: true, timeout: 120_000 }, () => {
  it.live("serves with the given keys, logs requests, and logs no key", () =>
    Effect.gen(function*() {
      const second = "sk-of-the-environment"
      const emulator = yield* start(["--api-key", apiKey], { EMULATOR_API_KEYS: `sk-another,${second}` })
      const statuses = yield* Effect.forEach(
        [apiKey, second, "sk-unknown-but-long-enough"],
        (key) => Effect.map(emulator.send("/models", undefined, key), ({ status }) => status)
      )
      assert.deepStrictEqual(statuses, [200, 200, 401])
      assert.strictEqual((yield* emulator.send("/../docs")).status, 200)
      yield* emulator.stop("SIGTERM")
      const { output, status } = yield* emulator.ended
      assert.match(output, /Z GET \/v1\/models listModels 200 \d+ms req_\w{24}\n/)
      assert.match(output, /Z GET \/v1\/models listModels 401 \d+ms req_\w{24}: Incorrect API key provided\.\n/)
      for (const key of [apiKey, second, "sk-unknown"]) assert.notInclude(output, key)
      assert.strictEqual(status, 0)
    }).pipe(Effect.scoped))

  it.live("keeps a store, with identifiers of a seed that never come twice", () =>
    Effect.gen(function*() {
      const args = ["--store", `${yield* temporaryDirectory}/data.db`, "--seed", "s", "--clock", "2024-04-15T00:00:00Z"]
      const assistants: Array<any> = []
      for (let starts = 0; starts < 2; starts++) {
        const emulator = yield* start(args)
        assistants.push(yield* json(yield* emulator.send("/assistants", { model: "gpt-4o" })))
        const { data } = yield* json(yield* emulator.send("/assistants?order=asc"))
        assert.deepStrictEqual(data, assistants)
        yield* emulator.stop("SIGTERM")
        assert.strictEqual((yield* emulator.ended).status, 0)
      }
      const fresh = yield* start(["--seed", "s"])
      const { id } = yield* json(yield* fresh.send("/assistants", { model: "gpt-4o" }))
      assert.deepStrictEqual(assistants.map(({ created_at }) => created_at), [1_713_139_200, 1_713_139_200])
      assert.strictEqual(assistants[0].id, id)
      assert.notStrictEqual(assistants[1].id, id)
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer)))

  it.live("resumes its runs after it was killed", () =>
    Effect.gen(function*() {
      const store = ["--store", `${yield* temporaryDirectory}/data.db`]
      const replying = (reply: object) =>
        Effect.map(write({ turns: [{ replies: [reply] }] }), (path) => ["--script", path])
      const killed = yield* start([...store, ...(yield* replying({ type: "text", text: "Never.", delay_ms: hour }))])
      const post = (path: string, body: unknown) => Effect.flatMap(killed.send(path, body), json)
      const assistant = yield* post("/assistants", { model: "gpt-4o" })
      const messages = [{ role: "user", content: "Hello" }]
      const run = yield* post("/threads/runs", { assistant_id: assistant.id, thread: { messages } })
      const path = `/threads/${run.thread_id}/runs/${run.id}`
      const until = (emulator: typeof killed, isReached: (status: string) => boolean) =>
        Effect.flatMap(emulator.send(path), json).pipe(
          Effect.tap(Effect.sleep("20 millis")),
          Effect.repeat({ until: ({ status }) => isReached(status) })
        )
      yield* until(killed, (status) => status === "in_progress")
      yield* killed.stop("SIGKILL")
      assert.isNull((yield* killed.ended).status)

      const next = yield* start([...store, ...(yield* replying({ type: "text", text: "At last." }))])
      const get = (path: string) => Effect.flatMap(next.send(path), json)
      assert.deepStrictEqual(yield* get(`/assistants/${assistant.id}`), assistant)
      const ended = yield* until(next, (status) => status !== "in_progress")
      assert.strictEqual(ended.status, "completed")
      const { data } = yield* get(`/threads/${run.thread_id}/messages?order=asc`)
      assert.deepStrictEqual(data.map(({ content: [{ text }] }: any) => text.value), ["Hello", "At last."])
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer)))

  it.live.skipIf(postgres.missing !== undefined)(
    `keeps a store in PostgreSQL, which two processes share${postgres.reason}`,
    () =>
      Effect.gen(function*() {
        const { url } = yield* postgres.schema
        const store = { EMULATOR_STORE: Redacted.value(url) }
        const one = yield* start([], store)
        const other = yield* start(["--store", Redacted.value(url)])
        const assistant = yield* json(yield* one.send("/assistants", { model: "gpt-4o" }))
        assert.deepStrictEqual(yield* json(yield* other.send(`/assistants/${assistant.id}`)), assistant)
        yield* one.stop("SIGKILL")
        yield* other.stop("SIGTERM")
        assert.strictEqual((yield* other.ended).status, 0)
        const next = yield* start([], store)
        assert.deepStrictEqual(yield* json(yield* next.send(`/assistants/${assistant.id}`)), assistant)
      }).pipe(Effect.scoped)
  )

  it.live("plays a script, fails by rules, limits, and leaves faults to callers who may", () =>
    Effect.gen(function*() {
      const emulator = yield* start([
        "--script",
        yield* write({ turns: [{ replies: [{ type: "text", text: "As it is written." }] }] }),
        "--faults",
        yield* write({ rules: [{ operation: "listModels", fault: { type: "status", status: 503 } }] }),
        "--requests-per-minute",
        "1",
        "--tokenizer",
        "gpt-tokenizer",
        "--control",
        "--no-pages",
        "--log-level",
        "none"
      ])
      const { choices, usage } = yield* json(yield* emulator.send("/chat/completions", chat("Hello")))
      assert.strictEqual(choices[0].message.content, "As it is written.")
      // A message has 4 tokens besides its text, and the beginning of the reply 3.
      assert.strictEqual(usage.prompt_tokens, 8)
      assert.strictEqual((yield* emulator.send("/chat/completions", chat("Hello"))).status, 429)
      assert.strictEqual((yield* emulator.send("/models")).status, 503)
      assert.strictEqual((yield* json(yield* emulator.send("/../_emulator/faults"))).data.length, 1)
      assert.strictEqual((yield* emulator.send("/../docs")).status, 404)
      yield* emulator.stop("SIGINT")
      const { output, status } = yield* emulator.ended
      assert.match(output, /^Listening on \S+\n$/)
      assert.strictEqual(status, 0)
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer)))

  it.live("asks another server, with its key", () =>
    Effect.gen(function*() {
      const emulator = yield* start(["--model-url", yield* BaseUrl, "--model-name", "other"], {
        EMULATOR_MODEL_KEY: apiKey
      })
      const response = yield* emulator.send("/chat/completions", chat("Hello"), "sk-any")
      assert.strictEqual((yield* json(response)).choices[0].message.content, "From the other server.")
    }).pipe(
      Effect.scoped,
      Effect.provide(overHttp.layer({
        apiKeys: [Redacted.make(apiKey)],
        model: Script.layer({ turns: [{ replies: [{ type: "text", text: "From the other server." }] }] })
      }))
    ))

  it.live("refuses connections while it closes, and sends an open stream to its end", () =>
    Effect.gen(function*() {
      const pieces = ["The ", "last ", "words."]
      const emulator = yield* start([
        "--drain-deadline",
        "1 hour",
        "--script",
        yield* write({ turns: [{ replies: [{ type: "text", text: pieces, piece_delay_ms: 1500 }] }] })
      ])
      const response = yield* emulator.send("/chat/completions", chat("Hello", true))
      yield* emulator.stop("SIGTERM")
      yield* refused(emulator.port)
      const text = yield* Effect.promise(() => response.text())
      for (const piece of pieces) assert.include(text, piece)
      assert.match(text, /data: \[DONE\]\n\n$/)
      assert.strictEqual((yield* emulator.ended).status, 0)
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer)))

  it.live("cuts off at the deadline what does not end", () =>
    Effect.gen(function*() {
      const emulator = yield* start([
        "--drain-deadline",
        "100 millis",
        "--script",
        yield* write({
          turns: [
            { when: { message: "stream" }, replies: [{ type: "text", text: ["a", "b"], piece_delay_ms: hour }] },
            { replies: [{ type: "text", text: "late", delay_ms: hour }] }
          ]
        })
      ])
      const stream = yield* emulator.send("/chat/completions", chat("stream", true))
      const late = yield* Effect.fork(emulator.send("/chat/completions", chat("late")))
      // A request that was sent before is taken before: both share no connection, but the server has one queue.
      yield* Effect.repeat(
        emulator.send("/models"),
        Schedule.recurs(3)
      )
      yield* emulator.stop("SIGTERM")
      const cut = yield* Effect.exit(Effect.tryPromise(() => stream.text()))
      assert.strictEqual(cut._tag, "Failure")
      const response = yield* Fiber.join(late)
      assert.strictEqual(response.status, 503)
      assert.deepStrictEqual(yield* json(response), {
        error: { message: "The server is closing.", type: "server_error", param: null, code: null }
      })
      const { output, status } = yield* emulator.ended
      assert.match(output, /POST \/v1\/chat\/completions createChatCompletion 503 .*: The server is closing\.\n/)
      assert.match(output, /createChatCompletion 200 .*: The server closed before the end\.\n/)
      assert.strictEqual(status, 0)
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer)))
})

// -----------------------------------------------------------------------------
// refusals
// -----------------------------------------------------------------------------

/** Runs the command line in this process, until it would listen for somebody. */
const run = (args: ReadonlyArray<string>, environment: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function*() {
    const said: Array<string> = []
    const say = (text: unknown) => Effect.sync(() => void said.push(String(text)))
    const console = yield* Effect.console
    const status = yield* main({ args: ["node", "emulator", ...args], version: "1.2.3", interrupted: Effect.void })
      .pipe(
        Effect.withConsole({ ...console, log: say, error: say }),
        Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(environment))))
      )
    return { status, output: said.join("\n") }
  })

describe("a command line", () => {
  it.effect("that asks for help gets it", () =>
    Effect.gen(function*() {
      const { output, status } = yield* run(["--help"])
      for (
        const option of [
          "port",
          "host",
          "allowed-host",
          "cors",
          "store",
          "api-key",
          "seed",
          "clock",
          "script",
          "model-url",
          "tokenizer",
          "faults",
          "control"
        ]
      ) assert.include(output, `--${option}`)
      assert.strictEqual(status, 0)
      assert.deepStrictEqual(yield* run(["--version"]), { output: "1.2.3\n", status: 0 })
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("that names a port in use ends with 2", () =>
    Effect.gen(function*() {
      const port = yield* Effect.acquireRelease(
        Effect.async<ReturnType<typeof createServer>>((resume) => {
          const server = createServer().listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.sync(() => server.close())
      ).pipe(Effect.map((server) => (server.address() as { readonly port: number }).port))
      assert.deepStrictEqual(yield* run(["--port", String(port)]), {
        status: 2,
        output: `Can't listen on port ${port} of 127.0.0.1: another server listens there`
      })
    }).pipe(Effect.provide(NodeContext.layer)))

  const refuses = (
    title: string,
    args: ReadonlyArray<string>,
    message: RegExp,
    environment: Readonly<Record<string, string>> = {}
  ) =>
    it.effect(`that ${title} ends with 2`, () =>
      Effect.gen(function*() {
        const { output, status } = yield* run([...args.includes("--port") ? [] : ["--port", "0"], ...args], environment)
        assert.strictEqual(status, 2)
        assert.match(output, message)
        assert.notInclude(output, "hunter2")
        // No stack.
        assert.notMatch(output, /\n +at /)
      }).pipe(Effect.provide(NodeContext.layer)))

  refuses("has an unknown option", ["--apikey", apiKey], /^(?!.*sk-).*--apikey/s)
  refuses("names no port", ["--port", "http"], /'http' is not a integer/)
  refuses("names a port that can't be", ["--port", "65536"], /--port is not between 0 and 65535/)
  refuses("names a host that is not its own", ["--host", "192.0.2.1"], /of 192\.0\.2\.1: this machine has no such addr/)
  refuses("has a key that is empty", ["--api-key", ""], /An argument is empty/)
  refuses("has a key that is nothing", ["--api-key="], /An argument is empty/)
  refuses("has no keys between commas", [], /A key of --api-key or EMULATOR_API_KEYS is empty/, {
    EMULATOR_API_KEYS: "sk-a,,"
  })
  refuses("has a key with a blank", [], /A key of --api-key or EMULATOR_API_KEYS/, { EMULATOR_API_KEYS: "sk-a b" })
  refuses("names no time", ["--clock", "noon"], /--clock is not a time/)
  refuses("names no duration", ["--drain-deadline", "soon"], /--drain-deadline is not a duration/)
  refuses("has no end of its deadline", ["--drain-deadline", "Infinity"], /--drain-deadline is not a duration/)
  refuses("allows nothing", ["--requests-per-minute", "0"], /--requests-per-minute is not above 0/)
  refuses("has a store that can't be", ["--store", "/nowhere/data.db"], /\/nowhere\/data\.db can't be used/)
  refuses(
    "has a database that can't be reached",
    ["--store", "postgres://me:hunter2@127.0.0.1:1/db"],
    /^127\.0\.0\.1:1\/db can't be reached/
  )
  refuses("has a database of another kind", [], /^The URL of the database is not valid/, {
    EMULATOR_STORE: "mysql://me:hunter2@127.0.0.1/db"
  })
  refuses("has a script that is not there", ["--script", "/nowhere"], /--script \/nowhere: there is no such file/)
  refuses("has faults that are not there", ["--faults", "/nowhere"], /--faults \/nowhere: there is no such file/)
  refuses("has faults that are not JSON", ["--faults", bin], /--faults .*: line 1, column 1 is not valid JSON/)
  refuses("allows a host with a port", ["--allowed-host", "a.example:80"], /--allowed-host is not a host name/)
  refuses("allows an origin with a path", ["--cors", "https://a.example/b"], /--cors is not an origin/)
  refuses(
    "has two models",
    ["--script", "a", "--model-url", "http://h/v1"],
    /--script and --model-url exclude each other/
  )
  refuses("has a model without a URL", ["--model-url", "h:1"], /--model-url is not an http or https URL/)
  refuses("has a key for no model", ["--model-key", apiKey], /--model-key and --model-name are for --model-url/)
})
