import {
  Assistants,
  ChatCompletions,
  type Common,
  Embeddings,
  Endpoint,
  Files,
  FileSource,
  Messages,
  Runs
} from "@effect-openai/core"
import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

const retrieve = Endpoint.make({
  name: "retrieveThing",
  summary: "Retrieve thing",
  description: "Returns a thing.",
  method: "GET",
  path: "/things/{thing_id}/parts/{part_id}",
  parameters: {
    thing_id: Endpoint.pathParameter("The ID of the thing."),
    part_id: Endpoint.pathParameter("The ID of the part.")
  },
  success: Endpoint.json(Schema.Struct({ id: Schema.String }))
})

/** The message for the first invalid field; undefined if the request is valid. */
const fault = <E extends Endpoint.Any>(endpoint: E, request: unknown): string | undefined =>
  Either.match(ParseResult.validateEither(Endpoint.request(endpoint), { onExcessProperty: "error" })(request), {
    onLeft: (issue) => {
      const [{ message, path }] = ParseResult.ArrayFormatter.formatIssueSync(issue) as [ParseResult.ArrayFormatterIssue]
      return `${path.join(".")}: ${message}`
    },
    onRight: () => undefined
  })

const options = {
  name: "doX",
  summary: "X",
  description: "Does X.",
  method: "POST",
  path: "/x"
} as const

const transcribe = Endpoint.make({
  ...options,
  body: Endpoint.json(Schema.Struct({ response_format: Schema.optional(Schema.Literal("json", "srt")) })),
  success: Endpoint.byField(
    "response_format",
    { json: Endpoint.json(Schema.Struct({ text: Schema.String })), srt: Endpoint.text("Subtitles.") },
    "json"
  )
})

