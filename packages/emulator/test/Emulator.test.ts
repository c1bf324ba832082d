import { AssistantFiles, Assistants, Files, type OpenAiClient } from "@effect-openai/client"
import { FileSource } from "@effect-openai/core"
import { Emulator, Ids, Store } from "@effect-openai/emulator"
import { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Deferred, Effect, Exit, Fiber, Layer, Redacted, Stream, TestClock, Tracer } from "effect"
import { describeEach } from "./describeEach.js"
import { apiKey, BaseUrl, form, send, sendJson, type Services, storedTargets, type Target } from "./utils.js"

const model = "gpt-4-turbo"

const upload = (name: string, content: string | Uint8Array = "x") =>
  Files.upload({ file: FileSource.fromBytes(name, content), purpose: "assistants" })

const ids = (objects: Iterable<{ readonly id: string }>) => Array.from(objects, ({ id }) => id)

const equal: (actual: unknown, expected: unknown) => void = assert.deepStrictEqual

/** The same emulator for one test each, in-process and over a socket. */
const on = ({ layer }: Target, options?: Emulator.Options) => {
  const test = (name: string, effect: Effect.Effect<void, unknown, Services>) =>
    it.effect(name, () => Effect.provide(effect, layer(options)), 60_000)
  return test
}

describeEach(storedTargets)("Emulator $name", (target) => {
  const test = on(target)

  describe("assistants", () => {
    test(
      "creates an assistant with the documented defaults",
      Effect.gen(function*() {
        yield* TestClock.setTime(1_699_009_709_999)
        const assistant = yield* Assistants.create({ model })
        assert.match(assistant.id, /^asst_[A-Za-z0-9]{24}$/)
        equal(assistant, {
          id: assistant.id,
          object: "assistant",
          created_at: 1_699_009_709,
          name: null,
          description: null,
          model,
          instructions: null,
          tools: [],
          file_ids: [],
          metadata: {},
          temperature: 1,
          top_p: 1,
          response_format: "auto"
        })
        equal(yield* Assistants.retrieve({ assistant_id: assistant.id }), assistant)
      })
    )

    test(
      "stores an assistant",
      Effect.gen(function*() {
        const settings = {
          name: "Math Tutor",
          description: "Ünï 🙂",
          instructions: "Think.",
          tools: [
            { type: "code_interpreter" },
            { type: "retrieval" },
            {
              type: "function",
              function: { name: "add", parameters: { type: "object", properties: { toString: {} } } }
            }
          ],
          metadata: { team: "a", "": "" },
          temperature: 0,
          top_p: 0.5,
          response_format: { type: "json_object" }
        } as const
        const { created_at, file_ids, id, model: _, object, ...kept } = yield* Assistants.create({ model, ...settings })
        equal(kept, settings)
        equal([created_at, file_ids, object], [0, [], "assistant"])
        const found = yield* Assistants.retrieve({ assistant_id: id })
        equal(found.tools, settings.tools)
      })
    )

    test(
      "replaces null by the default when creating and when modifying",
      Effect.gen(function*() {
        const nulls = { name: null, metadata: null, temperature: null, top_p: null, response_format: null }
        const created = yield* Assistants.create({ model, ...nulls })
        const expected = { name: null, metadata: {}, temperature: 1, top_p: 1, response_format: "auto" }
        equal(created, { ...created, ...expected })
        yield* Assistants.modify({
          assistant_id: created.id,
          name: "a",
          metadata: { a: "b" },
          temperature: 2,
          top_p: 0
        })
        equal(yield* Assistants.modify({ assistant_id: created.id, ...nulls }), created)
      })
    )

    test(
      "modifies only the fields of the request",
      Effect.gen(function*() {
        const created = yield* Assistants.create({ model, name: "a", metadata: { a: "b" } })
        yield* TestClock.adjust("1 hour")
        const modified = yield* Assistants.modify({
          assistant_id: created.id,
          name: "b",
          tools: [{ type: "retrieval" }]
        })
        const expected = { ...created, name: "b", tools: [{ type: "retrieval" }] }
        equal(modified, expected)
        equal(yield* Assistants.retrieve({ assistant_id: created.id }), expected)
        equal(yield* Assistants.modify({ assistant_id: created.id }), modified)
      })
    )

    test(
      "deletes an assistant",
      Effect.gen(function*() {
        const { id } = yield* Assistants.create({ model })
        const kept = yield* Assistants.create({ model })
        equal(yield* Assistants.delete({ assistant_id: id }), {
          id,
          object: "assistant.deleted",
          deleted: true
        })
        for (
          const operation of [
            Assistants.retrieve({ assistant_id: id }),
            Assistants.modify({ assistant_id: id, name: "a" }),
            Assistants.delete({ assistant_id: id }),
            AssistantFiles.list({ assistant_id: id })
          ]
        ) {
          const error = yield* Effect.flip(operation as Effect.Effect<unknown, any, OpenAiClient.OpenAiClient>)
          assert.strictEqual(error._tag, "NotFoundError")
          assert.strictEqual(error.message, `No assistant found with id '${id}'.`)
        }
        equal(ids((yield* Assistants.list()).data), [kept.id])
      })
    )
  })

  describe("lists", () => {
    /** Ten an instant, so that most share their second. */
    const createMany = (count: number) =>
      Effect.forEach(
        Array.from({ length: count }, (_, index) => index),
        (index) => Effect.zipRight(index % 10 === 0 ? TestClock.adjust(400) : Effect.void, Assistants.create({ model }))
      ).pipe(Effect.map(ids))

    test(
      "lists 250 assistants in pages of 100, in both orders and both directions",
      Effect.gen(function*() {
        const created = yield* createMany(250)
        const newestFirst = created.toReversed()
        const items = (request: Parameters<typeof Assistants.list.items>[0]) =>
          Effect.map(Stream.runCollect(Assistants.list.items({ limit: 100, ...request })), ids)

        equal(yield* items({}), newestFirst)
        equal(yield* items({ order: "asc" }), created)
        equal(yield* items({ after: newestFirst[9]! }), newestFirst.slice(10))
        equal(yield* items({ before: newestFirst[249]! }), newestFirst.slice(0, 249).toReversed())
        equal(
          yield* items({ order: "asc", before: created[249]! }),
          created.slice(0, 249).toReversed()
        )

        const pages = Chunk.toReadonlyArray(yield* Stream.runCollect(Assistants.list.pages({ limit: 100 })))
        equal(pages.map((page) => [page.data.length, page.has_more]), [
          [100, true],
          [100, true],
          [50, false]
        ])
        for (const { data, first_id, last_id } of pages) {
          equal([first_id, last_id], [data[0]!.id, data[data.length - 1]!.id])
        }
      })
    )

    test(
      "lists 20 objects by default, between the cursors",
      Effect.gen(function*() {
        const [a, b, c, d, e] = (yield* createMany(25)).slice(-5)
        assert.strictEqual((yield* Assistants.list()).data.length, 20)
        const between = (request: Parameters<typeof Assistants.list>[0]) =>
          Effect.map(Assistants.list(request), ({ data, has_more }) => [ids(data), has_more])
        equal(yield* between({ after: e, before: a }), [[d, c, b], false])
        equal(yield* between({ after: e, before: a, limit: 2 }), [[d, c], true])
        equal(yield* between({ after: e, before: e }), [[], false])
        equal(yield* between({ after: a, before: e, limit: 3 }), [[], false])
        equal(yield* between({ before: b, limit: 2 }), [[d, c], true])
        equal(yield* between({ before: c, limit: 2 }), [[e, d], false])
        equal(yield* between({ order: "asc", after: a, before: d }), [[b, c], false])
      })
    )

    test(
      "has null for both cursors of an empty page",
      Effect.gen(function*() {
        const empty = { object: "list", data: [], first_id: null, last_id: null, has_more: false }
        equal(yield* Assistants.list(), empty)
        equal(yield* Files.list(), empty)
        const { id } = yield* Assistants.create({ model })
        equal(yield* AssistantFiles.list({ assistant_id: id }), empty)
        equal(yield* Assistants.list({ after: id }), empty)
        equal(yield* Assistants.list({ before: id }), empty)
      })
    )

    test(
      "accepts the cursor of a deleted object, and refuses one that never existed",
      Effect.gen(function*() {
        yield* createMany(5)
        yield* Stream.runForEach(
          Assistants.list.items({ limit: 2 }),
          ({ id }) => Assistants.delete({ assistant_id: id })
        )
        equal((yield* Assistants.list()).data, [])
        for (const cursor of ["after", "before"]) {
          const error = yield* Effect.flip(Assistants.list({ [cursor]: "asst_nope" }))
          assert.strictEqual(error._tag, "BadRequestError")
          assert.deepInclude(error, { param: cursor, status: 400 })
        }
      })
    )

    test(
      "refuses a limit out of bounds",
      Effect.gen(function*() {
        const message = (limit: string) =>
          Effect.map(send("GET", limit), ({ json, status }) => [status, json.error?.message.split("\n")[2]])
        const atMost = "  ensure this value is less than or equal to"
        const atLeast =
          "  ensure this value is greater than or equal to 1 (type=value_error.number.not_ge; limit_value=1)"
        equal(yield* message("/assistants?limit=0"), [400, atLeast])
        equal(yield* message("/assistants?limit=-1"), [400, atLeast])
        equal(yield* message("/assistants?limit=101"), [
          400,
          `${atMost} 100 (type=value_error.number.not_le; limit_value=100)`
        ])
        equal(yield* message("/files?limit=10001"), [
          400,
          `${atMost} 10000 (type=value_error.number.not_le; limit_value=10000)`
        ])
        equal(yield* message("/files?limit=0"), [400, atLeast])
        for (const path of ["/assistants?limit=1", "/assistants?limit=100", "/files?limit=10000"]) {
          assert.strictEqual((yield* send("GET", path)).status, 200)
        }
      })
    )
  })

  describe("assistant files", () => {
    test(
      "attaches, retrieves and detaches a file, and keeps the file itself",
      Effect.gen(function*() {
        const assistant = yield* Assistants.create({ model })
        const file = yield* upload("a.txt")
        yield* TestClock.setTime(5000)
        const ref = { assistant_id: assistant.id, file_id: file.id }
        const attached = yield* AssistantFiles.create(ref)
        equal(attached, {
          id: file.id,
          object: "assistant.file",
          created_at: 5,
          assistant_id: assistant.id
        })
        equal(yield* AssistantFiles.retrieve(ref), attached)
        const fileIds = Effect.map(Assistants.retrieve({ assistant_id: assistant.id }), ({ file_ids }) => file_ids)
        equal((yield* AssistantFiles.list({ assistant_id: assistant.id })).data, [attached])
        equal(yield* fileIds, [file.id])

        yield* TestClock.setTime(9000)
        equal(yield* AssistantFiles.create(ref), attached)
        equal(yield* fileIds, [file.id])

        equal(yield* AssistantFiles.delete(ref), {
          id: file.id,
          object: "assistant.file.deleted",
          deleted: true
        })
        for (const again of [AssistantFiles.delete(ref), AssistantFiles.retrieve(ref)]) {
          const error = yield* Effect.flip(again as Effect.Effect<unknown, any, OpenAiClient.OpenAiClient>)
          assert.strictEqual(error._tag, "NotFoundError")
          assert.strictEqual(
            error.message,
            `No file found with id '${file.id}' attached to assistant '${assistant.id}'.`
          )
        }
        equal(yield* fileIds, [])
        equal(yield* Files.retrieve({ file_id: file.id }), file)
      })
    )

    test(
      "replaces all files by `file_ids`, in the order of attaching",
      Effect.gen(function*() {
        const [a, b, c] = ids(yield* Effect.forEach(["a", "b", "c"], (name) => upload(name)))
        const { id: assistant_id } = yield* Assistants.create({ model, file_ids: [b!, a!, b!] })
        const files = (request?: { readonly order: "asc" | "desc" }) =>
          Effect.map(AssistantFiles.list({ assistant_id, ...request }), ({ data }) => ids(data))
        equal((yield* Assistants.retrieve({ assistant_id })).file_ids, [b, a])
        equal(yield* files({ order: "asc" }), [b, a])
        equal(yield* files(), [a, b])

        yield* TestClock.adjust("1 minute")
        equal((yield* Assistants.modify({ assistant_id, name: "kept" })).file_ids, [b, a])
        equal((yield* Assistants.modify({ assistant_id, file_ids: [c!, a!] })).file_ids, [a, c])
        equal(
          (yield* AssistantFiles.list({ assistant_id, order: "asc" })).data.map((file) => [file.id, file.created_at]),
          [[a, 0], [c, 60]]
        )
        equal((yield* Assistants.modify({ assistant_id, file_ids: [] })).file_ids, [])
        equal(yield* files(), [])
      })
    )

    test(
      "changes nothing where a file can't be attached",
      Effect.gen(function*() {
        const file = yield* upload("a")
        const { id: assistant_id } = yield* Assistants.create({ model, name: "before", file_ids: [file.id] })
        for (
          const refused of [
            Assistants.create({ model, file_ids: ["file-nope"] }),
            Assistants.modify({ assistant_id, name: "after", file_ids: ["file-nope"] }),
            AssistantFiles.create({ assistant_id, file_id: "file-nope" })
          ]
        ) {
          const error = yield* Effect.flip(refused as Effect.Effect<unknown, any, OpenAiClient.OpenAiClient>)
          assert.strictEqual(error._tag, "NotFoundError")
          assert.deepInclude(error, { message: "No such File object: file-nope", param: "id" })
        }
        const { data } = yield* Assistants.list()
        equal(data.map(({ file_ids, name }) => ({ file_ids, name })), [
          { file_ids: [file.id], name: "before" }
        ])
        equal(ids((yield* AssistantFiles.list({ assistant_id })).data), [file.id])
      })
    )

    test(
      "detaches a deleted file everywhere, and keeps the files of a deleted assistant",
      Effect.gen(function*() {
        const [a, b] = ids(yield* Effect.forEach(["a", "b"], (name) => upload(name)))
        const assistants = ids(
          yield* Effect.forEach([1, 2, 3], () => Assistants.create({ model, file_ids: [a!, b!] }))
        )
        equal(yield* Files.delete({ file_id: a! }), { id: a!, object: "file", deleted: true })
        for (const assistant_id of assistants) {
          equal((yield* Assistants.retrieve({ assistant_id })).file_ids, [b])
          equal(ids((yield* AssistantFiles.list({ assistant_id })).data), [b])
          yield* Assistants.delete({ assistant_id })
        }
        equal(ids((yield* Files.list()).data), [b])
      })
    )

    test(
      "attaches at most 20 files by concurrent requests",
      Effect.gen(function*() {
        const files = ids(
          yield* Effect.forEach(Array.from({ length: 30 }), () => upload("a"), { concurrency: "unbounded" })
        )
        const { id: assistant_id } = yield* Assistants.create({ model })
        const results = yield* Effect.forEach(
          files,
          (file_id) => Effect.either(AssistantFiles.create({ assistant_id, file_id })),
          { concurrency: "unbounded" }
        )
        const refused = results.filter((result) => result._tag === "Left")
        assert.strictEqual(refused.length, 10)
        for (const { left } of refused) assert.strictEqual(left._tag, "BadRequestError")
        const { file_ids } = yield* Assistants.retrieve({ assistant_id })
        assert.strictEqual(new Set(file_ids).size, 20)
        const { data } = yield* AssistantFiles.list({ assistant_id, order: "asc", limit: 100 })
        equal(ids(data), file_ids)
        const pages = yield* Stream.runCollect(AssistantFiles.list.items({ assistant_id, limit: 7, order: "asc" }))
        equal(ids(pages), file_ids)
      })
    )
  })

  describe("files", () => {
    const everyByte = Uint8Array.from({ length: 256 }, (_, index) => index)
    const megabytes = Uint8Array.from({ length: 5_000_003 }, (_, index) => (index * 7919) >> 3)
    const boundaries = "\r\n--b\r\n--b--\r\n\r\n--"

    for (
      const [kind, content] of [
        ["binary", everyByte],
        ["empty", new Uint8Array()],
        ["of some megabytes", megabytes],
        ["of boundaries", new TextEncoder().encode(boundaries)]
      ] as const
    ) {
      test(
        `a file that is ${kind} comes back byte by byte`,
        Effect.gen(function*() {
          const file = yield* upload("data.bin", content)
          assert.match(file.id, /^file-[A-Za-z0-9]{24}$/)
          equal(file, {
            id: file.id,
            object: "file",
            bytes: content.length,
            created_at: 0,
            filename: "data.bin",
            purpose: "assistants",
            status: "processed"
          })
          equal(yield* Files.retrieve({ file_id: file.id }), file)
          assert.isTrue(Buffer.from(content).equals(yield* Files.content({ file_id: file.id })))
          const chunks = yield* Stream.runCollect(Files.content.stream({ file_id: file.id }))
          assert.isTrue(Buffer.from(content).equals(Buffer.concat([...chunks])))
        })
      )
    }

    test(
      "reads a form in chunks of any size",
      Effect.gen(function*() {
        const content = `a\r\n--\r\n--c${boundaries.slice(0, 4)}\r\n\r`
        const { body, headers } = form(
          ["name=\"purpose\"", "vision"],
          ["name=\"file\"; filename=\"ünï 🙂.txt\"\r\ncontent-type: text/plain", content]
        )
        const bytes = new TextEncoder().encode(`preamble\r\n${body as string}epilogue`)
        const cut = (size: number) =>
          Stream.fromIterable(
            Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
              bytes.subarray(index * size, (index + 1) * size))
          ).pipe(Stream.rechunk(1))
        for (const size of [1, 2, 3, 5, 7, 11, 64, 1000]) {
          const { json, status } = yield* send("POST", "/files", { headers: headers!, body: cut(size) })
          assert.strictEqual(status, 200)
          equal([json.filename, json.purpose, json.bytes], ["ünï 🙂.txt", "vision", content.length])
          assert.strictEqual((yield* send("GET", `/files/${json.id}/content`)).text, content)
        }
      })
    )

    test(
      "downloads content as an attachment with any file name",
      Effect.gen(function*() {
        const names = ["a.txt", "../../etc/passwd", "ünï 🙂.txt", "a\"b;c\\d%41'.txt", "", `${"x".repeat(5000)}.txt`]
        for (const name of names) {
          const file = yield* upload(name, "abc")
          const { headers, text } = yield* send("GET", `/files/${file.id}/content`)
          assert.strictEqual(text, "abc")
          assert.strictEqual(headers["content-type"], "application/octet-stream")
          assert.strictEqual(headers["content-length"], "3")
          assert.match(
            headers["content-disposition"]!,
            /^attachment; filename="[^"\\]{0,255}"; filename\*=UTF-8''[\w.~!*%-]*$/
          )
        }
        const { filename } = yield* upload("ünï 🙂.txt")
        assert.strictEqual(filename, "ünï 🙂.txt")
      })
    )

    test(
      "lists files by purpose, in both orders",
      Effect.gen(function*() {
        const uploadAs = (purpose: "assistants" | "vision" | "batch") =>
          Effect.zipRight(
            TestClock.adjust("1 second"),
            Files.upload({ file: FileSource.fromBytes("a.jsonl", "{}"), purpose })
          )
        const [a, b, c, d] = ids(
          yield* Effect.forEach(["assistants", "vision", "batch", "vision"] as const, uploadAs)
        )
        const list = (request: Parameters<typeof Files.list>[0]) =>
          Effect.map(Files.list(request), ({ data, has_more }) => [ids(data), has_more])
        equal(yield* list({}), [[d, c, b, a], false])
        equal(yield* list({ order: "asc", limit: 3 }), [[a, b, c], true])
        equal(yield* list({ purpose: "vision" }), [[d, b], false])
        equal(yield* list({ purpose: "vision", limit: 1 }), [[d], true])
        equal(yield* list({ purpose: "vision", after: c! }), [[b], false])
        equal(yield* list({ purpose: "nope" }), [[], false])
        const all = yield* Stream.runCollect(Files.list.items({ limit: 1 }))
        equal(ids(all), [d, c, b, a])
      })
    )

    test(
      "deletes a file",
      Effect.gen(function*() {
        const { id: file_id } = yield* upload("a")
        yield* Files.delete({ file_id })
        for (const operation of [Files.retrieve, Files.delete, Files.content]) {
          const error = yield* Effect.flip(
            operation({ file_id }) as Effect.Effect<unknown, any, OpenAiClient.OpenAiClient>
          )
          assert.strictEqual(error._tag, "NotFoundError")
          assert.deepInclude(error, { message: `No such File object: ${file_id}`, param: "id" })
        }
      })
    )

    test(
      "checks the lines of files for batches and fine-tuning",
      Effect.gen(function*() {
        const upload = (purpose: "batch" | "fine-tune", content: string, name = "a.jsonl") =>
          Files.upload({ file: FileSource.fromBytes(name, content), purpose })
        const refusal = (...args: Parameters<typeof upload>) =>
          Effect.map(Effect.flip(upload(...args)), (error) => {
            assert.strictEqual(error._tag, "BadRequestError")
            return error.message
          })
        assert.include(yield* refusal("fine-tune", "{}", "a.txt"), "must be a .jsonl file")
        for (const content of ["", "\n\n", "[1]\n{}", "text"]) {
          assert.strictEqual(
            yield* refusal("batch", content),
            "Invalid file format for Batch API. Must be .jsonl"
          )
        }
        assert.strictEqual(
          yield* refusal("fine-tune", "{}\nName,Age\n"),
          "Expected file to have JSONL format, where every line is a valid JSON dictionary. " +
            "Line starts with: \"Name,Age\"."
        )
        assert.strictEqual((yield* Files.list()).data.length, 0)
        yield* upload("batch", "{}\nnot checked yet", "no extension")
        yield* upload("fine-tune", "{}\n\n{\"messages\":[]}")
        assert.strictEqual((yield* Files.list()).data.length, 2)
      })
    )

    test(
      "reads the fields of a form in any order, and refuses repeated and unknown ones",
      Effect.gen(function*() {
        const file = ["name=\"file\"; filename=\"a.txt\"", "abc"] as const
        const purpose = ["name=\"purpose\"", "vision"] as const
        const extra = ["name=\"extra\"", "abc"] as const
        const problems = (...parts: ReadonlyArray<readonly [string, string]>) =>
          Effect.map(
            send("POST", "/files", form(...parts)),
            ({ json, status }) =>
              status === 200 ? [] : json.error.message.split("\n").slice(1).map((line: string) => line.trim())
          )
        equal(yield* problems(file, purpose), [])
        equal(yield* problems(purpose, file), [])
        equal(yield* problems(file), ["body -> purpose", "field required (type=value_error.missing)"])
        equal(yield* problems(purpose), ["body -> file", "field required (type=value_error.missing)"])
        equal(yield* problems(file, purpose, extra), [
          "body -> extra",
          "extra fields not permitted (type=value_error.extra)"
        ])
        equal(yield* problems(file, file, purpose), [
          "body -> file",
          "file expected (type=type_error.file)"
        ])
        equal(yield* problems(["name=\"file\"", "abc"], purpose), [
          "body -> file",
          "file expected (type=type_error.file)"
        ])
        assert.lengthOf(yield* problems(file, purpose, purpose), 2)
        assert.lengthOf(yield* problems(file, ["name=\"purpose\"", "nope"]), 2)
        assert.lengthOf(yield* problems(file, purpose, ["name=\"__proto__\"", "abc"]), 2)
        assert.strictEqual((yield* Files.list()).data.length, 2)
      })
    )

    test(
      "refuses an invalid form, and stores nothing",
      Effect.gen(function*() {
        const start = "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nabc"
        const bodies = [
          "",
          "abc",
          "--b",
          start,
          `${start}\r\n--b`,
          `${start}--b--`,
          `${start}\r\n--b\r\n`,
          `${start}\r\n--b\r\nnonsense\r\n\r\nx\r\n--b--\r\n`,
          `${start}\r\n--b\r\ncontent-disposition: form-data; name="x"; filename*=utf-8''%ff\r\n\r\nx\r\n--b--\r\n`,
          `--b\r\ncontent-disposition: form-data\r\n\r\nx\r\n--b--\r\n`
        ]
        for (const body of bodies) {
          const { json, status } = yield* send("POST", "/files", { ...form(), body })
          assert.strictEqual(status, 400, body)
          assert.strictEqual(json.error.type, "invalid_request_error")
        }
        const many = form(...Array.from({ length: 101 }, (_, index) => [`name="f${index}"`, ""] as const))
        assert.include((yield* send("POST", "/files", many)).json.error.message, "100 parts")
        equal((yield* Files.list()).data, [])
      })
    )

    it.effect("stores nothing of an interrupted upload", () =>
      Effect.gen(function*() {
        const writing = yield* Deferred.make<string>()
        const written = yield* Deferred.make<Exit.Exit<void, unknown>>()
        const store = Layer.effect(
          Store.Store,
          Effect.map(Store.Store, (store): Store.Service => ({
            ...store,
            writeBlob: (key, bytes) =>
              store.writeBlob(key, Stream.tap(bytes, () => Deferred.succeed(writing, key))).pipe(
                Effect.onExit((exit) => Deferred.succeed(written, exit))
              )
          }))
        ).pipe(Layer.provide(Store.layerMemory))
        const endless = Stream.concat(Stream.make(new Uint8Array(100_000)), Stream.never)
        yield* Effect.gen(function*() {
          const fiber = yield* Effect.fork(
            Files.upload({ file: FileSource.fromStream("a", endless), purpose: "assistants" })
          )
          const key = yield* Deferred.await(writing)
          yield* Fiber.interrupt(fiber)
          assert.isTrue(Exit.isFailure(yield* Deferred.await(written)))
          equal((yield* Files.list()).data, [])
          const left = yield* Stream.runCollect(Stream.flatMap(Store.Store, (store) => store.readBlob(key)))
          assert.strictEqual(left.length, 0)
          yield* upload("b")
          assert.strictEqual((yield* Files.list()).data.length, 1)
        }).pipe(Effect.provide(Layer.provideMerge(target.layer({ store }), store)))
      }))
  })

  describe("refusals", () => {
    const refused = (
      response: { readonly status: number; readonly json: any; readonly headers: Record<string, string> },
      status: number,
      error: { readonly message: string; readonly param?: string; readonly code?: string }
    ) => {
      assert.strictEqual(response.status, status)
      equal(response.json, {
        error: { type: "invalid_request_error", param: null, code: null, ...error }
      })
      assert.match(response.headers["x-request-id"]!, /^req_\w{24}$/)
      assert.match(response.headers["openai-processing-ms"]!, /^\d+$/)
    }

    test(
      "refuses a request without a key",
      Effect.gen(function*() {
        const message = "You didn't provide an API key. You need to provide your API key in an Authorization header " +
          "using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."
        for (const authorization of [undefined, "Bearer ", "Bearer", "Basic c2stYQ==", apiKey]) {
          refused(yield* send("GET", "/assistants", { headers: { authorization } }), 401, { message })
        }
        refused(yield* send("GET", "/nope", { headers: { authorization: undefined } }), 401, { message })
      })
    )

    test(
      "refuses an Assistants request without its header",
      Effect.gen(function*() {
        const message = "You must provide the 'OpenAI-Beta' header to access the Assistants API. Please try again by " +
          "setting the header 'OpenAI-Beta: assistants=v1'."
        for (const beta of [undefined, "", "realtime=v1"]) {
          refused(yield* send("GET", "/assistants", { headers: { "openai-beta": beta } }), 400, {
            message,
            code: "invalid_beta"
          })
        }
        refused(yield* send("GET", "/assistants", { headers: { "openai-beta": "assistants=v2" } }), 400, {
          message: "The header 'OpenAI-Beta: assistants=v2' names a version that this server does not support. It " +
            "supports 'OpenAI-Beta: assistants=v1'.",
          code: "invalid_beta"
        })
        for (const beta of ["realtime=v1, assistants=v1", "assistants=v1,assistants=v2"]) {
          assert.strictEqual((yield* send("GET", "/assistants", { headers: { "openai-beta": beta } })).status, 200)
        }
        assert.strictEqual((yield* send("GET", "/files", { headers: { "openai-beta": undefined } })).status, 200)
      })
    )

    test(
      "refuses unknown routes",
      Effect.gen(function*() {
        for (
          const path of [
            "/nope?a=b",
            "/assistants/",
            "/Assistants",
            "/assistants/a/b",
            "/files//content",
            "/assistants/%ff",
            "/assistants/%",
            "//assistants"
          ]
        ) {
          refused(yield* send("GET", path), 404, { message: `Invalid URL (GET /v1${path.split("?")[0]})` })
        }
        refused(yield* sendJson("POST", "/assistants/", { model }), 404, {
          message: "Invalid URL (POST /v1/assistants/)"
        })
      })
    )

    test(
      "refuses unknown methods of a route",
      Effect.gen(function*() {
        for (
          const [method, path, allow] of [
            ["PUT", "/assistants", "GET, POST"],
            ["PATCH", "/assistants/a", "DELETE, GET, POST"],
            ["DELETE", "/files/a/content", "GET"]
          ] as const
        ) {
          const response = yield* send(method, path)
          refused(response, 405, { message: `Not allowed to ${method} on /v1${path}.` })
          assert.strictEqual(response.headers["allow"]!.split(", ").toSorted().join(", "), allow)
        }
      })
    )

    test(
      "refuses bodies that are not JSON",
      Effect.gen(function*() {
        const message = "We could not parse the JSON body of your request: what was sent is not valid JSON."
        for (const body of ["{", "{\"model\": }", "undefined", new Uint8Array([123, 0xff, 125])]) {
          const headers = { "content-type": "application/json" }
          refused(yield* send("POST", "/assistants", { headers, body }), 400, { message })
        }
      })
    )

    test(
      "refuses bodies of another media type",
      Effect.gen(function*() {
        for (
          const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "a/b"]
        ) {
          refused(yield* send("POST", "/assistants", { headers: { "content-type": type }, body: "--b--" }), 400, {
            message: `Invalid Content-Type header (${type}), expected application/json.`
          })
        }
        for (const type of ["application/json", "multipart/form-data", "a/b"]) {
          refused(yield* send("POST", "/files", { headers: { "content-type": type }, body: "{}" }), 400, {
            message: `Invalid Content-Type header (${type}), expected multipart/form-data.`
          })
        }
      })
    )

    test(
      "reports all invalid fields in one response",
      Effect.gen(function*() {
        const { json, status } = yield* sendJson("POST", "/assistants", {
          name: "x".repeat(257),
          instructions: 1,
          tools: [{ type: "nope" }, { type: "function", function: { name: "a b" } }, {}, 1],
          file_ids: Array.from({ length: 21 }, String),
          metadata: { ["k".repeat(65)]: "", a: "v".repeat(513) },
          temperature: 2.1,
          top_p: -1,
          response_format: "xml",
          extra: true
        })
        assert.strictEqual(status, 400)
        const tools = "'code_interpreter', 'retrieval', 'function'"
        const [title, ...problems] = json.error.message.split(/\n(?! )/)
        assert.strictEqual(title, "14 validation errors for Request")
        assert.sameMembers(
          problems,
          [
            "body -> extra\n  extra fields not permitted (type=value_error.extra)",
            "body -> model\n  field required (type=value_error.missing)",
            "body -> name\n  ensure this value has at most 256 characters " +
            "(type=value_error.any_str.max_length; limit_value=256)",
            "body -> instructions\n  str type expected (type=type_error.str)",
            `body -> tools -> 0 -> type\n  unexpected value; permitted: ${tools} ` +
            `(type=value_error.const; given=nope; permitted=(${tools}))`,
            "body -> tools -> 1 -> function -> name\n  string does not match regex \"^[a-zA-Z0-9_-]{1,64}$\" " +
            "(type=value_error.str.regex; pattern=^[a-zA-Z0-9_-]{1,64}$)",
            "body -> tools -> 2 -> type\n  field required (type=value_error.missing)",
            "body -> tools -> 3\n  value is not a valid dict (type=type_error.dict)",
            "body -> file_ids\n  ensure this value has at most 20 items (type=value_error.list.max_items; limit_value=20)",
            `body -> metadata -> ${"k".repeat(65)}\n  ensure this value has at most 64 characters ` +
            "(type=value_error.any_str.max_length; limit_value=64)",
            "body -> metadata -> a\n  ensure this value has at most 512 characters " +
            "(type=value_error.any_str.max_length; limit_value=512)",
            "body -> temperature\n  ensure this value is less than or equal to 2 " +
            "(type=value_error.number.not_le; limit_value=2)",
            "body -> top_p\n  ensure this value is greater than or equal to 0 " +
            "(type=value_error.number.not_ge; limit_value=0)",
            "body -> response_format\n  unexpected value; permitted: 'none', 'auto' " +
            "(type=value_error.const; given=xml; permitted=('none', 'auto'))"
          ].slice(0, 14)
        )
      })
    )

    test(
      "reports an unknown field with the documented message",
      Effect.gen(function*() {
        const { id } = yield* Assistants.create({ model })
        refused(yield* sendJson("POST", `/assistants/${id}/files`, { file_id: "a", metadata: {} }), 400, {
          message:
            "1 validation error for Request\nbody -> metadata\n  extra fields not permitted (type=value_error.extra)"
        })
      })
    )

    test(
      "reports violations of path, query and body together",
      Effect.gen(function*() {
        refused(yield* send("GET", "/assistants?limit=x&order=up&after=a&after=b"), 400, {
          message: "3 validation errors for Request\n" +
            "query -> limit\n  value is not a valid integer (type=type_error.integer)\n" +
            "query -> order\n  unexpected value; permitted: 'asc', 'desc' " +
            "(type=value_error.const; given=up; permitted=('asc', 'desc'))\n" +
            "query -> after\n  str type expected (type=type_error.str)"
        })
        const response = yield* send("GET", "/files/%25%32%65")
        assert.strictEqual(response.status, 400)
        assert.match(response.json.error.message, /^1 validation error for Request\npath -> file_id\n {2}/)
        for (const [type, body] of [["application/json", "{"], ["text/plain", "a"]] as const) {
          const response = yield* send("POST", "/assistants/%25%32%65", { headers: { "content-type": type }, body })
          assert.strictEqual(response.status, 400)
          assert.match(response.json.error.message, /^1 validation error for Request\npath -> assistant_id\n {2}/)
        }
        const both = yield* sendJson("POST", "/assistants/%25%32%65", { extra: 1 })
        assert.match(both.json.error.message, /^2 validation errors for Request\npath -> [^]*\nbody -> extra\n/)
        for (
          const [body, problem] of [
            ["", "field required (type=value_error.missing)"],
            ["null", "none is not an allowed value (type=type_error.none.not_allowed)"],
            ["[]", "value is not a valid dict (type=type_error.dict)"],
            ["\"a\"", "value is not a valid dict (type=type_error.dict)"]
          ] as const
        ) {
          refused(yield* send("POST", "/assistants", { body }), 400, {
            message: `1 validation error for Request\nbody\n  ${problem}`
          })
        }
        refused(yield* send("POST", "/assistants"), 400, {
          message: "1 validation error for Request\nbody\n  field required (type=value_error.missing)"
        })
      })
    )

    test(
      "survives hostile bodies",
      Effect.gen(function*() {
        const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`
        const withParameters = (parameters: string) =>
          `{"model":"a","tools":[{"type":"function","function":{"name":"f","parameters":${parameters}}}]}`
        const statuses: Array<number> = []
        for (
          const body of [
            withParameters(`{"a":${nested(100)}}`),
            withParameters(`{"a":${nested(100_000)}}`),
            nested(100_000),
            "{\"model\":\"a\",\"tools\":[{\"type\":{\"toString\":1,\"valueOf\":1}}]}",
            "{\"model\":\"a\",\"response_format\":{\"toString\":1}}",
            "{\"model\":\"a\",\"__proto__\":{\"x\":1}}",
            "{\"model\":\"a\",\"metadata\":{\"__proto__\":\"x\"}}",
            withParameters("{\"__proto__\":{\"x\":1},\"toString\":1}"),
            "{\"model\":\"\\ud800\",\"name\":\"\\u0000\"}",
            "{\"model\":\"a\",\"temperature\":1e999}",
            `{${Array.from({ length: 10_000 }, (_, index) => `"f${index}":1`).join()}}`
          ]
        ) {
          const response = yield* send("POST", "/assistants", { body })
          statuses.push(response.status)
          assert.isBelow(response.text.length, 10_000)
        }
        equal(statuses, [200, 400, 400, 400, 400, 400, 400, 400, 200, 400, 400])
        assert.notProperty({}, "x")
        assert.strictEqual((yield* Assistants.list()).data.length, 2)
      })
    )

    test(
      "accepts identifiers of any length and characters",
      Effect.gen(function*() {
        for (
          const id of ["a".repeat(5000), "a/b", "a;b", "a?b", "ü🙂", "\u0000", "a%2fb", "constructor", "__proto__"]
        ) {
          refused(yield* send("GET", `/assistants/${encodeURIComponent(id)}`), 404, {
            message: `No assistant found with id '${id}'.`
          })
        }
        refused(yield* send("GET", "/assistants/a;b"), 404, { message: "No assistant found with id 'a;b'." })
      })
    )
  })

  describe("limits", () => {
    const test = on(target, { maxBodyBytes: 1000, maxFileBytes: 2000 })

    const chunks = (count: number, size: number) =>
      Stream.fromIterable(Array.from({ length: count }, () => new Uint8Array(size).fill(32)))

    const headers = { "content-type": "application/json" }

    test(
      "refuses a body that is too large, with or without content-length",
      Effect.gen(function*() {
        const body = JSON.stringify({ model: "a", name: "" })
        assert.strictEqual((yield* send("POST", "/assistants", { headers, body: body.padEnd(1000) })).status, 200)
        for (const tooMuch of [body.padEnd(1001), body.padEnd(3_000_000), chunks(2, 501), chunks(500, 1000)]) {
          const { json, status } = yield* send("POST", "/assistants", { headers, body: tooMuch })
          assert.strictEqual(status, 413)
          equal(json.error, {
            type: "invalid_request_error",
            message: "The request is too large: its content may have at most 1000 bytes.",
            param: null,
            code: null
          })
        }
      })
    )

    test(
      "refuses a file that is too large, with or without content-length, and stores nothing",
      Effect.gen(function*() {
        const uploadOf = (size: number) => {
          const { body, headers } = form(["name=\"file\"; filename=\"a\"", "x".repeat(size)], [
            "name=\"purpose\"",
            "vision"
          ])
          const bytes = new TextEncoder().encode(body as string)
          return [bytes, Stream.fromIterable([bytes.subarray(0, 100), bytes.subarray(100)])].map((body) =>
            send("POST", "/files", { headers: headers!, body })
          )
        }
        for (const upload of uploadOf(2000)) assert.strictEqual((yield* upload).status, 200)
        for (const upload of [...uploadOf(2001), ...uploadOf(100_000), ...uploadOf(2_500_000)]) {
          const { json, status } = yield* upload
          assert.strictEqual(status, 413)
          assert.include(json.error.message, "2000 bytes")
        }
        assert.strictEqual((yield* Files.list()).data.length, 2)
      })
    )
  })

  describe("keys", () => {
    const test = on(target, { apiKeys: [Redacted.make("sk-other"), Redacted.make(apiKey)] })

    test(
      "refuses unknown keys, and masks them",
      Effect.gen(function*() {
        yield* Assistants.list()
        for (const [key, masked] of [["sk-wrong-key-of-some-length-wxyz", "sk-wr****wxyz"], ["short", "****"]]) {
          const { json, status } = yield* send("GET", "/files", { headers: { authorization: `Bearer ${key}` } })
          assert.strictEqual(status, 401)
          equal(json.error, {
            type: "invalid_request_error",
            message: `Incorrect API key provided: ${masked}. You can find your API key at ` +
              "https://platform.openai.com/account/api-keys.",
            param: null,
            code: "invalid_api_key"
          })
        }
      })
    )
  })

  describe("requests", () => {
    test(
      "have an ID each",
      Effect.gen(function*() {
        const responses = yield* Effect.forEach(
          ["/assistants", "/nope", "/files/x", "/files/x/content", "/assistants?limit=0"].flatMap((
            path
          ) => [path, path]),
          (path) => send("GET", path),
          { concurrency: "unbounded" }
        )
        assert.strictEqual(new Set(responses.map(({ headers }) => headers["x-request-id"])).size, 10)
        for (const { headers } of responses) assert.match(headers["openai-processing-ms"]!, /^\d+$/)
      })
    )

    test(
      "are all stored when concurrent",
      Effect.gen(function*() {
        const created = yield* Effect.forEach(
          Array.from({ length: 200 }),
          () => Assistants.create({ model }),
          { concurrency: 50 }
        )
        const listed = yield* Stream.runCollect(Assistants.list.items({ limit: 100 }))
        assert.sameMembers(ids(listed), ids(created))
        assert.strictEqual(new Set(ids(created)).size, 200)
      })
    )

    it.live("have the same responses for the same seed and time", () => {
      const run = Effect.gen(function*() {
        const responses = [
          yield* sendJson("POST", "/assistants", { model }),
          yield* send("POST", "/files", form(["name=\"file\"; filename=\"a\"", "x"], ["name=\"purpose\"", "vision"])),
          yield* send("GET", "/assistants"),
          yield* send("GET", "/nope")
        ]
        return responses.map(({ headers: { date: _, ...headers }, status, text }) => ({ headers, status, text }))
      })
      const layer = (seed: string) =>
        target.layer({ ids: Ids.layerSeeded(seed), clock: Emulator.clockAt("2024-04-15T12:00:00Z") })
      return Effect.gen(function*() {
        const first = yield* Effect.provide(run, layer("a"))
        equal(yield* Effect.provide(run, layer("a")), first)
        assert.notDeepEqual(yield* Effect.provide(run, layer("b")), first)
        assert.strictEqual(JSON.parse(first[0]!.text).created_at, 1_713_182_400)
        assert.strictEqual(first[0]!.headers["openai-processing-ms"], "0")
      })
    })

    test(
      "have the response of GET without its body for HEAD",
      Effect.gen(function*() {
        const { headers, status, text } = yield* Effect.gen(function*() {
          const response = yield* HttpClient.head(`${yield* BaseUrl}/files`, {
            headers: { authorization: `Bearer ${apiKey}` }
          })
          return { headers: response.headers, status: response.status, text: yield* response.text }
        })
        equal([status, text], [200, ""])
        assert.isDefined(headers["x-request-id"])
      })
    )
  })

  describe("failures of the emulator", () => {
    const failing = Layer.map(Store.layerMemory, (context) => context).pipe(
      Layer.flatMap(() =>
        Layer.effect(
          Store.Store,
          Effect.map(Store.Store, (store): Store.Service => ({
            ...store,
            get: () => Effect.fail(new Store.StoreError({ message: "the disk is full of secrets" })),
            list: () => Effect.die(new Error("the disk is on fire"))
          }))
        ).pipe(Layer.provide(Store.layerMemory))
      )
    )

    on(target, { store: failing })(
      "have responses without details",
      Effect.gen(function*() {
        for (const path of ["/assistants/a", "/assistants", "/files/a/content"]) {
          const { headers, json, status } = yield* send("GET", path)
          assert.strictEqual(status, 500)
          equal(json, {
            error: {
              type: "server_error",
              message: "The server had an error while processing your request.",
              param: null,
              code: null
            }
          })
          assert.isDefined(headers["x-request-id"])
        }
      })
    )
  })

  it.effect("has no secret in its spans", () =>
    Effect.gen(function*() {
      const attributes = new Map<string, unknown>()
      const tracer = Tracer.make({
        context: (f) => f(),
        span: (name, parent, context, links, startTime, kind): Tracer.Span => ({
          _tag: "Span",
          spanId: name,
          traceId: name,
          name,
          parent,
          context,
          links,
          kind,
          sampled: true,
          attributes,
          status: { _tag: "Started", startTime },
          attribute: (key, value) => {
            if (kind === "server") attributes.set(key, value)
          },
          event: () => {},
          addLinks: () => {},
          end: () => {}
        })
      })
      yield* send("GET", "/files", {
        headers: { "openai-organization": "org-secret", "openai-project": "proj-secret" }
      })
        .pipe(Effect.provide(target.layer()), Effect.withTracer(tracer))
      const text = JSON.stringify([...attributes])
      assert.include(text, "http.request.header.authorization")
      assert.notInclude(text, apiKey)
      assert.notInclude(text, "secret")
    }))
})
