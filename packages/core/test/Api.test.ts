import { Contract } from "@effect-openai/core"
import * as Api from "@effect-openai/core/Api"
import * as HttpApi from "@effect/platform/HttpApi"
import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as AST from "effect/SchemaAST"
import { documentedComponents, documentedEvents, documentedOperations } from "./documented.js"
import { fields, type Json, notation } from "./notation.js"

/** The document as others read it. */
const document: {
  readonly openapi: string
  readonly security: unknown
  readonly servers: unknown
  readonly tags: ReadonlyArray<{ readonly name: string; readonly description?: string }>
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Json>>; readonly securitySchemes: unknown }
} = JSON.parse(JSON.stringify(Api.openApi()))

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly description: string
  readonly tags: ReadonlyArray<string>
  readonly security?: unknown
  readonly parameters: ReadonlyArray<{
    readonly name: string
    readonly in: string
    readonly required: boolean
    readonly description: string
    readonly schema: Json
  }>
  readonly requestBody?: { readonly required: boolean; readonly content: Json }
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content: Json }>>
}

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ ...operation, method, path }))
)

const nodes = (u: unknown): ReadonlyArray<Json> =>
  typeof u !== "object" || u === null
    ? []
    : [...(Array.isArray(u) ? [] : [u as Json]), ...Object.values(u).flatMap(nodes)]

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })

const refs = (u: unknown) => nodes(u).flatMap(({ $ref }) => typeof $ref === "string" ? [$ref] : [])

// -----------------------------------------------------------------------------
// what the document says
// -----------------------------------------------------------------------------

