/**
 * Failures on demand, for programs that must survive them: slow responses, refusals, errors, broken connections, streams
 * that end early or stall, bodies that are not JSON.
 *
 * Rules are plain data. They are the same in code, by `Emulator.layer({ faults: { rules } })`; over HTTP, by
 * `/_emulator/faults`; and for one request alone, in its header `x-emulator-fault`.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/Contract"
import * as Schema from "effect/Schema"

// -----------------------------------------------------------------------------
// faults
// -----------------------------------------------------------------------------

/** A day, the longest time that anything here waits for. */
const maxMillis = 86_400_000

const Millis = Schema.Number.pipe(Schema.between(0, maxMillis))

const Count = Schema.Int.pipe(Schema.nonNegative())

/** How long to wait, in milliseconds, before anything is done. */
const latency = { latency_ms: Schema.optional(Millis) }

/** Where in a body something happens: after so many events where it is a stream of them, after so many bytes otherwise. */
const position = { after_events: Schema.optional(Count), after_bytes: Schema.optional(Count) }

/** Framing is the connection's matter: a wrong length would make a fault of another kind. */
const Headers = Schema.Record({
  key: Schema.String.pipe(
    Schema.pattern(/^(?!(?:connection|content-length|transfer-encoding)$)[\w!#$%&'*+.^`|~-]+$/i)
  ),
  value: Schema.String.pipe(Schema.pattern(/^[\t\x20-\x7e]*$/))
})

/**
 * The response is late.
 *
 * @since 0.1.0
 * @category faults
 */
export const Latency = Schema.Struct({ type: Schema.Literal("latency"), latency_ms: Millis })

/**
 * The operation is not executed. The response has this status and the documented envelope, or a `body` that is not one, as
 * proxies send it.
 *
 * @since 0.1.0
 * @category faults
 */
export const Status = Schema.Struct({
  type: Schema.Literal("status"),
  status: Schema.Int.pipe(Schema.between(400, 599)),
  message: Schema.optional(Schema.String),
  error_type: Schema.optional(Schema.String),
  code: Schema.optional(Schema.NullOr(Schema.String)),
  param: Schema.optional(Schema.NullOr(Schema.String)),
  headers: Schema.optional(Headers),
  body: Schema.optional(Schema.String),
  ...latency
})

/**
 * The operation is not executed. The response is 429 with `retry-after` and the headers `x-ratelimit-…`; for a `limit` of
 * `quota`, with the code `insufficient_quota` and without these headers. An operation of images then responds with 400 and
 * the code `billing_hard_limit_reached`.
 *
 * @since 0.1.0
 * @category faults
 */
export const RateLimit = Schema.Struct({
  type: Schema.Literal("rate_limit"),
  /** Default: `requests`. The limit that is exceeded. */
  limit: Schema.optional(Schema.Literal("requests", "tokens", "quota")),
  /** Default: 1000, in process 0. When to send the request again, in milliseconds. */
  retry_after_ms: Schema.optional(Millis),
  ...latency
})

/**
 * The connection is reset without a response, `before` the operation is executed, or `after`, so that the caller can't know
 * whether it was.
 *
 * @since 0.1.0
 * @category faults
 */
export const Reset = Schema.Struct({
  type: Schema.Literal("reset"),
  /** Default: `before`. */
  when: Schema.optional(Schema.Literal("before", "after")),
  ...latency
})

/**
 * The body of the response ends early, and the connection with it. A `clean` cut ends it as if it were complete. Default:
 * nothing of the body is sent.
 *
 * @since 0.1.0
 * @category faults
 */
export const Cut = Schema.Struct({
  type: Schema.Literal("cut"),
  clean: Schema.optional(Schema.Boolean),
  ...position,
  ...latency
})

/**
 * The body of the response stays open, but nothing more comes. Default: nothing of the body is sent.
 *
 * @since 0.1.0
 * @category faults
 */
export const Stall = Schema.Struct({ type: Schema.Literal("stall"), ...position, ...latency })

/**
 * The operation is executed, but its response can't be read: JSON is cut in half, and so is the event after `after_events`
 * others. A `body` replaces the entire body, under the same status, as proxies send it.
 *
 * @since 0.1.0
 * @category faults
 */
export const Malformed = Schema.Struct({
  type: Schema.Literal("malformed"),
  after_events: Schema.optional(Count),
  body: Schema.optional(Schema.String),
  /** Default: `application/json`. The content type of the `body`. */
  content_type: Schema.optional(Schema.String.pipe(Schema.pattern(/^[\x20-\x7e]+$/))),
  ...latency
})

/**
 * One failure.
 *
 * @since 0.1.0
 * @category faults
 */
export const Fault = Schema.Union(Latency, Status, RateLimit, Reset, Cut, Stall, Malformed).annotations({
  identifier: "Fault"
})

/**
 * @since 0.1.0
 * @category faults
 */
export type Fault = typeof Fault.Type

// -----------------------------------------------------------------------------
// rules
// -----------------------------------------------------------------------------

/**
 * The `operationId` of an operation, as the API reference has it.
 *
 * @since 0.1.0
 * @category rules
 */
export type Operation = Contract.OperationName

/**
 * The `operationId` of an operation, as the API reference has it.
 *
 * @since 0.1.0
 * @category rules
 */
export const Operation: Schema.Schema<Operation> = Schema.Literal(
  // The names are those of the type; a list of values has lost which.
  ...Contract.endpoints.map(({ name }) => name as Operation)
)

/**
 * Which requests fail, and how. Rules are tried in their order, and the first that applies decides.
 *
 * @since 0.1.0
 * @category rules
 */
export const Rule = Schema.Struct({
  /** Default: all. The operations that fail. */
  operation: Schema.optional(Schema.Union(Operation, Schema.NonEmptyArray(Operation))),
  /** Default: 0. How many requests pass before it applies. */
  skip: Schema.optional(Count),
  /** Default: unlimited. How many times it applies. */
  times: Schema.optional(Schema.Int.pipe(Schema.positive())),
  /** Default: 1. The probability that it applies, from 0 to 1. The seed decides when. */
  probability: Schema.optional(Schema.Number.pipe(Schema.between(0, 1))),
  fault: Fault
}).annotations({ identifier: "Rule" })

/**
 * @since 0.1.0
 * @category rules
 */
export interface Rule extends Schema.Schema.Type<typeof Rule> {}

/**
 * A rule with its identifier, the number of requests that it was about, and how many of them failed by it.
 *
 * @since 0.1.0
 * @category rules
 */
export const ActiveRule = Schema.Struct({
  id: Schema.String,
  object: Schema.Literal("emulator.fault"),
  ...Rule.fields,
  matched: Count,
  applied: Count
}).annotations({ identifier: "ActiveRule" })

/**
 * @since 0.1.0
 * @category rules
 */
export interface ActiveRule extends Schema.Schema.Type<typeof ActiveRule> {}

/**
 * All rules, as they are replaced together by `PUT /_emulator/faults`.
 *
 * @since 0.1.0
 * @category rules
 */
export const Rules = Schema.Struct({
  seed: Schema.optional(Schema.Union(Schema.String, Schema.Number)),
  rules: Schema.Array(Rule).pipe(Schema.maxItems(1000))
}).annotations({ identifier: "Rules" })

/**
 * @since 0.1.0
 * @category rules
 */
export interface Rules extends Schema.Schema.Type<typeof Rules> {}

// -----------------------------------------------------------------------------
// options
// -----------------------------------------------------------------------------

/**
 * The faults of an emulator. Emulators that share a PostgreSQL database, and have this option, share the rules and what they
 * count.
 *
 * @example
 * import { Emulator } from "@effect-openai/emulator"
 *
 * const OpenAiTest = Emulator.layer({
 *   faults: {
 *     rules: [
 *       { operation: "createRun", times: 2, fault: { type: "rate_limit", retry_after_ms: 0 } },
 *       { probability: 0.1, fault: { type: "status", status: 503 } }
 *     ],
 *     seed: "my test"
 *   }
 * })
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /**
   * The rules to begin with, where no other emulator that lives shares them. They must fit the Schema; a layer that is built
   * with others dies of it.
   */
  readonly rules?: ReadonlyArray<Rule> | undefined
  /** Default: the same in each run. Decides when a rule with a probability applies. */
  readonly seed?: string | number | undefined
  /**
   * Default: false. Whether callers may ask for faults themselves, by the endpoint `/_emulator/faults` and the header
   * `x-emulator-fault`.
   */
  readonly control?: boolean | undefined
}
