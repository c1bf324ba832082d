import { Contract } from "@effect-openai/core"
import * as Api from "@effect-openai/core/Api"
import * as HttpApi from "@effect/platform/HttpApi"
import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as AST from "effect/SchemaAST"

type Json = Readonly<Record<string, unknown>>

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

/** Without the words. A field may be called `description`: that one is no string. */
const wordless = (u: unknown): unknown =>
  JSON.parse(
    JSON.stringify(u, (key, value) =>
      (key === "description" || key === "title") && typeof value === "string" ? undefined : value)
  )

const nodes = (u: unknown): ReadonlyArray<Json> =>
  typeof u !== "object" || u === null
    ? []
    : [...(Array.isArray(u) ? [] : [u as Json]), ...Object.values(u).flatMap(nodes)]

const refs = (u: unknown) => nodes(u).flatMap(({ $ref }) => typeof $ref === "string" ? [$ref] : [])

// -----------------------------------------------------------------------------
// what is documented
// -----------------------------------------------------------------------------

const string = { type: "string" }
const integer = { type: "integer" }
const boolean = { type: "boolean" }
const literals = (...values: ReadonlyArray<string>) => ({ type: "string", enum: values })
const nullable = (schema: Json, rest?: Json) => ({ anyOf: [schema, { type: "null" }], ...rest })
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })
const list = (item: string) => ({
  object: literals("list"),
  data: { type: "array", items: ref(item) },
  first_id: nullable(string),
  last_id: nullable(string),
  has_more: boolean
})

const id = { type: "string", minLength: 1 }
const order = { ...literals("asc", "desc"), default: "desc" }
const listQuery = {
  "limit?": { type: "integer", minimum: 1, maximum: 100, default: 20 },
  "order?": order,
  "after?": string,
  "before?": string
}

const assistant_id = { assistant_id: id }
const file_id = { file_id: id }
const beta = { "OpenAI-Beta": literals("assistants=v1") }

/** Each operation's parameters by place, and the names of its bodies. A question mark says that a field may be left out. */
const documentedOperations: Readonly<
  Record<string, {
    readonly path?: Json
    readonly query?: Json
    readonly header?: Json
    readonly body?: string
    readonly answer?: string
    readonly tag: string
  }>
> = {
  listAssistants: { tag: "Assistants", header: beta, query: listQuery, answer: "ListAssistantsResponse" },
  createAssistant: { tag: "Assistants", header: beta, body: "CreateAssistantRequest", answer: "AssistantObject" },
  getAssistant: { tag: "Assistants", header: beta, path: assistant_id, answer: "AssistantObject" },
  modifyAssistant: {
    tag: "Assistants",
    header: beta,
    path: assistant_id,
    body: "ModifyAssistantRequest",
    answer: "AssistantObject"
  },
  deleteAssistant: { tag: "Assistants", header: beta, path: assistant_id, answer: "DeleteAssistantResponse" },
  listAssistantFiles: {
    tag: "Assistant files",
    header: beta,
    path: assistant_id,
    query: listQuery,
    answer: "ListAssistantFilesResponse"
  },
  createAssistantFile: {
    tag: "Assistant files",
    header: beta,
    path: assistant_id,
    body: "CreateAssistantFileRequest",
    answer: "AssistantFileObject"
  },
  getAssistantFile: {
    tag: "Assistant files",
    header: beta,
    path: { ...assistant_id, ...file_id },
    answer: "AssistantFileObject"
  },
  deleteAssistantFile: {
    tag: "Assistant files",
    header: beta,
    path: { ...assistant_id, ...file_id },
    answer: "DeleteAssistantFileResponse"
  },
  listFiles: {
    tag: "Files",
    query: {
      "purpose?": string,
      "limit?": { type: "integer", minimum: 1, maximum: 10_000, default: 10_000 },
      "order?": order,
      "after?": string
    },
    answer: "ListFilesResponse"
  },
  createFile: { tag: "Files", body: "CreateFileRequest", answer: "OpenAIFile" },
  retrieveFile: { tag: "Files", path: file_id, answer: "OpenAIFile" },
  deleteFile: { tag: "Files", path: file_id, answer: "DeleteFileResponse" },
  downloadFile: { tag: "Files", path: file_id }
}