describe("openApi", () => {
  it("has every operation of the contract", () => {
    assert.strictEqual(document.openapi, "3.1.0")
    assert.sameDeepMembers(
      operations.map(({ method, operationId, path }) => [operationId, method.toUpperCase(), path]),
      Contract.endpoints.map(({ method, name, path }) => [name, method, path])
    )
    assert.sameMembers(operations.map(({ operationId }) => operationId), Object.keys(documentedOperations))
  })

  it("asks for a bearer token everywhere", () => {
    assert.deepStrictEqual(document.components.securitySchemes, { apiKey: { type: "http", scheme: "bearer" } })
    assert.deepStrictEqual(document.security, [{ apiKey: [] }])
    for (const operation of operations) assert.notProperty(operation, "security")
    assert.deepStrictEqual(document.servers, [{ url: "https://api.openai.com/v1" }])
  })

  it("describes each tag", () => {
    assert.deepStrictEqual(
      document.tags.map(({ name }) => name),
      Contract.resourceNames.map((name) => Contract.resources[name].title)
    )
    for (const { description } of document.tags) assert.match(description ?? "", /^[A-Z].*\.$/)
  })

  for (const { method, operationId, parameters, path, requestBody, responses, ...operation } of operations) {
    describe(operationId, () => {
      const documented = documentedOperations[operationId]!

      it("has words, and the tag of its resource", () => {
        const endpoint = Contract.endpoints.find(({ name }) => name === operationId)!
        const { description, summary, tags } = operation
        assert.deepStrictEqual({ description, summary, tags }, {
          description: endpoint.description,
          summary: endpoint.summary,
          tags: [documented.tag]
        })
      })

      for (const place of ["path", "query", "header"] as const) {
        it(`has the documented parameters in ${place}`, () => {
          const found = parameters.filter((parameter) => parameter.in === place).map(({ name, required, schema }) => [
            required ? name : `${name}?`,
            notation(schema)
          ])
          assert.deepStrictEqual(Object.fromEntries(found), documented[place] ?? {})
        })
      }

      it("names each parameter of its path", () => {
        assert.sameMembers(
          parameters.filter((parameter) => parameter.in === "path").map(({ name }) => `{${name}}`),
          path.match(/\{\w+\}/g) ?? []
        )
      })

      it("takes the documented body", () => {
        if (documented.body === undefined) return assert.isUndefined(requestBody)
        const type = operationId === "createFile" ? "multipart/form-data" : "application/json"
        assert.deepStrictEqual(requestBody, { required: true, content: { [type]: { schema: ref(documented.body) } } })
        assert.strictEqual(method, "post")
      })

      it("answers the documented body, or the documented error", () => {
        const { 200: success, ...errors } = responses
        const content = Object.entries(success!.content as Readonly<Record<string, { readonly schema: Json }>>)
        assert.deepStrictEqual(Object.fromEntries(content.map(([type, { schema }]) => [type, notation(schema)])), {
          ...(documented.answer === undefined
            ? { "application/octet-stream": "string(binary)" }
            : { "application/json": documented.answer }),
          ...(documented.events === undefined ? undefined : { "text/event-stream": documented.events })
        })
        assert.includeMembers(Object.keys(errors), ["400", "401", "403", "404", "409", "422", "429", "500", "503"])
        for (const error of Object.values(errors)) {
          assert.deepStrictEqual(error.content, { "application/json": { schema: ref("ErrorResponse") } })
        }
        for (const { description } of Object.values(responses)) assert.match(description, /^[A-Z].*\.$/)
      })
    })
  }

  it("has every documented component and no other", () => {
    assert.sameMembers(Object.keys(document.components.schemas), [
      ...Object.keys(documentedComponents),
      ...Object.keys(documentedEvents),
      "AssistantStreamEvent"
    ])
  })

  for (const [name, documented] of Object.entries(documentedComponents)) {
    it(`${name} has the documented fields, limits, defaults and enums`, () => {
      const { additionalProperties, ...schema } = document.components.schemas[name]!
      if (typeof documented === "string") {
        assert.strictEqual(notation(schema), documented)
      } else {
        assert.strictEqual(schema["type"], "object")
        assert.deepStrictEqual(fields(schema), documented)
      }
      assert.match(String(schema["description"]), /^[A-Z].*\.$/)
      // A request is checked to the last field; an answer may have grown one.
      assert.strictEqual(additionalProperties, name.endsWith("Request") ? false : undefined)
    })
  }

  describe("events", () => {
    const { AssistantStreamEvent, ...components } = document.components.schemas

    for (const [name, documented] of Object.entries(documentedEvents)) {
      it(`${name} has the documented names, and what belongs to each`, () => {
        const { anyOf = [components[name]!], description } = components[name] as {
          readonly anyOf?: ReadonlyArray<Json>
          readonly description: string
        }
        assert.sameDeepMembers(
          anyOf.map(fields),
          Object.entries(documented).map(([event, data]) => ({ event: `'${event}'`, data }))
        )
        for (const words of [description, ...anyOf.map((member) => member["description"])]) {
          assert.match(String(words), /^[A-Z].*\.$/)
        }
      })
    }

    it("AssistantStreamEvent is each of them but the ends", () => {
      const { DoneEvent: _, ErrorEvent: _1, ...events } = documentedEvents
      assert.strictEqual(notation(AssistantStreamEvent!), Object.keys(events).join(" | "))
    })

    it("are streamed where a body can ask for it, and nowhere else", () => {
      const asked = operations.filter(({ operationId }) => {
        const body = documentedComponents[documentedOperations[operationId]!.body ?? ""]
        return typeof body === "object" && "stream?" in body
      })
      const streamed = operations.filter(({ responses }) => "text/event-stream" in responses["200"]!.content)
      assert.deepStrictEqual(streamed, asked)
      assert.sameMembers(
        streamed.map(({ operationId }) => operationId),
        ["createChatCompletion", "createRun", "createThreadAndRun", "submitToolOuputsToRun"]
      )
    })
  })

  it("requires nothing of a caller that is documented as optional", () => {
    const required = Object.entries(document.components.schemas).flatMap(([name, schema]) =>
      name.endsWith("Request") ? [[name, schema["required"] ?? []]] : []
    )
    assert.deepStrictEqual(Object.fromEntries(required), {
      CreateChatCompletionRequest: ["messages", "model"],
      CreateEmbeddingRequest: ["input", "model"],
      CreateFileRequest: ["file", "purpose"],
      CreateAssistantRequest: ["model"],
      ModifyAssistantRequest: [],
      CreateAssistantFileRequest: ["file_id"],
      CreateThreadRequest: [],
      ModifyThreadRequest: [],
      CreateMessageRequest: ["role", "content"],
      ModifyMessageRequest: [],
      CreateRunRequest: ["assistant_id"],
      CreateThreadAndRunRequest: ["assistant_id"],
      ModifyRunRequest: [],
      SubmitToolOutputsRunRequest: ["tool_outputs"]
    })
  })

  it("describes every parameter and every field", () => {
    for (const { operationId, parameters } of operations) {
      for (const { description, name } of parameters) assert.match(description, /^[A-Z].*\.$/, `${operationId} ${name}`)
    }
    for (const [name, component] of Object.entries(document.components.schemas)) {
      assert.match(String(component["description"]), /^[A-Z].*\.$/, name)
      for (const { properties } of nodes(component)) {
        for (const [field, schema] of Object.entries((properties ?? {}) as Readonly<Record<string, Json>>)) {
          if (typeof schema["$ref"] === "string") continue
          assert.match(String(schema["description"]), /^[A-Z`].*\.$/, `${name}.${field}`)
        }
      }
    }
  })

  it("refers to what is there, and uses all of it", () => {
    const names = Object.keys(document.components.schemas).map((name) => ref(name).$ref)
    assert.sameMembers([...new Set(refs(document))], names)
  })

  it("says nothing of how it was made", () => {
    for (const node of nodes(document)) {
      assert.notProperty(node, "$id")
      assert.notProperty(node, "patternProperties")
      for (const key of ["title", "description"]) {
        if (typeof node[key] === "string") assert.match(node[key], /^[A-Z`]/)
      }
    }
  })
})

// -----------------------------------------------------------------------------
// what servers are built on
// -----------------------------------------------------------------------------

describe("Api", () => {
  const urlParams = new Map<string, AST.AST>()
  const payloads = new Map<string, AST.AST>()
  HttpApi.reflect(Api.Api, {
    onGroup: () => {},
    onEndpoint: ({ endpoint: { name, payloadSchema, urlParamsSchema } }) => {
      Option.map(urlParamsSchema, ({ ast }) => urlParams.set(name, ast))
      Option.map(payloadSchema, ({ ast }) => payloads.set(name, ast))
    }
  })
  const decoder = (ast: AST.AST | undefined) => Schema.decodeUnknownEither(Schema.make<unknown>(ast!))

  it("reads a query from text", () => {
    const decode = decoder(urlParams.get("listAssistants"))
    assert.deepStrictEqual(
      decode({ limit: "5", order: "asc", after: "1" }),
      Either.right({ limit: 5, order: "asc", after: "1" })
    )
    assert.deepStrictEqual(decode({}), Either.right({}))
    for (
      const query of [{ limit: "0" }, { limit: "101" }, { limit: "1.5" }, { limit: "" }, { limit: "x" }, {
        order: "up"
      }]
    ) {
      assert.isTrue(Either.isLeft(decode(query)), JSON.stringify(query))
    }
  })

  it("refuses a field that is not documented, at any depth", () => {
    const decode = decoder(payloads.get("createAssistant"))
    const request = { model: "gpt-4-turbo", tools: [{ type: "retrieval" }], metadata: { any: "key" } }
    assert.deepStrictEqual(decode(request), Either.right(request))
    assert.isTrue(Either.isLeft(decode({ ...request, extra: 1 })))
    assert.isTrue(Either.isLeft(decode({ ...request, tools: [{ type: "retrieval", extra: 1 }] })))
  })

  it("an error is the documented envelope", () => {
    assert.deepStrictEqual(new Api.ServerError({ status: 400, message: "No." }).envelope, {
      error: { message: "No.", type: "invalid_request_error", param: null, code: null }
    })
    assert.deepStrictEqual(
      new Api.ServerError({
        status: 429,
        message: "Slow.",
        type: "requests",
        param: "model",
        code: "rate_limit_exceeded"
      })
        .envelope,
      { error: { message: "Slow.", type: "requests", param: "model", code: "rate_limit_exceeded" } }
    )
  })
})
