import { Call, Render, type Report, Suite, Target } from "@effect-openai/contract-tests"
import { Contract, type Endpoint } from "@effect-openai/core"
import { HttpClient, type HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { SaxesParser } from "saxes"
import { turn } from "./utils/turn.js"

interface Received {
  readonly operation: string
  readonly request: HttpClientRequest.HttpClientRequest
  readonly status: number
  readonly json: any
}

/** Changes a JSON response. */
type Change = (received: Received) => { readonly status?: number; readonly json: unknown } | undefined

const operationsOf = (resource: Contract.ResourceName): ReadonlyArray<string> =>
  Contract.endpointsOf(resource).map(({ name }: Endpoint.Any) => name)

const pathOf = ({ url }: HttpClientRequest.HttpClientRequest) => new URL(url).pathname.replace("/v1", "")

/** Operations that create objects, and operations that delete them. */
const creates = ["createAssistant", "createFile", "createThread", "createThreadAndRun"]
const deletes = ["deleteAssistant", "deleteFile", "deleteThread"]

/** A mock of one resource: the emulator with the resource's operations only. It refuses other routes. */
const mockOf = (resource: Contract.ResourceName, change: Change = () => undefined) => {
  const operations = operationsOf(resource)
  const kept = new Set<string>()
  const emulator = Target.emulator({ name: `a mock of ${resource}`, operations })
  const respond = (request: HttpClientRequest.HttpClientRequest, status: number, json: unknown, headers = {}) =>
    HttpClientResponse.fromWeb(request, Response.json(json, { status, headers }))
  const transform = (httpClient: HttpClient.HttpClient) =>
    HttpClient.transform(httpClient, (effect, request) =>
      Effect.gen(function*() {
        yield* turn
        const operation = Call.endpointOf({ method: request.method, path: pathOf(request) })?.endpoint.name
        if (operation !== undefined && !operations.includes(operation)) {
          const error = { message: "Invalid URL", type: "invalid_request_error", param: null, code: null }
          return respond(request, 404, { error })
        }
        const response = yield* effect
        if (operation === undefined || response.headers["content-type"]?.includes("application/json") !== true) {
          return response
        }
        const json: any = yield* response.json
        if (response.status === 200 && creates.includes(operation)) kept.add(json.thread_id ?? json.id)
        if (response.status === 200 && deletes.includes(operation)) kept.delete(json.id)
        const { "content-length": _, ...headers } = response.headers
        const changed = change({ operation, request, status: response.status, json })
        return respond(
          request,
          changed?.status ?? response.status,
          changed === undefined ? json : changed.json,
          headers
        )
      }))
  const target: Target.Target = {
    ...emulator,
    layer: Layer.map(emulator.layer, (context) => {
      const connection = Context.get(context, Target.Connection)
      return Context.make(Target.Connection, { ...connection, httpClient: transform(connection.httpClient) })
    })
  }
  return { target, kept }
}

const run = (target: Target.Target, only?: ReadonlyArray<string>) =>
  Suite.run({ target, cases: 3, patience: "1 second", only })

/** Generated requests find the same mistakes, and then search for the smallest request that shows them. */
const withoutProperties = Suite.all.filter(({ group }) => group !== "properties").map(({ id }) => id)

const failures = ({ results }: Report.Report) => results.filter(({ verdict }) => verdict._tag === "Failed")

/** The details of failures in a JUnit document, without references to other test cases. */
const junitDetails = (xml: string): ReadonlyArray<string> => {
  const texts: Array<string> = []
  const parser = new SaxesParser()
  let isFailure = false
  parser.on("opentag", ({ name }) => {
    isFailure = name === "failure"
    if (isFailure) texts.push("")
  })
  parser.on("closetag", () => {
    isFailure = false
  })
  parser.on("text", (text) => {
    if (isFailure) texts[texts.length - 1] += text
  })
  parser.write(xml).close()
  return texts.filter((text) => !text.startsWith("see "))
}

const unescaped = (html: string) =>
  html.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&#39;/g, "'").replace(/&quot;/g, "\"").replace(
    /&amp;/g,
    "&"
  )