const model = {
  anyOf: [
    string,
    literals(
      "gpt-4o",
      "gpt-4o-2024-11-20",
      "gpt-4o-2024-08-06",
      "gpt-4o-2024-05-13",
      "gpt-4o-mini",
      "gpt-4o-mini-2024-07-18",
      "gpt-4-turbo",
      "gpt-4-turbo-2024-04-09",
      "gpt-4-0125-preview",
      "gpt-4-turbo-preview",
      "gpt-4-1106-preview",
      "gpt-4-vision-preview",
      "gpt-4",
      "gpt-4-0314",
      "gpt-4-0613",
      "gpt-4-32k",
      "gpt-4-32k-0314",
      "gpt-4-32k-0613",
      "gpt-3.5-turbo",
      "gpt-3.5-turbo-16k",
      "gpt-3.5-turbo-0613",
      "gpt-3.5-turbo-1106",
      "gpt-3.5-turbo-0125",
      "gpt-3.5-turbo-16k-0613"
    )
  ]
}

const assistantFields = {
  name: nullable({ type: "string", maxLength: 256 }),
  description: nullable({ type: "string", maxLength: 512 }),
  instructions: nullable({ type: "string", maxLength: 256_000 }),
  tools: {
    type: "array",
    items: { anyOf: ["AssistantToolsCode", "AssistantToolsRetrieval", "AssistantToolsFunction"].map(ref) },
    maxItems: 128,
    default: []
  },
  file_ids: { type: "array", items: string, maxItems: 20, default: [] },
  metadata: nullable({
    type: "object",
    maxProperties: 16,
    propertyNames: { type: "string", maxLength: 64 },
    additionalProperties: { type: "string", maxLength: 512 }
  }),
  temperature: nullable({ type: "number", minimum: 0, maximum: 2 }, { default: 1 }),
  top_p: nullable({ type: "number", minimum: 0, maximum: 1 }, { default: 1 }),
  response_format: nullable(ref("AssistantsApiResponseFormatOption"))
}

const optional = (fields: Json) =>
  Object.fromEntries(Object.entries(fields).map(([name, field]) => [`${name}?`, field]))

const { response_format, temperature, top_p, ...requiredFields } = assistantFields

