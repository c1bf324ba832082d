import { Contract, type Endpoint, OpenAiError, type Struct } from "@effect-openai/core"
import { Emulator } from "@effect-openai/emulator"
import { HttpServer } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, FastCheck as fc, Layer, Schema } from "effect"
import { createServer } from "node:http"
import { connect } from "node:net"
import { setImmediate } from "node:timers/promises"
import { describeEach } from "./describeEach.js"
import { checkSuccess } from "./success.js"
import { apiKey, fuzz, parametersOf, stores } from "./utils.js"

const strict = { errors: "all", onExcessProperty: "error" } as const

const decodeError = Schema.decodeUnknownSync(OpenAiError.ErrorResponse, strict)

/** Checks that a response is one that the contract knows. */
const check = (endpoint: Endpoint.Any | undefined, status: number, headers: Headers, body: Uint8Array) => {
  const text = new TextDecoder().decode(body)
  assert.isBelow(status, 500, text)
  assert.isTrue(headers.has("x-request-id") && headers.has("openai-processing-ms"))
  if (status !== 200) {
    decodeError(JSON.parse(text))
  } else {
    checkSuccess(endpoint!, headers.get("content-type"), text)
  }
  return text
}

// -----------------------------------------------------------------------------
// requests by Schema
// -----------------------------------------------------------------------------

/** A request. The identifier `known` is replaced by that of an object which exists. */
interface Sample {
  readonly endpoint: Endpoint.Any
  readonly parameters: Record<string, string>
  readonly query: Record<string, unknown>
  readonly body: unknown
}

const arbitraryOf = (schema: Schema.Schema.All) => Arbitrary.make(schema as Schema.Schema<Record<string, any>>)

/** What the contract allows. */
const validSamples: fc.Arbitrary<Sample> = fc.oneof(
  ...Contract.endpoints.filter(({ body }) => body._tag !== "Multipart").map((endpoint) =>
    fc.record({
      endpoint: fc.constant(endpoint),
      parameters: arbitraryOf(endpoint.parameters),
      query: arbitraryOf(endpoint.query),
      body: endpoint.body._tag === "Json" ? arbitraryOf(endpoint.body.schema) : fc.constant(undefined)
    }).chain((sample) =>
      fc.boolean().map((exists) => ({
        ...sample,
        ...(exists && {
          parameters: Object.fromEntries(Object.keys(sample.parameters).map((name) => [name, "known"])),
          body: sample.body && "file_id" in sample.body ? { file_id: "known" } : sample.body
        })
      }))
    )
  )
)

const scalar = fc.oneof(fc.string(), fc.integer().map(String), fc.constantFrom("known", "asc", "", "NaN", "1e400"))

/** What it mostly does not. */
const anySamples: fc.Arbitrary<Sample> = fc.oneof(
  ...Contract.endpoints.map((endpoint) => {
    const fieldsOf = (schema: Struct.Struct<any>, value: fc.Arbitrary<any>) =>
      fc.record(Object.fromEntries(Object.keys(schema.fields).map((name) => [name, value])), { requiredKeys: [] })
    const fields = endpoint.body._tag === "None"
      ? fc.constant(undefined)
      : fieldsOf(endpoint.body.schema as Struct.Struct<any>, fc.jsonValue())
    return fc.record({
      endpoint: fc.constant(endpoint),
      parameters: fc.record(
        Object.fromEntries(
          Object.keys(endpoint.parameters.fields).map((name) => [name, fc.oneof(fc.constant("known"), fc.string())])
        )
      ),
      query: fc.oneof(fieldsOf(endpoint.query, scalar), fc.dictionary(fc.string(), scalar)),
      body: fc.oneof(fields, fc.jsonValue())
    })
  })
)

const toRequest = ({ body, endpoint, parameters, query }: Sample, ids: Record<string, string>): Request => {
  const path = endpoint.path.replace(/\{(\w+)\}/g, (_, name) => {
    const value = parameters[name]!
    // A URL can't contain half a character.
    return encodeURIComponent(value === "known" ? ids[name]! : value.replace(/\p{Surrogate}/gu, ""))
  })
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const [key, text] of parametersOf(name, value)) {
      params.append(key, text === "known" ? ids["assistant_id"]! : text)
    }
  }
  const text = JSON.stringify(body, (name, value) => name === "file_id" && value === "known" ? ids[name] : value)
  return new Request(`http://emulator.example/v1${path}?${params}`, {
    method: endpoint.method,
    headers: {
      authorization: `Bearer ${apiKey}`,
      "openai-beta": "assistants=v1",
      ...(endpoint.body._tag === "Json" && { "content-type": "application/json" }),
      ...(endpoint.body._tag === "Multipart" && { "content-type": "multipart/form-data; boundary=b" })
    },
    ...(endpoint.method === "POST" && text !== undefined && { body: text })
  })
}