describe("Endpoint", () => {
  it("sets defaults", () => {
    const { body, family, pagination, query, replayable } = retrieve
    assert.deepStrictEqual({ body, family, pagination, replayable }, {
      body: { _tag: "None" },
      family: "platform",
      pagination: undefined,
      replayable: true
    })
    assert.deepStrictEqual(query.fields, {})
  })

  it("sets replayable to false only for POST", () => {
    const options = {
      name: "x",
      summary: "X",
      description: "Does X.",
      path: "/x",
      success: Endpoint.bytes("X.")
    } as const
    assert.isFalse(Endpoint.make({ ...options, method: "POST" }).replayable)
    assert.isTrue(Endpoint.make({ ...options, method: "POST", replayable: true }).replayable)
    assert.isTrue(Endpoint.make({ ...options, method: "DELETE" }).replayable)
  })

  describe("finds fields that can't be encoded", () => {
    const success = Endpoint.text("X.")

    it("null and nested objects in a query", () => {
      const refuses = (endpoint: Endpoint.Any) => assert.strictEqual(Endpoint.unencodable(endpoint), "q")
      refuses(
        Endpoint.make({
          ...options,
          success,
          // @ts-expect-error: null in a query
          query: Schema.Struct({ q: Schema.NullOr(Schema.String) })
        })
      )
      refuses(
        Endpoint.make({
          ...options,
          success,
          // @ts-expect-error: an object in an array
          query: Schema.Struct({ q: Schema.Array(Schema.Struct({ a: Schema.String })) })
        })
      )
      refuses(
        Endpoint.make({
          ...options,
          success,
          // @ts-expect-error: an object in an object
          query: Schema.Struct({ q: Schema.Struct({ a: Schema.Struct({}) }) })
        })
      )
      // Not known to the types.
      refuses(Endpoint.make({ ...options, success, query: Schema.Struct({ q: Schema.Any }) }))
      assert.isUndefined(Endpoint.unencodable(Endpoint.make({
        ...options,
        success,
        query: Schema.Struct({
          s: Schema.optional(Schema.String.pipe(Schema.minLength(1))),
          n: Schema.optional(Schema.Int),
          b: Schema.Boolean,
          array: Schema.optional(Schema.Array(Schema.Literal("a", "b")).pipe(Schema.maxItems(2))),
          object: Schema.optional(Schema.Struct({ gt: Schema.optional(Schema.Int) }))
        })
      })))
    })

    it("objects in a form", () => {
      const form = <Fields extends Schema.Struct.Fields>(body: Endpoint.Multipart<Fields>) =>
        Endpoint.make({ ...options, success, body })
      assert.strictEqual(
        Endpoint.unencodable(
          // @ts-expect-error: an object in a form
          form(Endpoint.multipart(Schema.Struct({ f: Schema.Struct({ a: Schema.String }) }), { files: [] }))
        ),
        "f"
      )
      assert.isUndefined(Endpoint.unencodable(form(Endpoint.multipart(
        Schema.Struct({
          file: FileSource.FileSource,
          images: Schema.optional(Schema.Array(FileSource.FileSource)),
          words: Schema.Array(Schema.String),
          n: Schema.optional(Schema.NullOr(Schema.Int)),
          flag: Schema.Boolean
        }),
        { files: ["file", "images"] }
      ))))
    })

    it("values of the choosing field that have no response", () => {
      const withoutResponse = () =>
        Endpoint.make({
          ...options,
          body: Endpoint.json(Schema.Struct({ format: Schema.Literal("a", "b") })),
          // @ts-expect-error: "b" has no response
          success: Endpoint.byField("format", { a: Endpoint.text("A.") }, "a")
        })
      assert.isFunction(withoutResponse)
    })
  })

  it("isEndpoint is true only for operations", () => {
    assert.isTrue(Endpoint.isEndpoint(retrieve))
    for (const u of [undefined, null, {}, "listFiles", Schema.String]) assert.isFalse(Endpoint.isEndpoint(u))
  })

  describe("pathParameter", () => {
    const isId = Schema.is(Endpoint.pathParameter("The ID."))

    it("accepts IDs of servers, and characters that are percent-encoded", () => {
      for (const id of ["asst_abc123", "a?b/c", "...", ".a", "a b", "%", "é", "💡"]) assert.isTrue(isId(id), id)
    })

    it("rejects dot segments, the empty string and what can't be encoded", () => {
      for (const id of ["", ".", "..", "%2e", "%2E%2e", ".%2e", "%2e.", "\ud83d", undefined, null, 1]) {
        assert.isFalse(isId(id), String(id))
      }
    })
  })

  describe("request", () => {
    it("accepts only the fields of path, query and body", () => {
      assert.isUndefined(fault(Assistants.modify, { assistant_id: "asst_1", name: "A" }))
      assert.isUndefined(fault(Assistants.list, {}))
      assert.isUndefined(fault(Files.upload, { file: FileSource.fromBytes("a", "b"), purpose: "vision" }))
      assert.match(fault(Assistants.modify, { assistant_id: "asst_1", id: "x" })!, /^id: is unexpected/)
    })

    it("names the invalid field and what is expected", () => {
      const model = "gpt-4-turbo"
      const function_ = (name: string) => ({ type: "function", function: { name } })
      const cases: ReadonlyArray<readonly [endpoint: Endpoint.Any, request: unknown, message: string]> = [
        [Assistants.retrieve, {}, "assistant_id: is missing"],
        [Assistants.retrieve, { assistant_id: 1 }, "assistant_id: Expected string, actual 1"],
        [
          Assistants.retrieve,
          { assistant_id: ".." },
          "assistant_id: is empty, a dot segment or has a lone surrogate"
        ],
        [Assistants.list, { limit: 0 }, "limit: Expected a number between 1 and 100, actual 0"],
        [Assistants.list, { limit: 101 }, "limit: Expected a number between 1 and 100, actual 101"],
        [Assistants.list, { limit: 1.5 }, "limit: Expected an integer, actual 1.5"],
        [Files.list, { limit: 10_001 }, "limit: Expected a number between 1 and 10000, actual 10001"],
        [
          Files.list,
          { before: "file-1" },
          "before: is unexpected, expected: \"purpose\" | \"limit\" | \"order\" | \"after\""
        ],
        [Assistants.list, { order: "up" }, "order: Expected \"asc\", actual \"up\""],
        [Assistants.create, { model: 1 }, "model: Expected string, actual 1"],
        [Assistants.create, { model, temperature: 3 }, "temperature: Expected a number between 0 and 2, actual 3"],
        [Assistants.create, { model, top_p: -1 }, "top_p: Expected a number between 0 and 1, actual -1"],
        [
          Assistants.create,
          { model, tools: [function_("a b")] },
          "tools.0.function.name: Expected a string matching the pattern ^[a-zA-Z0-9_-]{1,64}$, actual \"a b\""
        ],
        [
          Assistants.create,
          { model, tools: [{ type: "file_search" }] },
          "tools.0.type: Expected \"code_interpreter\" | \"retrieval\" | \"function\", actual \"file_search\""
        ],
        [
          Assistants.create,
          { model, metadata: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [i, ""])) },
          "metadata: has more than 16 pairs"
        ],
        [
          Assistants.create,
          { model, metadata: { ["k".repeat(65)]: "" } },
          `metadata.${"k".repeat(65)}: is unexpected, expected: a key of at most 64 characters`
        ],
        [Assistants.create, { model, metadata: { k: 1 } }, "metadata.k: Expected string, actual 1"],
        [Files.upload, { file: "a", purpose: "vision" }, "file: Expected a FileSource, actual \"a\""]
      ]
      for (const [endpoint, request, message] of cases) assert.strictEqual(fault(endpoint, request), message)
    })

    it("enforces each documented limit exactly", () => {
      const model = "gpt-4-turbo"
      const repeat = <A>(value: A) => (length: number) => Array.from({ length }, () => value)
      const text = (length: number) => "x".repeat(length)
      const limits: ReadonlyArray<readonly [field: string, maximum: number, make: (size: number) => unknown]> = [
        ["name", 256, text],
        ["description", 512, text],
        ["instructions", 256_000, text],
        ["tools", 128, repeat({ type: "retrieval" })],
        ["file_ids", 20, repeat("file-1")],
        ["metadata", 512, (size) => ({ k: text(size) })],
        ["metadata", 64, (size) => ({ [text(size)]: "" })],
        ["metadata", 16, (size) => Object.fromEntries(Array.from({ length: size }, (_, i) => [i, ""]))],
        ["temperature", 2, (size) => size],
        ["top_p", 1, (size) => size],
        ["tools", 64, (size) => [{ type: "function", function: { name: text(size) } }]]
      ]
      for (const [field, maximum, make] of limits) {
        assert.isUndefined(fault(Assistants.create, { model, [field]: make(maximum) }), `${field} ${maximum}`)
        assert.isDefined(fault(Assistants.create, { model, [field]: make(maximum + 1) }), `${field} ${maximum + 1}`)
      }
    })

    it("enforces the minimum and maximum of each field of a conversation", () => {
      const repeat = <A>(value: A) => (length: number) => Array.from({ length }, () => value)
      const text = (length: number) => "x".repeat(length)
      const just = (size: number) => size
      const message = { thread_id: "thread_1", role: "user", content: "Hi" }
      const run = { thread_id: "thread_1", assistant_id: "asst_1" }
      const chat = { model: "gpt-4o", messages: [{ role: "user", content: "Hi" }] }
      const embedding = { model: "text-embedding-3-small", input: "Hi" }
      const tool = { type: "function", function: { name: "add" } }
      const limits: ReadonlyArray<
        readonly [
          Endpoint.Any,
          object,
          field: string,
          minimum: number,
          maximum: number,
          make: (size: number) => unknown
        ]
      > = [
        [Messages.create, message, "content", 1, 256_000, text],
        [Messages.create, message, "file_ids", 1, 10, repeat("file-1")],
        [Runs.create, run, "tools", 0, 20, repeat({ type: "retrieval" })],
        [Runs.create, run, "max_prompt_tokens", 256, Infinity, just],
        [Runs.create, run, "max_completion_tokens", 256, Infinity, just],
        [Runs.create, run, "truncation_strategy", 1, Infinity, (last_messages) => ({
          type: "last_messages",
          last_messages
        })],
        [Runs.create, run, "temperature", 0, 2, just],
        [Runs.create, run, "top_p", 0, 1, just],
        [ChatCompletions.create, chat, "messages", 1, Infinity, repeat(chat.messages[0])],
        [ChatCompletions.create, chat, "frequency_penalty", -2, 2, just],
        [ChatCompletions.create, chat, "presence_penalty", -2, 2, just],
        [ChatCompletions.create, chat, "logit_bias", -100, 100, (bias) => ({ "50256": bias })],
        [ChatCompletions.create, chat, "top_logprobs", 0, 20, just],
        [ChatCompletions.create, chat, "n", 1, 128, just],
        [ChatCompletions.create, chat, "stop", 1, 4, repeat(".")],
        [ChatCompletions.create, chat, "tools", 0, 128, repeat(tool)],
        [ChatCompletions.create, chat, "functions", 1, 128, repeat(tool.function)],
        [ChatCompletions.create, chat, "temperature", 0, 2, just],
        [ChatCompletions.create, chat, "top_p", 0, 1, just],
        [Embeddings.create, embedding, "input", 1, Infinity, text],
        [Embeddings.create, embedding, "input", 1, 2048, repeat("Hi")],
        [Embeddings.create, embedding, "input", 1, 2048, repeat(1)],
        [Embeddings.create, embedding, "input", 1, 2048, repeat([1])],
        [Embeddings.create, embedding, "input", 1, Infinity, (size) => [repeat(1)(size)]],
        [Embeddings.create, embedding, "dimensions", 1, Infinity, just]
      ]
      for (const [endpoint, request, field, minimum, maximum, make] of limits) {
        const of = (size: number) => fault(endpoint, { ...request, [field]: make(size) })
        const name = `${endpoint.name} ${field}`
        assert.isUndefined(of(minimum), `${name} ${minimum}`)
        if (minimum !== 0 || make === just) assert.isDefined(of(minimum - 1), `${name} ${minimum - 1}`)
        if (maximum === Infinity) {
          assert.isUndefined(of(minimum + 1000), name)
        } else {
          assert.isUndefined(of(maximum), `${name} ${maximum}`)
          assert.isDefined(of(maximum + 1), `${name} ${maximum + 1}`)
        }
      }
    })

    it("rejects `stream`", () => {
      const chat = { model: "gpt-4o", messages: [{ role: "user", content: "Hi" }] }
      assert.isUndefined(fault(ChatCompletions.create, chat))
      assert.match(fault(ChatCompletions.create, { ...chat, stream: true })!, /^stream: is unexpected/)
      assert.match(
        fault(Runs.create, { thread_id: "thread_1", assistant_id: "asst_1", stream: false })!,
        /^stream: is unexpected/
      )
      expectTypeOf<Endpoint.Request<typeof Runs.create>>().not.toHaveProperty("stream")
      expectTypeOf<Endpoint.Request<typeof ChatCompletions.create>>().not.toHaveProperty("stream")
    })

    it("accepts null only if it is documented", () => {
      for (
        const field of ["name", "description", "instructions", "metadata", "temperature", "top_p", "response_format"]
      ) {
        assert.isUndefined(fault(Assistants.create, { model: "m", [field]: null }), field)
      }
      for (const field of ["model", "tools", "file_ids"]) {
        assert.isDefined(fault(Assistants.create, { model: "m", [field]: null }), field)
      }
    })
  })

  describe("types", () => {
    it("a request has the fields of path, query and body in one object", () => {
      expectTypeOf<Endpoint.Request<typeof retrieve>>().toEqualTypeOf<{
        readonly thing_id: string
        readonly part_id: string
      }>()
      expectTypeOf<Endpoint.Request<typeof Files.list>>().toEqualTypeOf<{
        readonly purpose?: string | undefined
        readonly limit?: number | undefined
        readonly order?: "asc" | "desc" | undefined
        readonly after?: string | undefined
      }>()
      expectTypeOf<Endpoint.Request<typeof Files.upload>>().toEqualTypeOf<{
        readonly file: FileSource.FileSource
        readonly purpose: "assistants" | "batch" | "fine-tune" | "vision"
      }>()
      expectTypeOf<Endpoint.Request<typeof Assistants.modify>>().toHaveProperty("assistant_id")
    })

    it("a response is a model or bytes", () => {
      expectTypeOf<Endpoint.Response<typeof retrieve>>().toEqualTypeOf<{ readonly id: string }>()
      expectTypeOf<Endpoint.Response<typeof Files.content>>().toEqualTypeOf<Uint8Array>()
      expectTypeOf<Endpoint.Item<typeof Assistants.list>["tools"]>().toEqualTypeOf<Assistants.Assistant["tools"]>()
      expectTypeOf<Endpoint.Item<typeof Assistants.retrieve>>().toBeNever()
    })

    it("a response that a field chooses narrows by that field", () => {
      type Transcribe = typeof transcribe
      expectTypeOf<Endpoint.Response<Transcribe>>().toEqualTypeOf<{ readonly text: string } | string>()
      expectTypeOf<Endpoint.ResponseFor<Transcribe, "srt">>().toEqualTypeOf<string>()
      expectTypeOf<Endpoint.ResponseFor<Transcribe, undefined>>().toEqualTypeOf<{ readonly text: string }>()
      expectTypeOf<Endpoint.ResponseFor<Transcribe, "srt" | undefined>>().toEqualTypeOf<
        { readonly text: string } | string
      >()
      assert.strictEqual(Endpoint.successOf(transcribe, { response_format: "srt" })._tag, "Text")
      assert.strictEqual(Endpoint.successOf(transcribe, {})._tag, "Json")
    })

    it("a list names the field that holds its items", () => {
      const usage = Endpoint.make({
        ...options,
        success: Endpoint.json(Schema.Struct({ buckets: Schema.Array(Schema.Number), next_page: Schema.String })),
        pagination: Endpoint.nextPage({ items: "buckets" })
      })
      expectTypeOf<Endpoint.Item<typeof usage>>().toEqualTypeOf<number>()
      const misnamed = () =>
        // @ts-expect-error: "data" is not a field of the response that holds an array
        Endpoint.make({ ...options, success: usage.success, pagination: Endpoint.nextPage() })
      assert.isFunction(misnamed)
    })

    it("a model's ID is any string, and editors complete the documented ones", () => {
      expectTypeOf<string>().toExtend<Common.ModelId>()
      expectTypeOf<Extract<Common.ModelId, "gpt-4-turbo">>().toEqualTypeOf<"gpt-4-turbo">()
    })

    it("the parameters are the names in the path", () => {
      const options = {
        name: "x",
        summary: "X",
        description: "Does X.",
        method: "GET",
        path: "/x/{a}/{b}",
        success: Endpoint.bytes("X.")
      } as const
      const a = Endpoint.pathParameter("A.")
      // @ts-expect-error: Property 'parameters' is missing
      const absent = () => Endpoint.make(options)
      // @ts-expect-error: Property 'b' is missing in the type of `parameters`
      const missing = () => Endpoint.make({ ...options, parameters: { a } })
      // @ts-expect-error: 'c' does not exist in the type of `parameters`
      const unknown = () => Endpoint.make({ ...options, parameters: { a, b: a, c: a } })
      // @ts-expect-error: a parameter without a check accepts `..`
      const unchecked = () => Endpoint.make({ ...options, parameters: { a, b: Schema.String } })
      // @ts-expect-error: the path has no parameter
      const none = () => Endpoint.make({ ...options, path: "/x", parameters: { a } })
      const all = () => Endpoint.make({ ...options, parameters: { a, b: a } })
      expectTypeOf<Endpoint.Request<ReturnType<typeof all>>>().toEqualTypeOf<
        { readonly a: string; readonly b: string }
      >()
      for (const make of [absent, missing, unknown, unchecked, none, all]) assert.isFunction(make)
    })
  })
})
