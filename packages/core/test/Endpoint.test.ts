import { Assistants, type Common, Endpoint, Files, FileSource } from "@effect-openai/core"
import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

const retrieve = Endpoint.make({
  name: "retrieveThing",
  summary: "Retrieve thing",
  description: "Answers one thing.",
  method: "GET",
  path: "/things/{thing_id}/parts/{part_id}",
  parameters: {
    thing_id: Endpoint.pathParameter("The ID of the thing."),
    part_id: Endpoint.pathParameter("The ID of the part.")
  },
  success: Endpoint.json(Schema.Struct({ id: Schema.String }))
})

/** The message for the first field at fault; undefined where the request is taken. */
const fault = <E extends Endpoint.Any>(endpoint: E, request: unknown): string | undefined =>
  Either.match(ParseResult.validateEither(Endpoint.request(endpoint), { onExcessProperty: "error" })(request), {
    onLeft: (issue) => {
      const [{ message, path }] = ParseResult.ArrayFormatter.formatIssueSync(issue) as [ParseResult.ArrayFormatterIssue]
      return `${path.join(".")}: ${message}`
    },
    onRight: () => undefined
  })

describe("Endpoint", () => {
  it("fills in what was not said", () => {
    const { body, family, pagination, query, replayable } = retrieve
    assert.deepStrictEqual({ body, family, pagination, replayable }, {
      body: { _tag: "None" },
      family: "platform",
      pagination: "none",
      replayable: true
    })
    assert.deepStrictEqual(query.fields, {})
  })

  it("replays no POST unless told", () => {
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

  it("knows an operation from anything else", () => {
    assert.isTrue(Endpoint.isEndpoint(retrieve))
    for (const u of [undefined, null, {}, "listFiles", Schema.String]) assert.isFalse(Endpoint.isEndpoint(u))
  })

  describe("pathParameter", () => {
    const isId = Schema.is(Endpoint.pathParameter("The ID."))

    it("takes what servers give out, and what has to be encoded", () => {
      for (const id of ["asst_abc123", "a?b/c", "...", ".a", "a b", "%", "é", "💡"]) assert.isTrue(isId(id), id)
    })

    it("refuses what is another route, or can't be encoded", () => {
      for (const id of ["", ".", "..", "%2e", "%2E%2e", ".%2e", "%2e.", "\ud83d", undefined, null, 1]) {
        assert.isFalse(isId(id), String(id))
      }
    })
  })

  describe("request", () => {
    it("has the fields of path, query and body, and no other", () => {
      assert.isUndefined(fault(Assistants.modify, { assistant_id: "asst_1", name: "A" }))
      assert.isUndefined(fault(Assistants.list, {}))
      assert.isUndefined(fault(Files.upload, { file: FileSource.fromBytes("a", "b"), purpose: "vision" }))
      assert.match(fault(Assistants.modify, { assistant_id: "asst_1", id: "x" })!, /^id: is unexpected/)
    })

    it("says in plain words what is wrong", () => {
      const model = "gpt-4-turbo"
      const function_ = (name: string) => ({ type: "function", function: { name } })
      const cases: ReadonlyArray<readonly [endpoint: Endpoint.Any, request: unknown, message: string]> = [
        [Assistants.retrieve, {}, "assistant_id: is missing"],
        [Assistants.retrieve, { assistant_id: 1 }, "assistant_id: Expected string, actual 1"],
        [
          Assistants.retrieve,
          { assistant_id: ".." },
          "assistant_id: is empty, a dot segment or half a character: no object's name"
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

    it("holds each documented limit to the last character", () => {
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

    it("takes null where null is documented", () => {
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
    it("a request is the fields of path, query and body in one object", () => {
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

    it("an answer is a model, or bytes", () => {
      expectTypeOf<Endpoint.Answer<typeof retrieve>>().toEqualTypeOf<{ readonly id: string }>()
      expectTypeOf<Endpoint.Answer<typeof Files.content>>().toEqualTypeOf<Uint8Array>()
      expectTypeOf<Endpoint.Item<typeof Assistants.list>["tools"]>().toEqualTypeOf<Assistants.Assistant["tools"]>()
      expectTypeOf<Endpoint.Item<typeof Assistants.retrieve>>().toBeNever()
    })

    it("a model's ID is any string, and an editor offers the documented ones", () => {
      expectTypeOf<string>().toExtend<Common.ModelId>()
      expectTypeOf<Extract<Common.ModelId, "gpt-4-turbo">>().toEqualTypeOf<"gpt-4-turbo">()
    })

    it("the parameters are those of the path", () => {
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
      // @ts-expect-error: a parameter that is not checked, `..` would pass
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