/** Every field of every object. */
const documentedObjects: Readonly<Record<string, Json>> = {
  AssistantObject: {
    id: string,
    object: literals("assistant"),
    created_at: integer,
    model: string,
    ...requiredFields,
    ...optional({ temperature, top_p, response_format })
  },
  CreateAssistantRequest: { model, ...optional(assistantFields) },
  ModifyAssistantRequest: optional({ model, ...assistantFields }),
  ListAssistantsResponse: list("AssistantObject"),
  DeleteAssistantResponse: { id: string, object: literals("assistant.deleted"), deleted: boolean },
  AssistantToolsCode: { type: literals("code_interpreter") },
  AssistantToolsRetrieval: { type: literals("retrieval") },
  AssistantToolsFunction: { type: literals("function"), function: ref("FunctionObject") },
  FunctionObject: {
    name: { type: "string", pattern: "^[a-zA-Z0-9_-]{1,64}$" },
    "description?": string,
    "parameters?": { type: "object", additionalProperties: true },
    "strict?": nullable(boolean, { default: false })
  },
  AssistantsApiResponseFormat: { "type?": { ...literals("text", "json_object"), default: "text" } },
  AssistantFileObject: {
    id: string,
    object: literals("assistant.file"),
    created_at: integer,
    assistant_id: string
  },
  CreateAssistantFileRequest: { file_id: string },
  ListAssistantFilesResponse: list("AssistantFileObject"),
  DeleteAssistantFileResponse: { id: string, object: literals("assistant.file.deleted"), deleted: boolean },
  OpenAIFile: {
    id: string,
    object: literals("file"),
    bytes: integer,
    created_at: integer,
    filename: string,
    purpose: literals(
      "assistants",
      "assistants_output",
      "batch",
      "batch_output",
      "fine-tune",
      "fine-tune-results",
      "vision"
    ),
    status: { ...literals("uploaded", "processed", "error"), deprecated: true },
    "status_details?": { type: "string", deprecated: true }
  },
  CreateFileRequest: {
    file: { type: "string", format: "binary" },
    purpose: literals("assistants", "batch", "fine-tune", "vision")
  },
  ListFilesResponse: list("OpenAIFile"),
  DeleteFileResponse: { id: string, object: literals("file"), deleted: boolean },
  ErrorResponse: { error: ref("Error") },
  Error: { message: string, type: string, param: nullable(string), code: nullable(string) }
}

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
    assert.deepStrictEqual(document.tags.map(({ name }) => name), ["Assistants", "Assistant files", "Files"])
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
            wordless(schema)
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
        assert.deepStrictEqual(
          wordless(success!.content),
          documented.answer === undefined
            ? { "application/octet-stream": { schema: { type: "string", format: "binary" } } }
            : { "application/json": { schema: ref(documented.answer) } }
        )
        assert.includeMembers(Object.keys(errors), ["400", "401", "403", "404", "409", "422", "429", "500", "503"])
        for (const error of Object.values(errors)) {
          assert.deepStrictEqual(error.content, { "application/json": { schema: ref("ErrorResponse") } })
        }
        for (const { description } of Object.values(responses)) assert.match(description, /^[A-Z].*\.$/)
      })
    })
  }

  it("has every documented object and no other component", () => {
    assert.sameMembers(Object.keys(document.components.schemas), [
      ...Object.keys(documentedObjects),
      "AssistantsApiResponseFormatOption"
    ])
    assert.deepStrictEqual(wordless(document.components.schemas["AssistantsApiResponseFormatOption"]), {
      anyOf: [literals("none", "auto"), ref("AssistantsApiResponseFormat")]
    })
  })

  for (const [name, fields] of Object.entries(documentedObjects)) {
    it(`${name} has the documented fields, limits, defaults and enums`, () => {
      const { additionalProperties, properties, required = [], type, ...rest } = document.components.schemas[name] as {
        readonly additionalProperties?: boolean
        readonly properties: Json
        readonly required?: ReadonlyArray<string>
        readonly type: string
        readonly description: string
      }
      assert.strictEqual(type, "object")
      assert.deepStrictEqual(
        Object.fromEntries(
          Object.entries(properties).map((
            [field, schema]
          ) => [required.includes(field) ? field : `${field}?`, wordless(schema)])
        ),
        fields
      )
      assert.match(rest.description, /^[A-Z].*\.$/)
      // A request is checked to the last field; an answer may have grown one.
      assert.strictEqual(additionalProperties, name.endsWith("Request") ? false : undefined)
    })
  }

  it("requires nothing of a caller that is documented as optional", () => {
    const required = Object.entries(document.components.schemas).flatMap(([name, schema]) =>
      name.endsWith("Request") ? [[name, schema["required"] ?? []]] : []
    )
    assert.deepStrictEqual(Object.fromEntries(required), {
      CreateAssistantRequest: ["model"],
      ModifyAssistantRequest: [],
      CreateAssistantFileRequest: ["file_id"],
      CreateFileRequest: ["file", "purpose"]
    })
  })

  it("describes every parameter and every field", () => {
    for (const { operationId, parameters } of operations) {
      for (const { description, name } of parameters) assert.match(description, /^[A-Z].*\.$/, `${operationId} ${name}`)
    }
    for (const [name, { properties = {} }] of Object.entries(document.components.schemas)) {
      for (const [field, schema] of Object.entries(properties as Readonly<Record<string, Json>>)) {
        const { description } = typeof schema["$ref"] === "string"
          ? document.components.schemas[schema["$ref"].split("/").at(-1)!]!
          : schema
        assert.match(String(description), /^[A-Z`].*\.$/, `${name}.${field}`)
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
