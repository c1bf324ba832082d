import {
  AssistantFiles,
  Assistants,
  AssistantStream,
  ChatCompletions,
  Contract,
  Embeddings,
  Endpoint,
  Files,
  Messages,
  Runs,
  RunSteps,
  Tolerant
} from "@effect-openai/core"
import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as FastCheck from "effect/FastCheck"
import * as JSONSchema from "effect/JSONSchema"
import * as Schema from "effect/Schema"
import type * as AST from "effect/SchemaAST"

const accepts = (schema: Schema.Schema.AnyNoContext, u: unknown): boolean => Schema.is(schema)(u)

const cached = <A>(make: (schema: Schema.Schema.AnyNoContext) => A) => {
  const made = new WeakMap<AST.AST, A>()
  return (schema: Schema.Schema.AnyNoContext): A => {
    const found = made.get(schema.ast) ?? make(schema)
    made.set(schema.ast, found)
    return found
  }
}

const normalizer = cached(Tolerant.normalize)

const exactOf = cached(Tolerant.exact)

/** Whether a Schema accepts a value, as the client reads it and exactly. */
const judge = (schema: Schema.Schema.AnyNoContext, u: unknown) => ({
  tolerant: accepts(schema, normalizer(schema)(u)),
  exact: accepts(exactOf(schema), u)
})

const both = { tolerant: true, exact: true }
const neither = { tolerant: false, exact: false }
const onlyTolerant = { tolerant: true, exact: false }

const responses = Contract.endpoints.flatMap(({ events, name, success }) => [
  ...(success._tag === "Json" ? [{ name, schema: success.schema }] : []),
  ...(events === undefined ? [] : [{ name: `the events of ${name}`, schema: events.schema }])
])

