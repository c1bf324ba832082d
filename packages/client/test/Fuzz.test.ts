import { type OpenAiClient, Retry } from "@effect-openai/client"
import { Contract, OpenAiError } from "@effect-openai/core"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Cause, Effect, Exit, FastCheck as fc, Logger, LogLevel, Option, Schema } from "effect"
import * as Client from "./utils/client.js"
import * as Requests from "./utils/requests.js"
import { isSoak } from "./utils/soak.js"

/** A valid response of an operation as text, or an event. */
const valid = (endpoint: (typeof Contract.endpoints)[number]): fc.Arbitrary<string> => {
  const json = (schema: Schema.Schema.Any) =>
    Arbitrary.make(Schema.typeSchema(schema)).map((value) => JSON.stringify(value) ?? "")
  const answer = endpoint.success._tag === "Json" ? json(endpoint.success.schema) : fc.string()
  if (endpoint.events === undefined) return answer
  const { named } = endpoint.events
  const events = fc.array(json(endpoint.events.schema), { maxLength: 3 }).map((events) =>
    events.map((text) => {
      if (!named) return `data: ${text}\n\n`
      const { data, event } = JSON.parse(text) as { readonly event: string; readonly data: unknown }
      return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
    }).join("") + "data: [DONE]\n\n"
  )
  return fc.oneof(answer, events)
}

/** A corruption: bytes are replaced, removed, duplicated or inserted. */
interface Mutation {
  readonly kind: "other" | "cut" | "twice" | "insert" | "none"
  /** The position, from 0 to 1. */
  readonly at: number
  readonly bytes: Uint8Array
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom("other", "cut", "twice", "insert", "none"),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  bytes: fc.uint8Array({ maxLength: 8 })
})

const mutate = (bytes: Uint8Array, { at, bytes: by, kind }: Mutation): Uint8Array => {
  const place = Math.floor(at * bytes.length)
  const [head, tail] = [bytes.subarray(0, place), bytes.subarray(place)]
  switch (kind) {
    case "other":
      return Buffer.concat([head, by, tail.subarray(by.length)])
    case "cut":
      return head
    case "twice":
      return Buffer.concat([head, tail, tail])
    case "insert":
      return Buffer.concat([head, by, tail])
    default:
      return bytes
  }
}

const notations = [
  "{}",
  "[]",
  "null",
  "0",
  "\"\"",
  "{\"error\":{}}",
  "{\"error\":{\"message\":1}}",
  "{\"object\":\"list\",\"data\":null,\"has_more\":true}",
  "{\"object\":\"list\",\"data\":[null],\"has_more\":true,\"last_id\":\"\"}",
  "{\"__proto__\":null,\"constructor\":{}}",
  "[".repeat(5000),
  "data:\n\n",
  "event: error\n\n",
  "event: done",
  "data: {}\n\ndata: [DONE]\n\n",
  "\uFEFFdata: null\r\r"
]

const headers = fc.record({
  "content-type": fc.constantFrom("application/json", "text/event-stream", "text/html", "", ";;"),
  "retry-after": fc.constantFrom("0", "-1", "NaN", "1e999", "yesterday"),
  "x-should-retry": fc.constantFrom("true", "false", "maybe"),
  "x-ratelimit-limit-requests": fc.constantFrom("60", "-1", "x"),
  "x-ratelimit-reset-requests": fc.constantFrom("1s", "1y", "999999999999999999d")
}, { requiredKeys: [] })

const catalogue: ReadonlySet<string> = new Set(Object.keys(OpenAiError).filter((name) => name.endsWith("Error")))

/** Maximum number of responses to one pagination of a list. More would be a hang. */
const patience = 200

const outcomeOf = (
  run: Effect.Effect<unknown, unknown, OpenAiClient.OpenAiClient>,
  status: number,
  headers: Record<string, string>,
  bodies: ReadonlyArray<Uint8Array>
) =>
  Effect.gen(function*() {
    const transport = Client.fake((count) => {
      assert.isAtMost(count, patience, "the client sends requests without end")
      const body = bodies[(count - 1) % bodies.length]!
      return new Response(status === 204 || status === 304 ? null : new Uint8Array(body), { status, headers })
    })
    const exit = yield* Effect.exit(
      run.pipe(
        Retry.policy({ times: 1, delay: 0, maxRetryAfter: 0 }),
        // Skipped events are logged.
        Logger.withMinimumLogLevel(LogLevel.Error),
        Effect.provide(Client.layer("http://fake", {}, transport.layer))
      )
    )
    if (Exit.isSuccess(exit)) return "success"
    const error = Option.getOrUndefined(Cause.failureOption(exit.cause))
    assert(error instanceof Error && catalogue.has(error.name), Cause.pretty(exit.cause))
    // It can be serialized too.
    assert.isString(JSON.stringify(error))
    return error.name
  })

describe("Fuzz", () => {
  const outcomes = new Set<string>()
  for (const endpoint of Contract.endpoints) {
    const sample = Requests.sample(endpoint)
    const answer = fc.oneof(
      {
        arbitrary: fc.tuple(valid(endpoint), mutation).map(([text, how]) => mutate(Buffer.from(text), how)),
        weight: 4
      },
      { arbitrary: fc.constantFrom(...notations).map((text): Uint8Array => Buffer.from(text)), weight: 2 },
      { arbitrary: fc.uint8Array({ maxLength: 200 }), weight: 1 }
    )
    const given = {
      answer: fc.record({
        status: fc.oneof(
          { arbitrary: fc.constant(200), weight: 4 },
          fc.constantFrom(201, 204, 304, 400, 404, 429, 500, 599)
        ),
        headers,
        bodies: fc.array(answer, { minLength: 1, maxLength: 3 })
      })
    }
    it.live.prop(
      `${endpoint.name} ends with a value or a typed error for any response`,
      given,
      ({ answer: { bodies, headers, status } }) =>
        Effect.gen(function*() {
          for (const [, run] of Requests.ways(endpoint, sample)) {
            outcomes.add(yield* outcomeOf(run, status, headers as Record<string, string>, bodies))
          }
        }),
      { fastCheck: { numRuns: isSoak ? 1000 : 15, seed: 6 }, timeout: isSoak ? 600_000 : 60_000 }
    )
  }

  it("results are successes, failures and several kinds of errors", () => {
    assert.includeMembers([...outcomes], [
      "success",
      "InvalidResponseError",
      "StreamInterruptedError",
      "PaginationError",
      "UnexpectedStatusError"
    ])
  })
})