/** The mistakes in a report's text, JUnit and HTML: expectations and messages. */
const told = (report: Report.Report) => ({
  text: Array.from(
    Render.text(report).matchAll(/^ {4}expected {2}(.*)\n {4}but {7}(.*)$/gm),
    ([, expectation, message]) => `${expectation}: ${message}`
  ),
  junit: junitDetails(Render.junit(report)).map((text) => {
    const [, expectation, message] = /^expected: (.*)\nbut: (.*)$/m.exec(text)!
    return `${expectation}: ${message}`
  }),
  html: Array.from(
    Render.html(report).matchAll(/<article class="failure".*?<dd>(.*?)<\/dd>.*?<dd class="came">(.*?)<\/dd>/gs),
    ([, expectation, message]) => `${unescaped(expectation!)}: ${unescaped(message!).split("\n")[0]}`
  )
})

const json = (change: (json: any, received: Received) => unknown): Change => (received) =>
  received.status === 200 ? { json: change(received.json, received) } : undefined

const at = (operation: string, change: Change): Change => (received) =>
  received.operation === operation ? change(received) : undefined

/** A change of an object, alone or in a list. */
const objects = (object: string, change: (json: any) => unknown): Change =>
  json((value) => {
    const one = (value: any) => value?.object === object ? change(value) : value
    return value.object === "list" ? { ...value, data: value.data.map(one) } : one(value)
  })

const without = (name: string) => ({ [name]: _, ...rest }: any) => rest

const mistakes: ReadonlyArray<readonly [what: string, resource: Contract.ResourceName, change: Change, named: RegExp]> =
  [
    ["a missing field", "Assistants", objects("assistant", without("file_ids")), /file_ids is missing/],
    [
      "a field of another type",
      "Assistants",
      objects("assistant", (a) => ({ ...a, created_at: "now" })),
      /created_at Expected number/
    ],
    [
      "an undocumented field",
      "Assistants",
      objects("assistant", (a) => ({ ...a, colour: "blue" })),
      /colour is not documented/
    ],
    [
      "another object name",
      "Assistants",
      at("deleteAssistant", json((d) => ({ ...d, object: "assistant" }))),
      /deleteAssistant: object Expected/
    ],
    [
      "a deletion without confirmation",
      "Assistants",
      at("deleteAssistant", json(without("deleted"))),
      /deleteAssistant: deleted is missing/
    ],
    [
      "a wrong has_more",
      "Assistants",
      at("listAssistants", json((l) => ({ ...l, has_more: false }))),
      /returns? every object/
    ],
    ["a list without last_id", "Assistants", at("listAssistants", json(without("last_id"))), /last_id is missing/],
    ["another default", "Assistants", at("createAssistant", json((a) => ({ ...a, metadata: { a: "b" } }))), /metadata/],
    [
      "a name that is not kept",
      "Assistants",
      at("modifyAssistant", json((a) => ({ ...a, name: "Eve" }))),
      /name is "Eve"/
    ],
    [
      "status 201",
      "Assistants",
      at("createAssistant", (r) => r.status === 200 ? { status: 201, json: r.json } : undefined),
      /status should be 200/
    ],
    [
      "errors without code",
      "Assistants",
      ({ json, status }) => status < 400 ? undefined : { status, json: { error: without("code")(json.error) } },
      /error\.code is missing/
    ],
    [
      "errors as text",
      "Assistants",
      ({ json, status }) => status < 400 ? undefined : { status, json: { error: json.error.message } },
      /error Expected/
    ],
    [
      "400 for an unknown ID",
      "Assistants",
      ({ json, status }) => status === 404 ? { status: 400, json } : undefined,
      /refused with 404|NotFoundError|BadRequestError/
    ],
    ["a thread without metadata", "Threads", objects("thread", without("metadata")), /metadata is missing/],
    [
      "a thread of another object",
      "Threads",
      objects("thread", (t) => ({ ...t, object: "threads" })),
      /object Expected "thread"/
    ],
    [
      "a modification that is ignored",
      "Threads",
      at("modifyThread", json((t) => ({ ...t, metadata: {} }))),
      /metadata/
    ],
    ["a file without bytes", "Files", objects("file", without("bytes")), /bytes is missing/],
    [
      "a file of another size",
      "Files",
      objects("file", (f) => f.deleted === undefined ? { ...f, bytes: 1 } : f),
      /bytes is 1/
    ],
    ["a model without an owner", "Models", objects("model", without("owned_by")), /owned_by is missing/],
    [
      "the same model for every ID",
      "Models",
      at("retrieveModel", json((m) => ({ ...m, id: "gpt-4" }))),
      /id is "gpt-4"/
    ],
    [
      "one choice too few",
      "ChatCompletions",
      at("createChatCompletion", json((c) => ({ ...c, choices: c.choices.slice(0, 1) }))),
      /numbered from 0|\[1\]/
    ],
    [
      "usage that does not add up",
      "ChatCompletions",
      at("createChatCompletion", json((c) => ({ ...c, usage: { ...c.usage, total_tokens: 1 } }))),
      /"total_tokens":1\b/
    ],
    [
      "the same embedding for every text",
      "Embeddings",
      at(
        "createEmbedding",
        json((e) => ({ ...e, data: e.data.map((d: any) => ({ ...d, embedding: e.data[0].embedding })) }))
      ),
      /the same twice/
    ]
  ]