/** Lets the test runner have its turn: what is in memory never waits for anything else. */
const pause = Effect.promise(() => setImmediate())

/** One emulator with an assistant and its file in it. */
const withEmulator = <A>(
  options: Emulator.Options,
  use: (send: (sample: Sample) => Promise<A>) => Effect.Effect<void>,
  read: (
    endpoint: Endpoint.Any,
    response: Response
  ) => Promise<A>
) =>
  Effect.scoped(Effect.gen(function*() {
    yield* pause
    const handler = yield* Emulator.make(options)
    const create = (path: string, body: string, type: string) =>
      Effect.promise(async () => {
        const headers = { authorization: `Bearer ${apiKey}`, "openai-beta": "assistants=v1", "content-type": type }
        const response = await handler(new Request(`http://x/v1${path}`, { method: "POST", headers, body }))
        return (await response.json() as { readonly id: string }).id
      })
    const part = "--b\r\ncontent-disposition: form-data; name="
    const file_id = yield* create(
      "/files",
      `${part}"purpose"\r\n\r\nvision\r\n${part}"file"; filename="a"\r\n\r\nabc\r\n--b--`,
      "multipart/form-data; boundary=b"
    )
    const assistant_id = yield* create(
      "/assistants",
      JSON.stringify({ model: "a", file_ids: [file_id] }),
      "application/json"
    )
    yield* use(async (sample) => read(sample.endpoint, await handler(toRequest(sample, { assistant_id, file_id }))))
  }))

const readAndCheck = async (endpoint: Endpoint.Any, response: Response) => ({
  status: response.status,
  text: check(endpoint, response.status, response.headers, new Uint8Array(await response.arrayBuffer()))
})

describeEach(stores)("Emulator, asked anything, $name", ({ layer: store, name }) => {
  // Each sample has its own store, which takes its time outside of this process.
  const parametersOf = (numRuns: number) => ({
    fastCheck: { numRuns: Math.ceil(numRuns / (name === "Store.layerMemory" ? 1 : 10)) * fuzz.times, seed: fuzz.seed },
    timeout: 60_000 * fuzz.times
  })

  it.effect.prop("takes what the contract allows", [validSamples], ([sample]) =>
    withEmulator(
      { store },
      (send) =>
        Effect.promise(async () => {
          const { status, text } = await send(sample)
          assert.notInclude(text, "validation error")
          assert.include([200, 400, 403, 404], status)
        }),
      readAndCheck
    ), parametersOf(100))

  it.effect.prop(
    "responds to any request by the contract",
    [fc.array(fc.oneof(anySamples, validSamples), { minLength: 1, maxLength: 10 })],
    ([samples]) =>
      withEmulator(
        { store },
        (send) =>
          Effect.promise(async () => {
            for (const sample of samples) await send(sample)
          }),
        readAndCheck
      ),
    parametersOf(100)
  )

  it.effect.prop(
    "responds to any form by the contract",
    [
      fc.array(fc.oneof(
        fc.constantFrom(
          "\r\n",
          "--b",
          "--b--",
          "--b\r\n",
          "\r\n--b--\r\n",
          "content-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n",
          "content-disposition: form-data; name=\"purpose\"\r\n\r\nvision",
          "--",
          ";",
          "\""
        ),
        fc.string()
      )),
      fc.integer({ min: 1, max: 50 })
    ],
    ([pieces, size]) =>
      Effect.scoped(Effect.gen(function*() {
        yield* pause
        const handler = yield* Emulator.make({ store })
        const bytes = new TextEncoder().encode(pieces.join(""))
        const body = new ReadableStream<Uint8Array>({
          start(controller) {
            for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.subarray(at, at + size))
            controller.close()
          }
        })
        const init = {
          method: "POST",
          headers: { authorization: `Bearer ${apiKey}`, "content-type": "multipart/form-data; boundary=b" },
          body,
          duplex: "half"
        }
        yield* Effect.promise(async () => {
          const response = await handler(new Request("http://x/v1/files", init as RequestInit))
          const content = new Uint8Array(await response.arrayBuffer())
          check(Contract.resources.Files.operations.upload, response.status, response.headers, content)
        })
      })),
    parametersOf(100)
  )
})

