import { Assistants, Files, type OpenAiClient, Operation } from "@effect-openai/client"
import { Endpoint, FileSource, type OpenAiError } from "@effect-openai/core"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Client from "./utils/client.js"
import * as Models from "./utils/models.js"
import * as Server from "./utils/server.js"

type Call = Effect.Effect<
  unknown,
  OpenAiError.OpenAiError | OpenAiError.UploadNotReplayableError,
  OpenAiClient.OpenAiClient
>

/** The request of a caller without types. */
const untyped = <A>(value: unknown): A => value as A

const refused = (call: Call) =>
  Effect.gen(function*() {
    const transport = Client.fake(() => Client.success(Models.assistant()))
    const error = yield* Effect.flip(Effect.provide(call, Client.layer("http://fake", {}, transport.layer)))
    assert.strictEqual(transport.requests.length, 0)
    assert(error._tag === "InvalidRequestError")
    assert.include(error.message, error.operation)
    assert.isBelow(error.message.length, 350)
    return error
  })

/** Returns the request of a successful call. */
const sent = (call: Call, answer: object = Models.assistant()) =>
  Effect.scoped(Effect.gen(function*() {
    const server = yield* Server.make(Server.json(answer))
    yield* Effect.provide(call, Client.layer(server.origin))
    assert.strictEqual(server.requests.length, 1)
    return server.requests[0]!
  }))

