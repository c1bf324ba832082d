import { Batches } from "@effect-openai/client"
import { OpenAiError } from "@effect-openai/core"
import { Schemas } from "@effect-openai/workflow"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, FastCheck, Schema } from "effect"

const base = { operation: "createRun", message: "No" }
const response = {
  ...base,
  status: 400,
  requestId: "req_1",
  type: "t",
  param: undefined,
  code: "c",
  retryAfter: undefined
}
const none = { limit: undefined, remaining: undefined, reset: undefined }
const limit = { requests: { limit: 1, remaining: 0, reset: Duration.seconds(3) }, tokens: none }

/** One of each class. The compiler reports a class that is missing. */
const errors: { readonly [Tag in OpenAiError.OpenAiError["_tag"]]: OpenAiError.OpenAiError & { readonly _tag: Tag } } =
  {
    BadRequestError: new OpenAiError.BadRequestError(response),
    AuthenticationError: new OpenAiError.AuthenticationError(response),
    PermissionDeniedError: new OpenAiError.PermissionDeniedError(response),
    NotFoundError: new OpenAiError.NotFoundError({ ...response, cursor: "after" }),
    ConflictError: new OpenAiError.ConflictError(response),
    RequestTooLargeError: new OpenAiError.RequestTooLargeError(response),
    UnprocessableEntityError: new OpenAiError.UnprocessableEntityError(response),
    RateLimitError: new OpenAiError.RateLimitError({ ...response, limit, retryAfter: Duration.seconds(1) }),
    InsufficientQuotaError: new OpenAiError.InsufficientQuotaError({ ...response, limit }),
    InternalServerError: new OpenAiError.InternalServerError(response),
    UnexpectedStatusError: new OpenAiError.UnexpectedStatusError({ ...response, body: "<html>" }),
    TimeoutError: new OpenAiError.TimeoutError({ ...base, phase: "run", timeout: Duration.infinity }),
    TransportError: new OpenAiError.TransportError({ ...base, code: undefined, sent: true }),
    LimitExceededError: new OpenAiError.LimitExceededError({
      ...base,
      exceeded: "tokens",
      timeout: Duration.minutes(1),
      retryAfter: undefined
    }),
    InvalidRequestError: new OpenAiError.InvalidRequestError({ ...base, field: "tools[3]" }),
    InvalidResponseError: new OpenAiError.InvalidResponseError({
      ...base,
      status: 200,
      requestId: undefined,
      field: ""
    })
  }

const fieldsOf = (error: object) =>
  Object.fromEntries(Object.entries(error).filter(([name, value]) => value !== undefined && name !== "stack"))

const roundTrip = <A, I>(schema: Schema.Schema<A, I>, value: A) =>
  Effect.flatMap(
    Schema.encode(schema)(value),
    (encoded) => Schema.decodeUnknown(schema)(JSON.parse(JSON.stringify(encoded)))
  )

describe("Schemas", () => {
  it.effect.each(Object.entries(errors))(
    "%s is stored as JSON, and is an instance of its class again",
    ([, error]) =>
      Effect.gen(function*() {
        const read = yield* roundTrip(Schemas.OpenAiError, error)
        assert.strictEqual(read.constructor, error.constructor)
        assert.deepStrictEqual(fieldsOf(read), fieldsOf(error))
        assert.strictEqual(read.message, error.message)
      })
  )

  it.effect("the errors of tools and batches too", () =>
    Effect.gen(function*() {
      const call = new OpenAiError.ToolCallError({ ...base, functionName: "add", toolCallId: "call_1" })
      assert.deepStrictEqual(fieldsOf(yield* roundTrip(Schemas.ToolCallError, call)), fieldsOf(call))
      const batch = new Batches.BatchFailedError({ batch: { id: "batch_1" } as Batches.Batch, message: "No" })
      const read = yield* roundTrip(Schemas.BatchFailedError, batch)
      assert.instanceOf(read, Batches.BatchFailedError)
      assert.deepStrictEqual(fieldsOf(read), fieldsOf(batch))
      const page = new OpenAiError.PaginationError(base)
      assert.instanceOf(yield* roundTrip(Schemas.PaginationError, page), OpenAiError.PaginationError)
    }))

  it.effect("an object keeps the fields that are not documented", () =>
    Effect.promise(() =>
      FastCheck.assert(
        FastCheck.asyncProperty(FastCheck.dictionary(FastCheck.string(), FastCheck.jsonValue()), async (object) => {
          const run = JSON.parse(JSON.stringify({ id: "run_1", ...object }))
          assert.deepStrictEqual(await Effect.runPromise(roundTrip(Schemas.Run, run)), run)
        })
      )
    ))
})
