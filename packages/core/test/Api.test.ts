import { Contract, Endpoint, FileSource, Resource } from "@effect-openai/core"
import * as Api from "@effect-openai/core/Api"
import * as HttpApi from "@effect/platform/HttpApi"
import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as AST from "effect/SchemaAST"

type Json = Readonly<Record<string, unknown>>

/** The document as other programs read it. */
const document: {
  readonly openapi: string
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
  readonly requestBody?: {
    readonly required: boolean
    readonly content: Readonly<Record<string, { readonly schema: Json }>>
  }
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
// the document, except what Facts.test.ts compares
// -----------------------------------------------------------------------------

/** A sentence of prose. */
const sentence = /^[A-Z`].*\.$/

const endpointOf = (operationId: string) => Contract.endpoints.find(({ name }) => name === operationId)!

const bodies = operations.flatMap(({ operationId, requestBody }) =>
  requestBody === undefined ? [] : Object.entries(requestBody.content).map(([mediaType, { schema }]) => {
    const name = refs(schema)[0]!.replace("#/components/schemas/", "")
    return { operationId, mediaType, schema, name, component: document.components.schemas[name]! }
  })
)

describe("openApi", () => {
  it("has every operation of the contract", () => {
    assert.strictEqual(document.openapi, "3.1.0")
    assert.sameDeepMembers(
      operations.map(({ method, operationId, path }) => [operationId, method.toUpperCase(), path]),
      Contract.endpoints.map(({ method, name, path }) => [name, method, path])
    )
  })

  it("states the credential of each operation", () => {
    const used = new Set(Contract.endpoints.map(({ family }) => Endpoint.families[family].credential))
    assert.deepStrictEqual(
      document.components.securitySchemes,
      Object.fromEntries(Array.from(used, (credential) => [credential, { type: "http", scheme: "bearer" }]))
    )
    assert.notProperty(document, "security")
    for (const { operationId, security } of operations) {
      const { family } = Contract.endpoints.find(({ name }) => name === operationId)!
      assert.deepStrictEqual(security, [{ [Endpoint.families[family].credential]: [] }])
    }
    assert.deepStrictEqual(document.servers, [{ url: "https://api.openai.com/v1" }])
  })

  it("describes each tag and uses it", () => {
    assert.deepStrictEqual(
      [...new Set(operations.flatMap(({ tags }) => tags))].sort(),
      [
        ...document.tags.map(({ name }) => name)
      ].sort()
    )
    for (const { description } of document.tags) assert.match(description ?? "", sentence)
  })

  for (const { operationId, parameters, path, responses, ...operation } of operations) {
    describe(operationId, () => {
      it("has the descriptor's text and one tag", () => {
        const { description, summary } = endpointOf(operationId)
        assert.deepStrictEqual({ description: operation.description, summary: operation.summary }, {
          description,
          summary
        })
        assert.lengthOf(operation.tags, 1)
      })

      it("names each parameter of its path", () => {
        assert.sameMembers(
          parameters.filter((parameter) => parameter.in === "path").map(({ name }) => `{${name}}`),
          path.match(/\{\w+\}/g) ?? []
        )
      })

      it("has the error envelope for every status of an error", () => {
        const { 200: success, ...errors } = responses
        assert.isDefined(success)
        assert.includeMembers(Object.keys(errors), ["400", "401", "403", "404", "409", "422", "429", "500", "503"])
        for (const error of Object.values(errors)) {
          assert.deepStrictEqual(error.content, { "application/json": { schema: ref("ErrorResponse") } })
        }
        for (const { description } of Object.values(responses)) assert.match(description, sentence)
      })
    })
  }

  it("has a component for each request body", () => {
    for (const { name, operationId, schema } of bodies) assert.deepStrictEqual<Json>(schema, ref(name), operationId)
    assert.sameMembers(
      bodies.map(({ operationId }) => operationId),
      Contract.endpoints.filter(({ body }) => body._tag !== "None").map(({ name }) => name)
    )
  })

  it("refuses fields that are not documented in requests, and allows them in responses", () => {
    const requests = new Set(bodies.map(({ name }) => name))
    for (const [name, { additionalProperties }] of Object.entries(document.components.schemas)) {
      assert.strictEqual(additionalProperties, requests.has(name) ? false : undefined, name)
    }
  })

  it("streams events where a body has `stream`, and not anywhere else", () => {
    assert.sameMembers(
      operations.filter(({ responses }) => "text/event-stream" in responses["200"]!.content)
        .map(({ operationId }) => operationId),
      bodies.filter(({ component }) => "stream" in (component["properties"] as Json))
        .map(({ operationId }) => operationId)
    )
  })

  it("describes every parameter, component and field", () => {
    for (const { operationId, parameters } of operations) {
      for (const { description, name } of parameters) assert.match(description, sentence, `${operationId} ${name}`)
    }
    for (const [name, component] of Object.entries(document.components.schemas)) {
      assert.match(String(component["description"]), sentence, name)
      for (const { properties } of nodes(component)) {
        for (const [field, schema] of Object.entries((properties ?? {}) as Readonly<Record<string, Json>>)) {
          if (typeof schema["$ref"] === "string") continue
          assert.match(String(schema["description"]), sentence, `${name}.${field}`)
        }
      }
    }
  })

  it("describes every event", () => {
    const events = Object.entries(document.components.schemas).filter(([name]) => name.endsWith("Event"))
    assert.isNotEmpty(events)
    for (const [name, { anyOf = [] }] of events) {
      for (const member of anyOf as ReadonlyArray<Json>) {
        if (typeof member["$ref"] !== "string") assert.match(String(member["description"]), sentence, name)
      }
    }
  })

  it("refers to components that exist, and uses each", () => {
    const names = Object.keys(document.components.schemas).map((name) => ref(name).$ref)
    assert.sameMembers([...new Set(refs(document))], names)
  })

  it("has no trace of how it was made", () => {
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
// the `HttpApi`
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

  it("decodes a query from text", () => {
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

  it("refuses undocumented fields at any depth", () => {
    const decode = decoder(payloads.get("createAssistant"))
    const request = { model: "gpt-4-turbo", tools: [{ type: "retrieval" }], metadata: { any: "key" } }
    assert.deepStrictEqual(decode(request), Either.right(request))
    assert.isTrue(Either.isLeft(decode({ ...request, extra: 1 })))
    assert.isTrue(Either.isLeft(decode({ ...request, tools: [{ type: "retrieval", extra: 1 }] })))
  })

  it("writes an error as the documented envelope", () => {
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

// -----------------------------------------------------------------------------
// made-up operations
// -----------------------------------------------------------------------------

describe("the document of a made-up resource", () => {
  const words = { summary: "Made up", description: "Is made up.", method: "POST" } as const

  const search = Endpoint.make({
    ...words,
    name: "search",
    method: "GET",
    path: "/search",
    query: Schema.Struct({
      kinds: Schema.optional(Schema.Array(Schema.Literal("a", "b"))),
      archived: Schema.optional(Schema.Boolean),
      effective_at: Schema.Struct({ gt: Schema.optional(Schema.Int), lt: Schema.optional(Schema.Int) })
    }),
    success: Endpoint.text("The text."),
    family: "administration"
  })

  const transcribe = Endpoint.make({
    ...words,
    name: "transcribe",
    path: "/transcripts",
    body: Endpoint.multipart(
      Schema.Struct({
        files: Schema.Array(FileSource.FileSource),
        words: Schema.optional(Schema.Array(Schema.String)),
        temperature: Schema.optional(Schema.NullOr(Schema.Number)),
        verbatim: Schema.optional(Schema.Boolean),
        format: Schema.Literal("json", "verbose", "text", "srt", "audio")
      }).annotations({ identifier: "TranscribeRequest" }),
      { files: ["files"] }
    ),
    success: Endpoint.byField("format", {
      json: Endpoint.json(Schema.Struct({ text: Schema.String })),
      verbose: Endpoint.json(Schema.Struct({ text: Schema.String, words: Schema.Array(Schema.String) })),
      text: Endpoint.text("The text."),
      srt: Endpoint.text("The subtitles."),
      audio: Endpoint.bytes("The audio.", "audio/mpeg")
    }, "text")
  })

  const made: any = JSON.parse(JSON.stringify(Api.openApi(Api.make({
    Made: Resource.make({
      name: "Made",
      title: "Made up",
      description: "Is made up.",
      operations: { search, transcribe }
    })
  }))))
  const [{ get }, { post }] = [made.paths["/search"], made.paths["/transcripts"]]

  it("has a security scheme for each credential", () => {
    const bearer = { type: "http", scheme: "bearer" }
    assert.deepStrictEqual(made.components.securitySchemes, { adminKey: bearer, apiKey: bearer })
    assert.deepStrictEqual([get.security, post.security], [[{ adminKey: [] }], [{ apiKey: [] }]])
  })

  it("has the parameters of a query by their names on the wire", () => {
    assert.deepStrictEqual(get.parameters, [
      {
        name: "kinds[]",
        in: "query",
        schema: { type: "array", items: { type: "string", enum: ["a", "b"] } },
        required: false,
        style: "form",
        explode: true
      },
      { name: "archived", in: "query", schema: { type: "boolean" }, required: false },
      {
        name: "effective_at",
        in: "query",
        schema: { type: "object", properties: { gt: { type: "integer" }, lt: { type: "integer" } } },
        required: true,
        style: "deepObject",
        explode: true
      }
    ])
  })

  it("has the fields of a form", () => {
    assert.deepStrictEqual(post.requestBody, {
      required: true,
      content: { "multipart/form-data": { schema: ref("TranscribeRequest") } }
    })
    const { additionalProperties, properties, required } = made.components.schemas.TranscribeRequest
    assert.deepStrictEqual(properties, {
      files: { type: "array", items: { type: "string", format: "binary" } },
      words: { type: "array", items: { type: "string" } },
      temperature: { anyOf: [{ type: "number" }, { type: "null" }] },
      verbatim: { type: "boolean" },
      format: { type: "string", enum: ["json", "verbose", "text", "srt", "audio"] }
    })
    assert.deepStrictEqual(required, ["files", "format"])
    assert.isFalse(additionalProperties)
  })

  it("has a response for each media type", () => {
    assert.deepStrictEqual(get.responses[200], {
      description: "The text.",
      content: { "text/plain": { schema: { type: "string", description: "The text." } } }
    })
    const { content, description } = post.responses[200]
    assert.strictEqual(description, "The text.")
    const object = (properties: Record<string, unknown>) => ({
      type: "object",
      required: Object.keys(properties),
      properties
    })
    const string = { type: "string" }
    assert.deepStrictEqual(content, {
      "application/json": {
        schema: { anyOf: [object({ text: string }), object({ text: string, words: { type: "array", items: string } })] }
      },
      "text/plain": {
        schema: { anyOf: [{ ...string, description: "The text." }, { ...string, description: "The subtitles." }] }
      },
      "audio/mpeg": { schema: { ...string, format: "binary", description: "The audio." } }
    })
  })

  it("has no schema of the platform", () => {
    assert.sameMembers(Object.keys(made.components.schemas), ["Error", "ErrorResponse", "TranscribeRequest"])
  })
})