describe("Input", () => {
  it.effect("refuses a missing path parameter", () =>
    Effect.map(refused(Assistants.retrieve(untyped({}))), (error) => {
      assert.strictEqual(error.field, "assistant_id")
    }))

  for (const request of [undefined, null, "asst_1", []]) {
    it.effect(`refuses the request ${JSON.stringify(request)}`, () => refused(Assistants.retrieve(untyped(request))))
  }

  it.effect("refuses an operation of administration without an admin key", () =>
    Effect.gen(function*() {
      const costs = Operation.make(Endpoint.make({
        name: "listCosts",
        summary: "List costs",
        description: "Returns the costs.",
        method: "GET",
        path: "/organization/costs",
        success: Endpoint.json(Schema.Struct({ ok: Schema.Boolean })),
        family: "administration"
      }))
      const transport = Client.fake(() => Client.success({ ok: true }))
      const error = yield* Effect.flip(
        Effect.provide(costs(), Client.layer("http://fake", { adminKey: undefined }, transport.layer))
      )
      assert.deepInclude<object>(error, { _tag: "InvalidRequestError", field: "adminKey" })
      assert.strictEqual(transport.requests.length, 0)
    }))

  describe("bodies", () => {
    it.effect("are JSON without undefined fields", () =>
      Effect.gen(function*() {
        const request = yield* sent(
          Assistants.modify({
            assistant_id: "asst_1",
            name: "Tutor",
            description: undefined,
            metadata: null,
            tools: []
          })
        )
        assert.strictEqual(request.headers["content-type"], "application/json")
        assert.deepStrictEqual(JSON.parse(request.body().toString()), { name: "Tutor", metadata: null, tools: [] })
      }))

    it.effect("are an empty object for an empty request", () =>
      Effect.map(sent(Assistants.modify({ assistant_id: "asst_1" })), (request) => {
        assert.strictEqual(request.body().toString(), "{}")
      }))

    it.effect("are empty where none is documented", () =>
      Effect.gen(function*() {
        const request = yield* sent(Assistants.delete({ assistant_id: "asst_1" }), Models.deleted())
        assert.strictEqual(request.size(), 0)
        assert.isUndefined(request.headers["content-type"])
      }))

    it.effect("include inherited values of nested objects", () =>
      Effect.gen(function*() {
        class Settings {
          get model() {
            return "gpt-4-turbo"
          }
        }
        const request = yield* sent(Assistants.create(new Settings()))
        assert.strictEqual(request.body().toString(), "{\"model\":\"gpt-4-turbo\"}")
      }))
  })

  describe("refuses invalid requests, and names the field", () => {
    const model = "gpt-4-turbo"
    const pairs = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`key${i}`, "value"]))
    const circle: Record<string, unknown> = {}
    circle["self"] = circle
    const withParameters = (parameters: Record<string, unknown>) =>
      Assistants.create({ model, tools: [{ type: "function", function: { name: "f", parameters } }] })

    const cases: ReadonlyArray<readonly [name: string, call: Call, operation: string, field: string]> = [
      [
        "129 tools",
        Assistants.create({ model, tools: Array(129).fill({ type: "retrieval" }) }),
        "createAssistant",
        "tools"
      ],
      [
        "21 files",
        Assistants.modify({ assistant_id: "a", file_ids: Array(21).fill("file-1") }),
        "modifyAssistant",
        "file_ids"
      ],
      ["17 pairs", Assistants.create({ model, metadata: pairs(17) }), "createAssistant", "metadata"],
      [
        "a key of 65",
        Assistants.create({ model, metadata: { ["k".repeat(65)]: "" } }),
        "createAssistant",
        `metadata.${"k".repeat(65)}`
      ],
      [
        "a value of 513",
        Assistants.create({ model, metadata: { key: "v".repeat(513) } }),
        "createAssistant",
        "metadata.key"
      ],
      ["a name of 257", Assistants.create({ model, name: "n".repeat(257) }), "createAssistant", "name"],
      [
        "a description of 513",
        Assistants.create({ model, description: "d".repeat(513) }),
        "createAssistant",
        "description"
      ],
      [
        "instructions of 256,001",
        Assistants.create({ model, instructions: "i".repeat(256_001) }),
        "createAssistant",
        "instructions"
      ],
      ["a limit of 0", Assistants.list({ limit: 0 }), "listAssistants", "limit"],
      ["a limit of 101", Assistants.list({ limit: 101 }), "listAssistants", "limit"],
      ["a limit of 1.5", Assistants.list({ limit: 1.5 }), "listAssistants", "limit"],
      ["a limit of NaN", Assistants.list({ limit: NaN }), "listAssistants", "limit"],
      ["an unknown order", Assistants.list({ order: untyped("up") }), "listAssistants", "order"],
      ["no model", Assistants.create(untyped({ name: "x" })), "createAssistant", "model"],
      [
        "a field too many",
        Assistants.create(untyped({ model, tool_resources: {} })),
        "createAssistant",
        "tool_resources"
      ],
      [
        "a field too many, deep down",
        Assistants.create(untyped({ model, tools: [{ type: "retrieval", x: 1 }] })),
        "createAssistant",
        "tools[0].x"
      ],
      [
        "an unknown tool",
        Assistants.create(untyped({ model, tools: [{ type: "browser" }] })),
        "createAssistant",
        "tools[0].type"
      ],
      [
        "a function's name",
        Assistants.create({
          model,
          tools: [{ type: "retrieval" }, { type: "function", function: { name: "no spaces" } }]
        }),
        "createAssistant",
        "tools[1].function.name"
      ],
      ["a temperature of 2.1", Assistants.create({ model, temperature: 2.1 }), "createAssistant", "temperature"],
      ["a bigint", withParameters({ maximum: 10n }), "createAssistant", "tools"],
      ["a circle", withParameters(circle), "createAssistant", "tools"],
      [
        "a text instead of a file",
        Files.upload({ file: untyped("notes.txt"), purpose: "assistants" }),
        "createFile",
        "file"
      ],
      [
        "an unknown purpose",
        Files.upload({ file: FileSource.fromBytes("a", "b"), purpose: untyped("fun") }),
        "createFile",
        "purpose"
      ],
      [
        "a media type with a line break",
        Files.upload({ file: FileSource.fromBytes("a", "b", { type: "text/plain\r\nX: y" }), purpose: "assistants" }),
        "createFile",
        "file"
      ]
    ]
    for (const [name, call, operation, field] of cases) {
      it.effect(name, () =>
        Effect.map(refused(call), (error) => {
          assert.strictEqual(error.operation, operation)
          assert.strictEqual(error.field, field)
        }))
    }

    it.effect("names the problem, without the payload", () =>
      Effect.gen(function*() {
        const payload = "secret plan ".repeat(30_000)
        const error = yield* refused(Assistants.create(untyped({
          model,
          instructions: payload,
          name: payload,
          tools: Array(200).fill({ type: "function", function: { name: payload } })
        })))
        assert.isBelow(JSON.stringify(error).length, 700)
        const limits = yield* refused(Assistants.list({ limit: 101 }))
        assert.strictEqual(
          limits.message,
          "listAssistants does not accept this limit: Expected a number between 1 and 100, actual 101"
        )
        const unknown = yield* refused(Assistants.create(untyped({ model, tools: [{ type: "retrieval", files: 1 }] })))
        assert.strictEqual(
          unknown.message,
          "createAssistant does not accept the field tools[0].files without Extra.fields. Expected: \"type\""
        )
        const missing = yield* refused(Assistants.create(untyped({})))
        assert.strictEqual(missing.message, "createAssistant requires the field model")
      }))
  })
})