// -----------------------------------------------------------------------------
// raw sockets
// -----------------------------------------------------------------------------

describe("Emulator over a raw socket", () => {
  const layer = Emulator.layerHttp().pipe(
    Layer.provideMerge(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 }))
  )

  const exchange = (text: string) =>
    HttpServer.addressWith((address) =>
      Effect.async<string>((resume) => {
        const socket = connect(address._tag === "TcpAddress" ? address.port : 0, "127.0.0.1", () => socket.end(text))
        let response = ""
        socket.on("data", (data) => {
          response += String(data)
        })
        socket.on("error", () => {})
        socket.on("close", () => resume(Effect.succeed(response)))
      })
    )

  const headers = [
    "host: localhost",
    "connection: close",
    `authorization: Bearer ${apiKey}`,
    "openai-beta: assistants=v1"
  ].join("\r\n")

  const get = (target: string) =>
    Effect.map(exchange(`GET ${target} HTTP/1.1\r\n${headers}\r\n\r\n`), (response) => {
      const [head, body] = response.split("\r\n\r\n")
      const [start, ...lines] = head!.split("\r\n")
      const status = Number(start!.split(" ")[1])
      const parsed = new Headers(lines.map((line) => line.split(": ") as [string, string]))
      check(Contract.resources.Assistants.operations.list, status, parsed, new TextEncoder().encode(body))
      return status
    })

  it.scoped("responds to any request target as documented", () =>
    Effect.gen(function*() {
      const statuses: Record<string, number> = {}
      for (
        const target of [
          "/v1/assistants",
          "http://elsewhere.example/v1/assistants",
          "/v1/assistants?",
          "/v1/assistants?&&=&a==b",
          "/v1/assistants?limit=%",
          "/v1/assistants?limit=%31",
          "/v1/assistants?__proto__=1&constructor=2",
          "//elsewhere.example/v1/assistants",
          "/v1/../v1/assistants",
          "/v1/./assistants",
          "/v1//assistants",
          "/v1/assistants/..",
          "/v1/assistants/%2e%2e",
          "/v1/assistants/%2e%2e/files",
          "/v1/assistants/%00",
          "/v1/assistants/%ff",
          "/v1/assistants/%u0041",
          "/v1/assistants/a%2f..%2fb",
          "/v1/assistants#a",
          "*"
        ]
      ) statuses[target] = yield* get(target)
      assert.deepStrictEqual(statuses, {
        "/v1/assistants": 200,
        "http://elsewhere.example/v1/assistants": 200,
        "/v1/assistants?": 200,
        "/v1/assistants?&&=&a==b": 400,
        "/v1/assistants?limit=%": 400,
        "/v1/assistants?limit=%31": 200,
        "/v1/assistants?__proto__=1&constructor=2": 400,
        "//elsewhere.example/v1/assistants": 404,
        "/v1/../v1/assistants": 404,
        "/v1/./assistants": 404,
        "/v1//assistants": 404,
        "/v1/assistants/..": 400,
        "/v1/assistants/%2e%2e": 400,
        "/v1/assistants/%2e%2e/files": 400,
        "/v1/assistants/%00": 404,
        "/v1/assistants/%ff": 404,
        "/v1/assistants/%u0041": 404,
        "/v1/assistants/a%2f..%2fb": 404,
        "/v1/assistants#a": 200,
        "*": 404
      })
    }).pipe(Effect.provide(layer)))

  it.scoped("survives requests that end early", () =>
    Effect.gen(function*() {
      for (
        const text of [
          "GET /v1/assist",
          `POST /v1/assistants HTTP/1.1\r\n${headers}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"model"`,
          `POST /v1/files HTTP/1.1\r\n${headers}\r\ncontent-type: multipart/form-data; boundary=b\r\n` +
          "content-length: 1000\r\n\r\n--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nabc",
          `POST /v1/files HTTP/1.1\r\n${headers}\r\ncontent-type: multipart/form-data; boundary=b\r\n` +
          "transfer-encoding: chunked\r\n\r\n5\r\n--b\r\n\r\n"
        ]
      ) assert.notInclude(yield* exchange(text), "HTTP/1.1 200")
      assert.strictEqual(yield* get("/v1/assistants"), 200)
    }).pipe(Effect.provide(layer)))
})