describe("a mock of one resource", () => {
  it.live.each(Contract.resourceNames)("passes if it keeps the contract: %s", (resource) =>
    Effect.gen(function*() {
      const { kept, target } = mockOf(resource)
      const report = yield* run(target)
      assert.deepStrictEqual(failures(report).map(({ id, verdict }) => [id, verdict]), [])
      assert.strictEqual(report.totals.findings, 0)
      assert.isAbove(report.totals.passed, 0)
      assert.deepStrictEqual([...kept], [])
      assert.deepStrictEqual(report.results.flatMap(({ left }) => left), [])
    }), 60_000)

  it.live.each(mistakes)("fails for %s", ([, resource, change, named]) =>
    Effect.gen(function*() {
      const { kept, target } = mockOf(resource, change)
      const report = yield* run(target, withoutProperties)
      for (const messages of Object.values(told(report))) {
        assert.match(messages.join("\n"), named)
        assert.strictEqual(new Set(messages).size, messages.length)
      }
      assert.deepStrictEqual([...kept], [])
    }), 60_000)

  it.live("reports three mistakes as three, in text, JUnit and HTML", () =>
    Effect.gen(function*() {
      const [missing, , , object] = mistakes.map(([, , change]) => change)
      const { target } = mockOf("Assistants", (received) => {
        const first = missing!(received)
        const second = object!({ ...received, json: first?.json ?? received.json }) ?? first
        // Ignores `after`.
        return received.operation === "listAssistants" && second !== undefined
          ? { json: { ...second.json as object, last_id: "asst_none", has_more: true } }
          : second
      })
      const report = yield* run(target)
      const { html, junit, text } = told(report)
      assert.lengthOf(text, 3)
      assert.match(text.join("\n"), /file_ids is missing[^]*object Expected/)
      assert.deepStrictEqual([junit.length, html.length], [3, 3])
      const page = Render.html(report)
      assert.isBelow(page.indexOf("id=\"mistakes\""), page.indexOf("id=\"matrix\""))
      const [matrix] = /<table class="matrix">.*?<\/table>/s.exec(page)!
      assert.deepStrictEqual(
        Array.from(matrix.matchAll(/<th scope="row">(\w+)/g), ([, name]) => name).sort(),
        [...operationsOf("Assistants")].sort()
      )
    }), 60_000)
})
