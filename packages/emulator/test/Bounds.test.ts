import { Batches, Files, FineTuning, Runs, Uploads } from "@effect-openai/client"
import { FileSource } from "@effect-openai/core"
import { Model, Store } from "@effect-openai/emulator"
import * as NodeServer from "@effect-openai/emulator/NodeServer"
import * as SqliteStore from "@effect-openai/emulator/SqliteStore"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, Stream } from "effect"
import { inProcess, overHttp, send, sendJson } from "./utils.js"

/** Runs an Effect, and returns its result and the processor time that it took, in milliseconds. */
const measured = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => {
    const start = process.cpuUsage()
    return Effect.map(effect, (result) => {
      const { system, user } = process.cpuUsage(start)
      return { result, millis: (system + user) / 1000 }
    })
  })

const post = (path: string, body: string) => send("POST", path, { body })

const refuses = (title: string, path: string, body: string, message: RegExp) =>
  it.effect(`refuses ${title}`, () =>
    Effect.gen(function*() {
      const { millis, result } = yield* measured(post(path, body))
      assert.strictEqual(result.status, 400, result.text)
      assert.match(result.json.error.message, message)
      assert.isAtMost(result.json.error.message.split("\n").length, 1 + 2 * 50)
      // Of a processor that is ten times as slow as usual.
      assert.isBelow(millis, 5000)
    }).pipe(Effect.provide(inProcess.layer())))

const assistant = (fields: string) => `{"model":"gpt-4-turbo",${fields}}`