describe("Tolerant", () => {
  describe("struct", () => {
    const File = Tolerant.struct({
      id: Schema.String.pipe(Schema.startsWith("file-")),
      type: Schema.Literal("file")
    }, {
      bytes: Schema.Int,
      purpose: Schema.Literal("assistants", "vision"),
      kinds: Schema.optional(Schema.NullOr(Schema.Array(Schema.Literal("a", "b")))),
      note: Tolerant.coerced(Schema.String, (value) => Array.isArray(value) ? value.join("") : value, {
        keepAs: "note_parts"
      }),
      note_parts: Tolerant.beside(Schema.Array(Schema.Unknown))
    })
    type File = Schema.Schema.Type<typeof File>

    const file = { id: "file-1", type: "file", bytes: 1, purpose: "vision", note: "" }
    const normalize = Tolerant.normalize(File)

    it("requires the essential fields alone", () => {
      assert.deepStrictEqual(judge(File, file), both)
      assert.deepStrictEqual(judge(File, { id: "file-1", type: "file" }), onlyTolerant)
      for (const wrong of [{ id: undefined }, { id: null }, { type: "directory" }, { bytes: {} }, { purpose: [] }]) {
        assert.deepStrictEqual(judge(File, { ...file, ...wrong }), neither)
      }
    })

    it("accepts other literals, alone and in lists, and removes limits", () => {
      for (const part of [{ purpose: "user_data" }, { kinds: ["c"] }, { bytes: 0.5 }, { id: "1" }]) {
        assert.deepStrictEqual(judge(File, { ...file, ...part }), onlyTolerant)
      }
      assert.deepStrictEqual(judge(File, { ...file, kinds: null }), both)
    })

    it("narrows in a switch; the default receives the other strings", () => {
      const describePurpose = (purpose: NonNullable<File["purpose"]>): string => {
        switch (purpose) {
          case "assistants":
            expectTypeOf(purpose).toEqualTypeOf<"assistants">()
            return "documented"
          case "vision":
            return "documented"
          default:
            expectTypeOf(purpose).toEqualTypeOf<Tolerant.Unknown>()
            return `unknown: ${purpose}`
        }
      }
      assert.strictEqual(describePurpose("vision"), "documented")
      assert.strictEqual(describePurpose(Tolerant.unknown("user_data")), "unknown: user_data")
      // @ts-expect-error: a misspelled value is not an Unknown
      assert.strictEqual(describePurpose("visoin"), "unknown: visoin")
    })

    it("has types that show what can be missing", () => {
      expectTypeOf<File["id"]>().toEqualTypeOf<string>()
      expectTypeOf<File["bytes"]>().toEqualTypeOf<number | undefined>()
      expectTypeOf<File["kinds"]>().toEqualTypeOf<ReadonlyArray<"a" | "b" | Tolerant.Unknown> | null | undefined>()
      expectTypeOf<Tolerant.Documented<File, "kinds">["purpose"]>().toEqualTypeOf<"assistants" | "vision">()
    })

    it("is normalized only where it has to be", () => {
      assert.strictEqual(normalize(file), file)
      assert.deepStrictEqual(
        normalize({ ...file, bytes: "12", purpose: null, kinds: null, note: ["a", "b"], later: null }),
        { id: "file-1", type: "file", bytes: 12, kinds: null, note: "ab", note_parts: ["a", "b"], later: null }
      )
      assert.deepStrictEqual(normalize({ id: 1, type: "file", bytes: "many" }), {
        id: "1",
        type: "file",
        bytes: "many"
      })
      for (const u of [null, [], "file"]) assert.strictEqual(normalize(u), u)
    })
  })

  describe("union", () => {
    const A = Schema.Struct({ type: Schema.Literal("a"), size: Schema.Number })
    const B = Schema.Struct({ type: Schema.Literal("b", "bb"), name: Schema.optional(Schema.String) })
    const AB = Tolerant.union("type", A, B)

    it("accepts documented members, and any object with another tag", () => {
      assert.deepStrictEqual(judge(AB, { type: "a", size: 1 }), both)
      assert.deepStrictEqual(judge(AB, { type: "bb" }), both)
      assert.deepStrictEqual(judge(AB, { type: "c", anything: [1] }), onlyTolerant)
    })

    it("rejects an object with a documented tag that does not fit its member", () => {
      assert.deepStrictEqual(judge(AB, { type: "a", size: "1" }), neither)
      assert.deepStrictEqual(judge(AB, { type: "a" }), neither)
      assert.deepStrictEqual(judge(AB, { type: "bb", name: 1 }), neither)
    })

    it("normalizes an object without a tag if it has a field of the tag's name", () => {
      assert.deepStrictEqual(Tolerant.normalize(AB)({ type: null, b: 1 }), { type: "b", b: 1 })
      assert.deepStrictEqual(Tolerant.normalize(AB)({ c: 1 }), { c: 1 })
    })

    it("rejects values without a tag", () => {
      for (const u of [{}, { type: 1 }, { type: null }, null, "a", []]) assert.deepStrictEqual(judge(AB, u), neither)
    })

    it("narrows by the tag; the default receives an UnknownMember", () => {
      const describeTool = (tool: NonNullable<Assistants.Assistant["tools"]>[number]): string => {
        switch (tool.type) {
          case "code_interpreter":
            expectTypeOf(tool).toEqualTypeOf<Assistants.CodeInterpreterTool>()
            return tool.type
          case "retrieval":
            expectTypeOf(tool).toEqualTypeOf<Assistants.RetrievalTool>()
            return tool.type
          case "function":
            expectTypeOf(tool).toEqualTypeOf<Assistants.ResponseFunctionTool>()
            return tool.function.name
          default:
            expectTypeOf(tool).toEqualTypeOf<Tolerant.UnknownMember<"type">>()
            return Object.keys(tool).join()
        }
      }
      assert.strictEqual(describeTool({ type: "function", function: { name: "add" } }), "add")
      assert.strictEqual(describeTool({ type: Tolerant.unknown("file_search"), file_search: {} }), "type,file_search")
    })
  })

  describe("exact", () => {
    interface Tree {
      readonly kind?: "leaf" | Tolerant.Unknown | undefined
      readonly children: ReadonlyArray<Tree>
    }
    const Tree: Schema.Schema<Tree> = Tolerant.struct({
      children: Schema.Array(Schema.suspend((): Schema.Schema<Tree> => Tree))
    }, { kind: Schema.Literal("leaf") })

    it("applies within structs, arrays, tuples, records, unions, limits and recursion", () => {
      const open = Tolerant.documentedAs(Schema.String, Schema.Literal("a"))
      const nested: ReadonlyArray<readonly [Schema.Schema.AnyNoContext, (value: string) => unknown]> = [
        [Schema.Struct({ x: open }), (x) => ({ x })],
        [Schema.Struct({ x: Schema.optional(Schema.NullOr(open)) }), (x) => ({ x })],
        [Schema.Array(open), (x) => ["a", x]],
        [Schema.Tuple(Schema.Number, open), (x) => [1, x]],
        [Schema.Record({ key: Schema.String, value: open }), (x) => ({ k: x })],
        [Schema.Union(Schema.Number, open), (x) => x],
        [Schema.Array(open).pipe(Schema.maxItems(3)), (x) => [x]],
        [Schema.suspend(() => open), (x) => x],
        [Tolerant.documentedAs(Schema.Array(Schema.String), Schema.Array(open)), (x) => [x]]
      ]
      for (const [schema, make] of nested) {
        assert.deepStrictEqual(judge(schema, make("a")), both, String(schema))
        assert.deepStrictEqual(judge(schema, make("b")), onlyTolerant, String(schema))
      }
      const tree = (kind: string) => ({
        kind: "leaf",
        children: [{ kind: "leaf", children: [{ kind, children: [] }] }]
      })
      assert.deepStrictEqual(judge(Tree, tree("leaf")), both)
      assert.deepStrictEqual(judge(Tree, tree("root")), onlyTolerant)
    })

    it("keeps limits that were not removed", () => {
      const open = Tolerant.documentedAs(Schema.String, Schema.Literal("a"))
      const schema = Schema.Array(open).pipe(Schema.maxItems(1))
      assert.deepStrictEqual(judge(schema, ["a", "a"]), neither)
    })

    it("keeps the JSON Schema annotations of the Schema and the field", () => {
      const schema = Tolerant.struct({}, {
        status: Schema.Literal("a", "b").annotations({ jsonSchema: { deprecated: true, description: "How far." } })
      }).annotations({ identifier: "Thing" })
      assert.deepStrictEqual(JSONSchema.make(Tolerant.exact(schema)) as unknown, {
        $schema: "http://json-schema.org/draft-07/schema#",
        $ref: "#/$defs/Thing",
        $defs: {
          Thing: {
            type: "object",
            required: ["status"],
            properties: {
              status: { type: "string", enum: ["a", "b"], deprecated: true, description: "How far." }
            },
            additionalProperties: false
          }
        }
      })
    })

    it("is idempotent", () => {
      for (const { name, schema } of responses) {
        const once = Tolerant.exact(schema)
        assert.deepStrictEqual(JSONSchema.make(Tolerant.exact(once)), JSONSchema.make(once), name)
      }
    })

    for (const { name, schema } of responses) {
      it(`tolerant and exact Schemas accept documented values of ${name}`, () => {
        const exact = Tolerant.exact(schema)
        FastCheck.assert(
          FastCheck.property(Arbitrary.make(exact), (response) => {
            assert.deepStrictEqual(judge(schema, response), both)
            assert.isTrue(accepts(Tolerant.exact(exact), response))
          }),
          { numRuns: 50 }
        )
      })
    }
  })

  describe("every response", () => {
    type Fields = Record<string, unknown>

    const documentedFieldsOf = new WeakMap<AST.AST, ReadonlyArray<AST.PropertySignature>>()

    const documentedFields = (ast: AST.TypeLiteral) => {
      const found = documentedFieldsOf.get(ast) ??
        (Tolerant.exact(Schema.make(ast)).ast as AST.TypeLiteral).propertySignatures
      documentedFieldsOf.set(ast, found)
      return found
    }

    /** The objects of a value, with their Schemas. */
    const objectsIn = (ast: AST.AST, value: unknown): ReadonlyArray<readonly [AST.TypeLiteral, Fields]> => {
      switch (ast._tag) {
        case "Union":
          return ast.types
            .filter((type) => accepts(Schema.make(type), value))
            .slice(0, 1)
            .flatMap((type) => objectsIn(type, value))
        case "TupleType":
          return (value as ReadonlyArray<unknown>).flatMap((item) => objectsIn(ast.rest[0]!.type, item))
        case "TypeLiteral": {
          const fields = value as Fields
          return [
            [ast, fields],
            ...ast.propertySignatures.flatMap(({ name, type }) => objectsIn(type, fields[String(name)]))
          ]
        }
        default:
          return []
      }
    }

    for (const { name, schema } of responses) {
      it(
        `of ${name} may have any other value in a field that is not essential, and the exact Schema rejects it`,
        () => {
          const exact = Tolerant.exact(schema)
          let deviations = 0
          const change = (whole: unknown, fields: Fields, field: string, isDocumented: boolean) => {
            const verdict = judge(schema, whole)
            const changed = `${field}: ${JSON.stringify(fields[field])}`
            assert.deepStrictEqual(verdict, isDocumented ? both : onlyTolerant, changed)
            if (!isDocumented) deviations++
          }
          FastCheck.assert(
            FastCheck.property(Arbitrary.make(exact), (generated) => {
              const response: unknown = JSON.parse(JSON.stringify(generated))
              // JSON has no NaN.
              FastCheck.pre(accepts(exact, response))
              for (const [ast, fields] of objectsIn(schema.ast, response)) {
                const documented = documentedFields(ast)
                for (const { isOptional, name: key } of ast.propertySignatures) {
                  const field = String(key)
                  const signature = documented.find((one) => one.name === key)
                  if (!isOptional || signature === undefined || !Object.hasOwn(fields, field)) continue
                  const value = fields[field]
                  Reflect.deleteProperty(fields, field)
                  change(response, fields, field, signature.isOptional)
                  for (const other of typeof value === "string" ? [null, "undocumented"] : [null]) {
                    fields[field] = other
                    change(response, fields, field, accepts(Schema.make(signature.type), other))
                  }
                  fields[field] = value
                }
              }
            }),
            { numRuns: 3, seed: 7 }
          )
          assert.isAbove(deviations, 0)
        },
        60_000
      )
    }
  })

  describe("models", () => {
    const assistant = {
      id: "asst_abc123",
      object: "assistant",
      created_at: 1_698_984_975,
      name: "Math Tutor",
      description: null,
      model: "gpt-4-turbo",
      instructions: null,
      tools: [{ type: "code_interpreter" }],
      file_ids: [],
      metadata: {}
    }

    it("an assistant decodes with fields and values of later versions", () => {
      assert.deepStrictEqual(judge(Assistants.Assistant, assistant), both)
      for (
        const later of [
          { tools: [{ type: "file_search", file_search: { max_num_results: 1 } }] },
          { name: "x".repeat(257) },
          { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [i, ""])) },
          { response_format: { type: "json_schema", json_schema: {} } },
          { file_ids: Array.from({ length: 21 }, String) },
          { temperature: 2.5 },
          { created_at: 1.5 }
        ]
      ) {
        assert.deepStrictEqual(
          judge(Assistants.Assistant, { ...assistant, ...later }),
          onlyTolerant,
          Object.keys(later).join()
        )
      }
      for (const wrong of [{ id: null }, { tools: {} }, { tools: [{ type: "function" }] }]) {
        assert.deepStrictEqual(judge(Assistants.Assistant, { ...assistant, ...wrong }), neither)
      }
    })

    it("a file decodes without a status, and with one that is not documented", () => {
      const file = {
        id: "file-abc123",
        object: "file",
        bytes: 175,
        created_at: 1_613_677_385,
        filename: "salesOverview.pdf",
        purpose: "assistants"
      }
      assert.deepStrictEqual(judge(Files.File, { ...file, status: "processed" }), both)
      assert.deepStrictEqual(judge(Files.File, file), onlyTolerant)
      assert.deepStrictEqual(judge(Files.File, { ...file, status: "deleted" }), onlyTolerant)
      assert.deepStrictEqual(judge(Files.File, { ...file, status: "processed", status_details: null }), onlyTolerant)
      assert.deepStrictEqual(judge(Files.File, { ...file, status: "processed", purpose: "user_data" }), onlyTolerant)
    })

    it("a page decodes with null cursors and without cursors", () => {
      const page = { object: "list", data: [], first_id: null, last_id: null, has_more: false }
      assert.deepStrictEqual(judge(AssistantFiles.ListAssistantFilesResponse, page), both)
      assert.deepStrictEqual(judge(Files.ListFilesResponse, { object: "list", data: [] }), onlyTolerant)
    })

    const run = {
      id: "run_abc123",
      object: "thread.run",
      created_at: 1_699_063_290,
      thread_id: "thread_abc123",
      assistant_id: "asst_abc123",
      status: "queued",
      required_action: null,
      last_error: null,
      expires_at: 1_699_063_890,
      started_at: null,
      cancelled_at: null,
      failed_at: null,
      completed_at: null,
      incomplete_details: null,
      model: "gpt-4-turbo",
      instructions: null,
      tools: [{ type: "code_interpreter" }],
      file_ids: [],
      metadata: {},
      usage: null,
      max_prompt_tokens: 1000,
      max_completion_tokens: null,
      truncation_strategy: { type: "auto", last_messages: null },
      tool_choice: "auto",
      response_format: "auto"
    }

    /** Decodes an object, then the same object with each change. */
    const judged = (
      schema: Schema.Schema.AnyNoContext,
      documented: object,
      changes: { readonly later: ReadonlyArray<object>; readonly wrong: ReadonlyArray<object> }
    ) => {
      assert.deepStrictEqual(judge(schema, documented), both)
      for (const [verdict, parts] of [[onlyTolerant, changes.later], [neither, changes.wrong]] as const) {
        for (const part of parts) {
          assert.deepStrictEqual(judge(schema, { ...documented, ...part }), verdict, JSON.stringify(part))
        }
      }
    }

    it("a run decodes with values of later versions, and without the newest fields", () => {
      judged(Runs.Run, run, {
        later: [
          { status: "incomplete" },
          { tools: [{ type: "file_search" }] },
          { required_action: { type: "submit_approval", approval: {} } },
          { last_error: { code: "vector_store_timeout", message: "" } },
          { incomplete_details: { reason: "max_tool_calls" } },
          { max_prompt_tokens: 255 },
          { truncation_strategy: { type: "first_messages" } },
          { tool_choice: "required" },
          { tool_choice: { type: "file_search" } },
          { response_format: { type: "json_schema" } },
          { truncation_strategy: undefined },
          { incomplete_details: undefined }
        ],
        wrong: [
          { id: null },
          { status: {} },
          { required_action: { type: "submit_tool_outputs" } },
          { usage: [] }
        ]
      })
    })

    it("a message decodes with content of later versions, and without fields that streams leave out", () => {
      judged(Messages.Message, {
        id: "msg_abc123",
        object: "thread.message",
        created_at: 1_699_017_614,
        thread_id: "thread_abc123",
        status: "completed",
        incomplete_details: null,
        completed_at: null,
        incomplete_at: null,
        role: "user",
        content: [{ type: "text", text: { value: "Hi", annotations: [] } }],
        assistant_id: null,
        run_id: null,
        file_ids: [],
        metadata: {}
      }, {
        later: [
          { role: "tool" },
          { content: [{ type: "image_url", image_url: { url: "https://example.com/a.png" } }] },
          { content: [{ type: "text", text: { value: "", annotations: [{ type: "url_citation" }] } }] },
          { file_ids: Array.from({ length: 11 }, String) },
          { status: undefined, incomplete_details: undefined, completed_at: undefined, incomplete_at: undefined }
        ],
        wrong: [{ content: "Hi" }, { content: [{ type: "text", text: "Hi" }] }, { content: null }]
      })
    })

    it("a run step decodes with details and calls of later versions", () => {
      const calls = (...tool_calls: ReadonlyArray<object>) => ({ step_details: { type: "tool_calls", tool_calls } })
      judged(RunSteps.RunStep, {
        id: "step_abc123",
        object: "thread.run.step",
        created_at: 1_699_063_291,
        run_id: "run_abc123",
        assistant_id: "asst_abc123",
        thread_id: "thread_abc123",
        type: "tool_calls",
        status: "completed",
        last_error: null,
        expired_at: null,
        cancelled_at: null,
        failed_at: null,
        completed_at: 1_699_063_291,
        metadata: {},
        usage: { completion_tokens: 1, prompt_tokens: 2, total_tokens: 3 },
        ...calls({ id: "call_1", type: "retrieval", retrieval: {} })
      }, {
        later: [
          { step_details: { type: "reasoning" }, type: "reasoning" },
          calls({ id: "call_1", type: "file_search", file_search: {} }),
          calls({ id: "call_1", type: "code_interpreter", code_interpreter: { input: "", outputs: [{ type: "csv" }] } })
        ],
        wrong: [{ step_details: { type: "tool_calls" } }, calls({ id: "call_1", type: "function" }), { usage: [] }]
      })
    })

    it("an event decodes with an undocumented name; with a documented name its data must fit", () => {
      judged(AssistantStream.AssistantStreamEvent, { event: "thread.run.queued", data: run }, {
        later: [
          { event: "thread.run.incomplete" },
          { event: "thread.run.paused", data: null },
          { data: { ...run, status: "paused" } }
        ],
        wrong: [{ event: 1 }, { data: {} }, { data: undefined }]
      })
    })

    it("a chat completion decodes if documented fields are absent or null", () => {
      const message = { role: "assistant", content: "Hi", refusal: null }
      const choice = { index: 0, message, finish_reason: "stop", logprobs: null }
      judged(ChatCompletions.CreateChatCompletionResponse, {
        id: "chatcmpl-123",
        object: "chat.completion",
        created: 1_677_652_288,
        model: "gpt-4o-mini",
        choices: [choice]
      }, {
        later: [
          { choices: [{ ...choice, finish_reason: "eos" }] },
          { choices: [{ ...choice, finish_reason: null }] },
          { choices: [{ index: 0, message: { role: "assistant" }, finish_reason: "stop" }] },
          { choices: [{ ...choice, message: { ...message, tool_calls: null } }] },
          { usage: null },
          { system_fingerprint: null }
        ],
        wrong: [{ choices: null }, { choices: [{ ...choice, message: null }] }, { usage: 1 }]
      })
    })

    it("a chunk decodes if documented fields are absent or null", () => {
      const chunk = (delta: object, rest?: object) => ({
        choices: [{ index: 0, delta, finish_reason: null, ...rest }]
      })
      judged(ChatCompletions.CreateChatCompletionStreamResponse, {
        id: "chatcmpl-123",
        object: "chat.completion.chunk",
        created: 1_694_268_190,
        model: "gpt-4o-mini",
        ...chunk({ tool_calls: [{ index: 0, id: "call_1", type: "function", function: { name: "a", arguments: "" } }] })
      }, {
        later: [
          chunk({ tool_calls: [{ id: "call_1", function: { name: null, arguments: "{}" } }] }),
          chunk({ tool_calls: null, role: null }),
          chunk({}, { finish_reason: "eos" }),
          chunk({}, { finish_reason: undefined }),
          { choices: null }
        ],
        wrong: [chunk({ content: true }), chunk({ tool_calls: [{ index: "a" }] }), { choices: {} }]
      })
    })

    it("an embedding is numbers or text", () => {
      judged(Embeddings.Embedding, { object: "embedding", index: 0, embedding: [0.1, -1] }, {
        later: [{ index: 0.5 }],
        wrong: [{ embedding: null }, { embedding: [null] }]
      })
      assert.deepStrictEqual(
        judge(Embeddings.Embedding, { object: "embedding", index: 0, embedding: "zczMPQ==" }),
        both
      )
    })

    it("requests have no tolerance", () => {
      for (const endpoint of Contract.endpoints) {
        if (endpoint.body._tag !== "Json") continue
        const request = Endpoint.request(endpoint)
        assert.deepStrictEqual(JSONSchema.make(Tolerant.exact(request)), JSONSchema.make(request), endpoint.name)
      }
    })
  })
})
