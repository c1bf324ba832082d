import { Files, Uploads } from "@effect-openai/client"
import { FileSource } from "@effect-openai/core"
import { Store } from "@effect-openai/emulator"
import { assert, it } from "@effect/vitest"
import { Effect, Schedule, Stream } from "effect"
import { createHash } from "node:crypto"
import { files, uploadParts } from "../src/internal/documents.js"
import { describeEach } from "./describeEach.js"
import { form, later, send, stores, withEmulator } from "./utils.js"

const text = "Seven stars shine."
const bytes = new TextEncoder().encode(text)

const request = { filename: "facts.txt", purpose: "assistants", bytes: bytes.length, mime_type: "text/plain" } as const

const part = (upload_id: string, data: Uint8Array | string) =>
  Uploads.addPart({ upload_id, data: FileSource.fromBytes("part", data) })

const md5 = createHash("md5").update(bytes).digest("hex")

/** All bytes that are kept under identifiers. */
const kept = (ids: ReadonlyArray<string>) =>
  Effect.flatMap(
    Store.Store,
    (store) =>
      Effect.reduce(ids, 0, (sum, id) => Stream.runFold(store.readBlob(id), sum, (sum, { length }) => sum + length))
  )

describeEach(stores)("uploads with $name", ({ layer: storeLayer }) => {
  const test = <E>(title: string, run: Effect.Effect<void, E, Store.Store>) =>
    it.live(title, () => Effect.provide(run, storeLayer))

  test(
    "drops the bytes of parts where the upload is completed or cancelled",
    Effect.gen(function*() {
      const store = yield* Store.Store
      yield* Effect.gen(function*() {
        const { id } = yield* Uploads.create(request)
        const [b, a] = yield* Effect.all([part(id, bytes.subarray(5)), part(id, bytes.subarray(0, 5))], {
          concurrency: 2
        })
        const unused = yield* part(id, "unused")
        assert.match(id, /^upload_[0-9a-f]{32}$/)
        assert.match(a.id, /^part_[0-9a-f]{32}$/)
        const { file } = yield* Uploads.complete({ upload_id: id, part_ids: [a.id, b.id], md5: md5.toUpperCase() })
        assert.strictEqual(new TextDecoder().decode(yield* Files.content({ file_id: file!.id })), text)
        assert.strictEqual(yield* kept([a.id, b.id, unused.id]), 0)

        const other = yield* Uploads.create(request)
        const c = yield* part(other.id, bytes)
        yield* Uploads.cancel({ upload_id: other.id })
        assert.strictEqual(yield* kept([c.id]), 0)
        // A second request to cancel has no effect.
        assert.strictEqual((yield* Uploads.cancel({ upload_id: other.id })).status, "cancelled")
        assert.deepStrictEqual(yield* store.find(uploadParts, {}), [])
      }).pipe(withEmulator())
    })
  )

  test(
    "says what is wrong with an upload, and keeps no bytes of what it refuses",
    Effect.gen(function*() {
      const store = yield* Store.Store
      yield* Effect.gen(function*() {
        const refusal = <E extends { readonly message: string }>(effect: Effect.Effect<unknown, E, any>) =>
          Effect.map(Effect.flip(effect), ({ message }) => message)
        assert.strictEqual(
          yield* refusal(Uploads.create({ ...request, purpose: "vision", mime_type: "text/plain" })),
          "The MIME type 'text/plain' is not supported for the purpose 'vision'."
        )
        const { id } = yield* Uploads.create(request)
        const a = yield* part(id, bytes.subarray(1))
        const complete = (part_ids: ReadonlyArray<string>, rest = {}) =>
          Uploads.complete({ upload_id: id, part_ids: [...part_ids], ...rest })
        assert.strictEqual(
          yield* refusal(complete([a.id])),
          "The number of bytes uploaded (17) does not match the number of bytes expected (18)."
        )
        assert.strictEqual(yield* refusal(complete(["part_x"])), "No such part: part_x")
        assert.strictEqual(yield* refusal(complete([a.id, a.id])), `The part ${a.id} is named twice.`)
        const b = yield* part(id, "?")
        assert.strictEqual(
          yield* refusal(complete([b.id, a.id], { md5 })),
          "The md5 of the uploaded bytes does not match."
        )
        assert.deepStrictEqual(yield* store.find(files, {}), [])
        yield* complete([b.id, a.id])
        assert.strictEqual(yield* refusal(part(id, "late")), `Upload ${id} is completed.`)
        assert.strictEqual(yield* refusal(Uploads.cancel({ upload_id: id })), `Upload ${id} is completed.`)
        assert.strictEqual(yield* refusal(part("upload_x", "")), "No such Upload object: upload_x")

        const lines = yield* Uploads.create({ ...request, filename: "a", purpose: "batch", bytes: 4 })
        const words = yield* part(lines.id, "text")
        assert.strictEqual(
          yield* refusal(Uploads.complete({ upload_id: lines.id, part_ids: [words.id] })),
          "Invalid file format for Batch API. Must be .jsonl"
        )
        assert.include(
          yield* refusal(Uploads.create({ ...request, purpose: "fine-tune" })),
          "must be a .jsonl file"
        )
      }).pipe(withEmulator())
    })
  )

  test(
    "accepts a part without a file name, and refuses one that is too large",
    Effect.gen(function*() {
      const { id } = yield* Uploads.create(request)
      const unnamed = yield* send("POST", `/uploads/${id}/parts`, form(["name=\"data\"", text]))
      assert.strictEqual(unnamed.status, 200)
      const completed = yield* Uploads.complete({ upload_id: id, part_ids: [unnamed.json.id], md5 })
      assert.strictEqual(completed.file?.bytes, bytes.length)
      const other = yield* Uploads.create(request)
      const large = yield* send("POST", `/uploads/${other.id}/parts`, form(["name=\"data\"", "x".repeat(2000)]))
      assert.strictEqual(large.status, 413)
    }).pipe(withEmulator({ maxFileBytes: 1000 }))
  )

  test(
    "lets an upload expire after an hour, also in the next process",
    Effect.gen(function*() {
      const store = yield* Store.Store
      const { a, id } = yield* withEmulator()(Effect.gen(function*() {
        const { id } = yield* Uploads.create(request)
        return { id, a: yield* part(id, bytes) }
      }))
      yield* withEmulator({ clock: later("59 minutes") })(part(id, bytes))
      yield* withEmulator({ clock: later("61 minutes") })(Effect.gen(function*() {
        const error = yield* Effect.flip(Uploads.complete({ upload_id: id, part_ids: [a.id] }))
        assert.strictEqual(error.message, `Upload ${id} is expired.`)
        // The next process refuses an expired upload immediately, and removes its parts when it has found it.
        yield* Effect.repeat(kept([a.id]), { until: (bytes) => bytes === 0, schedule: Schedule.spaced("1 millis") })
        assert.deepStrictEqual(yield* store.find(uploadParts, {}), [])
      }))
    })
  )
})