const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`

const parametersOf = (json: string) =>
  assistant(`"tools":[{"type":"function","function":{"name":"f","parameters":{"default":${json}}}}]`)

describe("The emulator bounds", () => {
  refuses(
    "200,000 wrong items",
    "/assistants",
    assistant(`"tools":[${Array.from({ length: 200_000 }, () => 1).join()}]`),
    /^1 validation error for Request\nbody -> tools\n {2}ensure this value has at most 128 items/
  )
  refuses(
    "1,000 wrong items, and lists 50",
    "/threads",
    `{"messages":[${Array.from({ length: 1000 }, () => "{}").join()}]}`,
    /^2000 validation errors for Request/
  )
  refuses(
    "700,000 keys of metadata",
    "/assistants",
    assistant(`"metadata":{${Array.from({ length: 700_000 }, (_, index) => `"${index}":""`).join()}}`),
    /body -> metadata\n {2}ensure this value has at most 16 items/
  )
  refuses(
    "more than 100,000 values",
    "/chat/completions",
    `{"model":"gpt-4","messages":[${Array.from({ length: 100_001 }, () => "{}").join()}]}`,
    /it has more than 100000 values/
  )
  refuses("JSON of 257 levels", "/assistants", parametersOf(nested(252)), /it nests more than 256 levels/)
  refuses("JSON of a million levels", "/assistants", nested(1_000_000), /it nests more than 256 levels/)
  refuses("a number that is too large", "/assistants", parametersOf("1e999"), /it has a number that is too large/)
  refuses(
    "a field that would vanish",
    "/assistants",
    assistant("\"metadata\":{\"__proto__\":\"a\"}"),
    /it has a field named '__proto__'/
  )

  it.effect("takes 256 levels", () =>
    Effect.gen(function*() {
      const { json, status } = yield* post("/assistants", parametersOf(nested(251)))
      assert.strictEqual(status, 200)
      assert.strictEqual(JSON.stringify(json.tools[0].function.parameters.default), nested(251))
    }).pipe(Effect.provide(inProcess.layer())))

  it.effect("a header with blanks is read once", () =>
    Effect.gen(function*() {
      const request = send("GET", "/models", { headers: { authorization: `Bearer ${" ".repeat(200_000)}\u0001` } })
      const { millis } = yield* measured(Effect.exit(request))
      assert.isBelow(millis, 2000)
    }).pipe(Effect.provide(inProcess.layer())))

  it("headers arrive within 15 seconds", () => {
    const server = NodeServer.createServer()
    assert.strictEqual(server.headersTimeout, 15_000)
    server.close()
  })

  it.live("ends a reply that has no end, and the run fails", () => {
    let pieces = 0
    const piece = Stream.repeatEffect(Effect.sync(() => {
      pieces++
      return "x".repeat(1024)
    }))
    const model = Layer.succeed(Model.Model, {
      reply: () => Effect.succeed(Model.textStream(Stream.rechunk(piece, 1)))
    })
    return Effect.gen(function*() {
      const { json: { id: assistant_id } } = yield* sendJson("POST", "/assistants", { model: "gpt-4" })
      const { id: run_id, thread_id = "" } = yield* Runs.createThreadAndRun({
        assistant_id,
        thread: { messages: [{ role: "user", content: "Hi" }] }
      })
      const { last_error, status } = yield* Runs.poll({ thread_id, run_id })
      assert.strictEqual(status, "failed")
      assert.deepInclude(last_error, {
        code: "server_error",
        message: "The model's text is longer than 1048576 characters."
      })
      assert.strictEqual(pieces, 1025)
      const completion = yield* sendJson("POST", "/chat/completions", {
        model: "gpt-4",
        messages: [{ role: "user", content: "Hi" }]
      })
      assert.strictEqual(completion.status, 500)
      assert.strictEqual(pieces, 2 * 1025)
    }).pipe(Effect.provide(inProcess.layer({ model })))
  }, 60_000)
})

describe("A file whose bytes are lost", () => {
  const lost = (
    title: string,
    size: number,
    damage: (fs: FileSystem.FileSystem, path: string) => Effect.Effect<void, unknown>,
    status: number | undefined
  ) =>
    it.scopedLive(`${title}: ${status ?? "the connection is severed"}`, () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const folder = yield* fs.makeTempDirectoryScoped()
        const store = Layer.provide(SqliteStore.layer({ filename: `${folder}/data.db` }), NodeContext.layer)
        const lines: Array<string> = []
        const logger = Logger.replace(
          Logger.defaultLogger,
          Logger.make(({ message }) => {
            lines.push(String(message))
          })
        )
        yield* Effect.gen(function*() {
          const { id } = yield* Files.upload({
            file: FileSource.fromBytes("a", new Uint8Array(size)),
            purpose: "assistants"
          })
          yield* damage(fs, `${folder}/data.db-files/${id}`)
          const exit = yield* Effect.either(send("GET", `/files/${id}/content`))
          assert.strictEqual(exit._tag === "Right" ? exit.right.status : undefined, status)
        }).pipe(Effect.provide(Layer.provideMerge(overHttp.layer({ store }), logger)))
        assert.match(lines.join("\n"), /A request failed|ended early/)
      }).pipe(Effect.provide(NodeContext.layer)), 60_000)

  lost("removed", 10, (fs, path) => fs.remove(path), 500)
  lost("cut", 1000, (fs, path) => fs.truncate(path, FileSystem.Size(999)), 500)
  lost("cut behind its beginning", 1_000_000, (fs, path) => fs.truncate(path, FileSystem.Size(500_000)), undefined)
  lost("longer than it was", 100_000, (fs, path) => fs.truncate(path, FileSystem.Size(300_000)), undefined)

  const batchLine = JSON.stringify({
    custom_id: "a",
    method: "POST",
    url: "/v1/chat/completions",
    body: { model: "gpt-4o-mini", messages: [{ role: "user", content: "Hi" }] }
  })
  const example = JSON.stringify({
    messages: [{ role: "user", content: "Hi" }, { role: "assistant", content: "Hello" }]
  })
  const upload = (purpose: "batch" | "fine-tune", line: string) =>
    Files.upload({
      file: FileSource.fromBytes("a.jsonl", Array.from({ length: 20 }, () => `${line}\n`).join("")),
      purpose
    })

  /** A store of which only the first lines of each file are left, all of them valid. */
  const withLines = (store: Store.Service, lines: () => number) =>
    Layer.succeed(Store.Store, {
      ...store,
      readBlob: (key) =>
        store.readBlob(key).pipe(
          Stream.decodeText(),
          Stream.splitLines,
          Stream.take(lines()),
          Stream.map((line) => `${line}\n`),
          Stream.encodeText
        )
    })

  it.effect("is not taken for a complete one while an upload is checked", () =>
    Effect.gen(function*() {
      const memory = yield* Store.Store
      const layer = inProcess.layer({ store: withLines(memory, () => 1) })
      yield* Effect.gen(function*() {
        const line = `${example}\n`
        const file = FileSource.fromBytes("a.jsonl", line + line)
        const whole = yield* Effect.flip(Files.upload({ file, purpose: "fine-tune" }))
        assert.strictEqual(whole._tag, "InternalServerError")
        const parts = yield* Effect.flip(Uploads.upload(file, { purpose: "fine-tune", partBytes: line.length }))
        assert.strictEqual(parts._tag, "InternalServerError")
        assert.lengthOf((yield* Files.list({})).data, 0)
      }).pipe(Effect.provide(Layer.provideMerge(layer, Logger.remove(Logger.defaultLogger))))
    }).pipe(Effect.provide(Layer.fresh(Store.layerMemory))))

  it.effect("fails the batch and the fine-tuning job of it, also where all that is left is valid", () =>
    Effect.gen(function*() {
      const memory = yield* Store.Store
      let lines = Number.MAX_SAFE_INTEGER
      const layer = inProcess.layer({ store: withLines(memory, () => lines) })
      yield* Effect.gen(function*() {
        const input = yield* upload("batch", batchLine)
        const training = yield* upload("fine-tune", example)
        lines = 15
        const { id: batch_id } = yield* Batches.create({
          input_file_id: input.id,
          endpoint: "/v1/chat/completions",
          completion_window: "24h"
        })
        const job = yield* FineTuning.create({ model: "gpt-3.5-turbo", training_file: training.id })
        const batch = yield* Effect.repeat(Batches.retrieve({ batch_id }), {
          until: ({ status }) => status !== "validating",
          times: 10
        })
        assert.strictEqual(batch.status, "failed")
        assert.strictEqual(batch.errors?.data?.[0]?.message, `The file ${input.id} is incomplete.`)
        const { error, status } = yield* Effect.repeat(FineTuning.retrieve({ fine_tuning_job_id: job.id }), {
          until: ({ status }) => status !== "validating_files",
          times: 10
        })
        assert.strictEqual(status, "failed")
        assert.strictEqual(error?.message, "Training file: the file is incomplete.")
      }).pipe(Effect.provide(layer))
    }).pipe(Effect.provide([Store.layerMemory, Logger.remove(Logger.defaultLogger)])))
})
