import { Assistants, Messages } from "@effect-openai/client"
import * as Contract from "@effect-openai/core/Contract"
import type * as Endpoint from "@effect-openai/core/Endpoint"
import type * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Effect from "effect/Effect"
import * as Scenario from "../../Scenario.js"
import * as Wire from "../../Wire.js"
import * as samples from "../samples/index.js"
import { wrongKey } from "../scrub.js"
import * as given from "./given.js"
import { brokenRules, type Violation, violations } from "./violations.js"

// -----------------------------------------------------------------------------
// each operation
// -----------------------------------------------------------------------------

const authentication = (endpoint: Endpoint.Any): Scenario.Scenario =>
  Scenario.make({
    id: `authentication/${endpoint.name}`,
    title: `${endpoint.name} refuses a missing and a wrong key with 401`,
    group: "negative",
    operations: [endpoint.name],
    requires: ["authentication"],
    run: Effect.gen(function*() {
      const { models } = yield* Scenario.CurrentSettings
      const request = samples.request(endpoint, {}, models)
      yield* Wire.refused(401, { ...request, headers: { ...request.headers, authorization: undefined } })
      const authorization = `Bearer ${wrongKey}`
      const error = yield* Wire.refused(401, { ...request, headers: { ...request.headers, authorization } })
      yield* Scenario.equal("the error code is invalid_api_key", error.code, "invalid_api_key")
      yield* Scenario.that("the message does not repeat the key", !error.message.includes(wrongKey), error.message)
    })
  })

const beta = (endpoint: Endpoint.Any): Scenario.Scenario =>
  Scenario.make({
    id: `beta/${endpoint.name}`,
    title: `${endpoint.name} requires the header OpenAI-Beta`,
    group: "negative",
    operations: [endpoint.name],
    requires: ["assistantsBeta"],
    run: Effect.gen(function*() {
      const { models } = yield* Scenario.CurrentSettings
      const request = samples.request(endpoint, {}, models)
      const error = yield* Wire.refused(400, { ...request, headers: { ...request.headers, "openai-beta": undefined } })
      yield* Scenario.equal("the error code is invalid_beta", error.code, "invalid_beta")
      yield* Scenario.that("the message names the header", error.message.includes("OpenAI-Beta"), error.message)
    })
  })

const notFound = (endpoint: Endpoint.Any): Scenario.Scenario => {
  const names = samples.parametersOf(endpoint)
  const outer = names.slice(0, -1)
  return Scenario.make({
    id: `notFound/${endpoint.name}`,
    title: `${endpoint.name} refuses an unknown ID with 404, and names it`,
    group: "negative",
    operations: [endpoint.name],
    requires: ["errors", ...samples.requires(endpoint, outer)],
    run: Effect.gen(function*() {
      const { models } = yield* Scenario.CurrentSettings
      const values = yield* samples.objects(endpoint, outer)
      for (const [index, name] of names.entries()) {
        const known = Object.fromEntries(names.slice(0, index).map((name) => [name, values[name]!]))
        const error = yield* Wire.refused(404, samples.request(endpoint, known, models))
        const id = samples.unknownId(endpoint, name)
        yield* Scenario.that(
          `the message names the ${name} that does not exist`,
          error.message.includes(id),
          error.message
        )
      }
    })
  })
}

/** Whether an error names a field: in `param`, or if that is null in its message. */
const names = ({ message, param }: OpenAiError.ErrorResponse["error"], field: string): boolean =>
  param === null ? message.includes(field) : param.startsWith(field)

