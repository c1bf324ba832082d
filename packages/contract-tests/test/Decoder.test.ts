import * as Client from "@effect-openai/client"
import { Deviation } from "@effect-openai/contract-tests"
import { AssistantFiles, Assistants, type Endpoint, Files } from "@effect-openai/core"
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"

/** A client whose server always returns one value. */
const answering = (json: unknown) =>
  Client.OpenAiClient.layer({ apiKey: Redacted.make("sk-test") }).pipe(
    Layer.provide(Layer.succeed(
      HttpClient.HttpClient,
      HttpClient.make((request) => Effect.succeed(HttpClientResponse.fromWeb(request, Response.json(json))))
    ))
  )

/** Checks that a response is decoded completely, and which deviations are reported. */
const takes = <A, E>(
  title: string,
  operation: Effect.Effect<A, E, Client.OpenAiClient.OpenAiClient>,
  endpoint: Endpoint.Any,
  json: unknown,
  deviations: ReadonlyArray<Deviation.Deviation>
) =>
  it.effect(`takes ${title}`, () =>
    Effect.gen(function*() {
      const response: unknown = yield* Effect.provide(operation, answering(json))
      assert.deepStrictEqual(response, json)
      assert.deepStrictEqual(Deviation.inResponse(endpoint, json), deviations)
    }))

const assistant = {
  id: "asst_abc123",
  object: "assistant",
  created_at: 1698984975,
  name: null,
  description: null,
  model: "gpt-4-turbo",
  instructions: null,
  tools: [],
  file_ids: [],
  metadata: {}
}

const file = {
  id: "file-abc123",
  object: "file",
  bytes: 120000,
  created_at: 1677610602,
  filename: "mydata.jsonl",
  purpose: "fine-tune",
  status: "processed"
}

const assistantFile = {
  id: "file-abc123",
  object: "assistant.file",
  created_at: 1699060412,
  assistant_id: "asst_abc123"
}

const emptyPage = { object: "list", data: [], first_id: null, last_id: null, has_more: false }

const retrieve = Client.Assistants.retrieve({ assistant_id: "asst_abc123" })

describe("Decoder", () => {
  describe("lists", () => {
    takes("an empty list with null for both ids", Client.Assistants.list(), Assistants.list, emptyPage, [])
    takes(
      "an empty list without ids",
      Client.Assistants.list(),
      Assistants.list,
      { object: "list", data: [], has_more: false },
      [{ field: "first_id", what: "is missing" }, { field: "last_id", what: "is missing" }]
    )
    takes(
      "a list of assistant files without `items`",
      Client.AssistantFiles.list({ assistant_id: "asst_abc123" }),
      AssistantFiles.list,
      { ...emptyPage, data: [assistantFile], first_id: assistantFile.id, last_id: assistantFile.id },
      []
    )
    takes(
      "a list of assistant files with `items`",
      Client.AssistantFiles.list({ assistant_id: "asst_abc123" }),
      AssistantFiles.list,
      { ...emptyPage, items: [] },
      [{ field: "items", what: "is not documented" }]
    )
  })

  describe("assistants", () => {
    takes("one without top_p, temperature and response_format", retrieve, Assistants.retrieve, assistant, [])
    takes("one with all three", retrieve, Assistants.retrieve, {
      ...assistant,
      top_p: 1,
      temperature: 1,
      response_format: "auto"
    }, [])
    takes("response_format as an object", retrieve, Assistants.retrieve, {
      ...assistant,
      response_format: { type: "json_object" }
    }, [])
    takes(
      "response_format as an unknown word",
      retrieve,
      Assistants.retrieve,
      { ...assistant, response_format: "xml" },
      [{
        field: "response_format",
        what: "Expected \"none\" | \"auto\" | AssistantsApiResponseFormat, actual \"xml\""
      }]
    )
    takes(
      "response_format as an object of an unknown type",
      retrieve,
      Assistants.retrieve,
      { ...assistant, response_format: { type: "json_schema", json_schema: { name: "response" } } },
      [
        { field: "response_format.json_schema", what: "is not documented" },
        { field: "response_format.type", what: "Expected \"text\" | \"json_object\", actual \"json_schema\"" }
      ]
    )
    takes(
      "a tool of an unknown type next to known ones",
      retrieve,
      Assistants.retrieve,
      {
        ...assistant,
        tools: [{ type: "retrieval" }, { type: "file_search", file_search: { max_num_results: 3 } }]
      },
      [{
        field: "tools[1].type",
        what: "Expected \"code_interpreter\" | \"retrieval\" | \"function\", actual \"file_search\""
      }]
    )
    takes(
      "more than the documented limits allow",
      retrieve,
      Assistants.retrieve,
      { ...assistant, temperature: 3 },
      [{ field: "temperature", what: "Expected a number between 0 and 2, actual 3" }]
    )
    takes(
      "unknown fields, which the caller sees",
      retrieve,
      Assistants.retrieve,
      { ...assistant, tool_resources: { file_search: {} }, metadata: { any: "pair" } },
      [{ field: "tool_resources", what: "is not documented" }]
    )
    takes(
      "unknown fields at any depth",
      Client.Assistants.list(),
      Assistants.list,
      {
        ...emptyPage,
        data: [{ ...assistant, tools: [{ type: "function", function: { name: "sum", cached: true } }] }],
        first_id: assistant.id,
        last_id: assistant.id
      },
      [{ field: "data[0].tools[0].function.cached", what: "is not documented" }]
    )
  })

  describe("files", () => {
    const retrieve = Client.Files.retrieve({ file_id: "file-abc123" })

    takes("one as documented", retrieve, Files.retrieve, file, [])
    takes(
      "an unknown purpose",
      retrieve,
      Files.retrieve,
      { ...file, purpose: "user_data" },
      [{
        field: "purpose",
        what: "Expected \"assistants\" | \"assistants_output\" | \"batch\" | \"batch_output\" | \"fine-tune\" | " +
          "\"fine-tune-results\" | \"vision\", actual \"user_data\""
      }]
    )
    takes(
      "an unknown status",
      retrieve,
      Files.retrieve,
      { ...file, status: "pending" },
      [{ field: "status", what: "Expected \"uploaded\" | \"processed\" | \"error\", actual \"pending\"" }]
    )
    const { status: _, ...withoutStatus } = file
    takes("one without status", retrieve, Files.retrieve, withoutStatus, [{ field: "status", what: "is missing" }])
  })

  describe("refuses", () => {
    const refuses = (title: string, json: unknown, field: string) =>
      it.effect(title, () =>
        Effect.gen(function*() {
          const error = yield* Effect.provide(Effect.flip(retrieve), answering(json))
          assert.strictEqual(error._tag, "InvalidResponseError")
          assert.propertyVal(error, "field", field)
          assert.include(Deviation.inResponse(Assistants.retrieve, json).map((deviation) => deviation.field), field)
        }))

    refuses("an assistant without an ID", { ...assistant, id: undefined }, "id")
    refuses("a field of another type", { ...assistant, created_at: "yesterday" }, "created_at")
    refuses("a documented tool that is broken", { ...assistant, tools: [{ type: "function" }] }, "tools[0].function")
    refuses("null", null, "")
  })
})