/** Sends each request, which must be refused with 400. One failure names all that are not. */
const refuseAll = (
  endpoint: Endpoint.Any,
  group: string,
  title: string,
  found: ReadonlyArray<Violation>
): ReadonlyArray<Scenario.Scenario> => {
  if (found.length === 0) return []
  return [Scenario.make({
    id: `${group}/${endpoint.name}`,
    title: `${endpoint.name} refuses ${title} with 400, and names the field`,
    group: "negative",
    operations: [endpoint.name],
    requires: ["validation", ...samples.requires(endpoint)],
    run: Effect.gen(function*() {
      const { models } = yield* Scenario.CurrentSettings
      const values = yield* samples.objects(endpoint)
      const problems: Array<
        readonly [
          title: string,
          failure: { readonly message: string; readonly field?: string | undefined },
          Wire.Request
        ]
      > = []
      for (const { field, namesModel = false, request, title } of found) {
        const sent = request(samples.request(endpoint, values, models), models)
        if (namesModel && (yield* Wire.send(sent)).status === 404) continue
        const response = yield* Effect.either(Wire.refused(400, sent))
        if (response._tag === "Left") problems.push([title, response.left, sent])
        else if (field !== undefined && !names(response.right, field)) {
          problems.push([title, { message: `${field} is not named by ${JSON.stringify(response.right)}` }, sent])
        }
      }
      const [first, ...others] = problems
      if (first === undefined) return
      const [title, { field, message }, request] = first
      // Repeats the first, so that it is the exchange that the report shows.
      yield* Effect.ignore(Wire.refused(400, request))
      return yield* new Scenario.ScenarioFailure({
        expectation:
          `each of ${found.length} requests is refused with 400, the documented envelope and the field's name`,
        message: `${title}: ${message.slice(0, 300)}` + (others.length === 0
          ? ""
          : `\nThe same for ${others.length} more: ${others.map(([title]) => title).join(", ")}`),
        field,
        shownBy: "last"
      })
    })
  })]
}

/** The maximum number of requests before a target must refuse one. */
const maxTaken = 1000

const rateLimit = (endpoint: Endpoint.Any): Scenario.Scenario =>
  Scenario.make({
    id: `rateLimits/${endpoint.name}`,
    title: `${endpoint.name} refuses too many requests with 429, and says when to retry`,
    group: "negative",
    operations: [endpoint.name],
    requires: ["rateLimits"],
    run: Effect.gen(function*() {
      const { models } = yield* Scenario.CurrentSettings
      const { cleanUp } = samples.of(endpoint)
      const request = samples.request(endpoint, {}, models)
      for (let count = 0; count < maxTaken; count++) {
        const response = yield* Wire.send(request)
        if (response.status === 200 && cleanUp !== undefined) {
          yield* Effect.addFinalizer(() => Effect.ignore(cleanUp(JSON.parse(response.text))))
        }
        if (response.status !== 429) continue
        yield* Wire.refused(429, request)
        const { "retry-after": seconds, "retry-after-ms": millis } = response.headers
        return yield* Scenario.that(
          "retry-after or retry-after-ms is a time to wait",
          [seconds, millis].some((text) => text !== undefined && Number(text) >= 0),
          [seconds, millis]
        )
      }
      const what = `the target takes ${maxTaken} requests of ${endpoint.name} without a refusal`
      return yield* endpoint.inference !== undefined
        ? new Scenario.ScenarioFailure({
          expectation: `one of ${maxTaken} requests is refused with 429`,
          message: what
        })
        : new Scenario.NotApplicable({ because: what })
    })
  })

// -----------------------------------------------------------------------------
// all operations together
// -----------------------------------------------------------------------------

const others: ReadonlyArray<Scenario.Scenario> = [
  Scenario.make({
    id: "notFound/references",
    title: "a request that names an unknown object creates nothing",
    group: "negative",
    operations: ["createAssistant", "createMessage", "createRun", "createThreadAndRun", "createAssistantFile"],
    requires: ["stateful", "errors"],
    run: Effect.gen(function*() {
      const file_id = "file-doesnotexist000000000000"
      const assistant_id = "asst_doesnotexist000000000000"
      const model = yield* given.model
      const { id: thread_id } = yield* given.thread()
      const { id } = yield* given.assistant({ tools: [{ type: "retrieval" }] })
      for (
        const [path, json, name] of [
          ["/assistants", { model, tools: [{ type: "retrieval" }], file_ids: [file_id] }, file_id],
          [`/assistants/${id}/files`, { file_id }, file_id],
          [`/threads/${thread_id}/messages`, { role: "user", content: "Hello.", file_ids: [file_id] }, file_id],
          [`/threads/${thread_id}/runs`, { assistant_id }, assistant_id],
          ["/threads/runs", { assistant_id }, assistant_id]
        ] as const
      ) {
        const { message } = yield* Wire.refused(404, { method: "POST", path, json })
        yield* Scenario.that("the message names what does not exist", message.includes(name), message)
      }
      const { data } = yield* Messages.list({ thread_id })
      yield* Scenario.equal("the thread has no message", data, [])
      const { file_ids } = yield* Assistants.retrieve({ assistant_id: id })
      yield* Scenario.equal("the assistant has no file", file_ids, [])
    })
  }),
  Scenario.make({
    id: "notFound/routes",
    title: "an unknown route is refused with the documented envelope",
    group: "negative",
    operations: [],
    requires: ["errors"],
    run: Effect.gen(function*() {
      yield* Wire.refused(404, { method: "GET", path: "/nowhere" })
      yield* Wire.refused(404, { method: "POST", path: "/assistants/nobody/nowhere", json: {} })
      const { status } = yield* Wire.send({ method: "PATCH", path: "/assistants", json: {} })
      yield* Scenario.that(
        "an unsupported method is refused with 404 or 405",
        status === 404 || status === 405,
        status
      )
    })
  }),
  Scenario.make({
    id: "rules/purpose",
    title: "an assistant refuses a file with another purpose with 400, and names the field",
    group: "negative",
    operations: ["createAssistantFile"],
    requires: ["stateful", "files", "validation"],
    run: Effect.gen(function*() {
      const { id } = yield* given.assistant({ tools: [{ type: "retrieval" }] })
      const file = yield* given.file("{}", { name: "training.jsonl", purpose: "fine-tune" })
      const request = { method: "POST", path: `/assistants/${id}/files`, json: { file_id: file.id } } as const
      const error = yield* Wire.refused(400, request)
      yield* Scenario.that("the refusal names the field", names(error, "file_id"), error)
    })
  }),
  Scenario.make({
    id: "limits/accepted",
    title: "a request at the documented limits succeeds",
    group: "negative",
    operations: ["createAssistant", "createMessage", "createThread"],
    requires: ["stateful", "validation"],
    run: Effect.gen(function*() {
      const metadata = Object.fromEntries(
        Array.from({ length: 16 }, (_, index) => [`${index}`.padEnd(64, "k"), "v".repeat(512)])
      )
      const fields = {
        name: "n".repeat(256),
        description: "d".repeat(512),
        instructions: "i".repeat(256_000),
        tools: Array.from({ length: 128 }, (_, index) => given.tool(`f${index}`.padEnd(64, "_"))),
        metadata,
        temperature: 2,
        top_p: 0
      }
      const assistant = yield* given.assistant(fields)
      yield* Scenario.includes("an assistant takes the largest fields", assistant, fields)
      const thread = yield* given.thread({ metadata })
      yield* Scenario.equal("a thread takes the largest metadata", thread.metadata, metadata)
      const content = "c".repeat(256_000)
      const message = yield* given.message(thread.id, { content })
      yield* Scenario.that(
        "a message takes the longest content",
        given.textOf(message) === content,
        given.textOf(message).length
      )
    })
  }),
  Scenario.make({
    id: "responses/requestIds",
    title: "every response has a unique x-request-id, and openai-processing-ms",
    group: "negative",
    operations: ["listModels", "createAssistant", "getAssistant"],
    requires: ["requestIds", "errors"],
    run: Effect.gen(function*() {
      const model = yield* given.model
      const responses = [
        yield* Wire.send({ method: "GET", path: "/models" }),
        yield* Wire.send({ method: "GET", path: `/assistants/asst_doesnotexist000000000000` }),
        // The suite deletes it.
        yield* Wire.send({ method: "POST", path: "/assistants", json: { model } }),
        yield* Wire.send({ method: "GET", path: "/nowhere" })
      ]
      const ids = responses.map(({ headers }) => headers["x-request-id"])
      yield* Scenario.that("each response has an x-request-id", ids.every((id) => id !== undefined && id !== ""), ids)
      yield* Scenario.equal("no two responses have the same x-request-id", new Set(ids).size, ids.length)
      yield* Scenario.that(
        "each response has openai-processing-ms",
        responses.every(({ headers }) => /^\d+(\.\d+)?$/.test(headers["openai-processing-ms"] ?? "")),
        responses.map(({ headers }) => headers["openai-processing-ms"])
      )
    })
  })
]

export const negative: ReadonlyArray<Scenario.Scenario> = [
  ...Contract.endpoints.map(authentication),
  ...Contract.endpoints.filter(({ family }) => family === "assistants").map(beta),
  ...Contract.endpoints.filter((endpoint) => samples.parametersOf(endpoint).length > 0).map(notFound),
  ...Contract.endpoints.flatMap((endpoint) => [
    ...refuseAll(endpoint, "validation", "a request beyond a documented limit", violations(endpoint)),
    ...refuseAll(endpoint, "rules", "fields that contradict each other", brokenRules(endpoint))
  ]),
  ...Contract.endpoints.map(rateLimit),
  ...others
]
