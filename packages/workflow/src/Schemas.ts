/**
 * Schemas of what a workflow stores: objects of the API, and the errors of the client.
 *
 * Objects are stored as the server sent them, with fields that are not documented.
 *
 * @since 3.0.0
 */
import { Batches } from "@effect-openai/client"
import type { Batch as Batch_ } from "@effect-openai/core/Batches"
import type { FineTuningJob as FineTuningJob_ } from "@effect-openai/core/FineTuning"
import * as Errors from "@effect-openai/core/OpenAiError"
import type { Run as Run_ } from "@effect-openai/core/Runs"
import * as Schema from "effect/Schema"
import { make } from "./internal/errors.js"

// -----------------------------------------------------------------------------
// objects
// -----------------------------------------------------------------------------

/**
 * A value that is JSON already, such as a response of the API. It is stored unchanged, and not validated again.
 *
 * @since 3.0.0
 * @category constructors
 */
export const json = <A>(identifier: string): Schema.Schema<A, unknown> =>
  Schema.make<A, unknown>(Schema.Unknown.ast).annotations({ identifier })

/**
 * A run.
 *
 * @since 3.0.0
 * @category objects
 */
export const Run: Schema.Schema<Run_, unknown> = json("Run")

/**
 * A batch.
 *
 * @since 3.0.0
 * @category objects
 */
export const Batch: Schema.Schema<Batch_, unknown> = json("Batch")

/**
 * A fine-tuning job.
 *
 * @since 3.0.0
 * @category objects
 */
export const FineTuningJob: Schema.Schema<FineTuningJob_, unknown> = json("FineTuningJob")

// -----------------------------------------------------------------------------
// errors
// -----------------------------------------------------------------------------

const text = Schema.UndefinedOr(Schema.String)
const duration = Schema.UndefinedOr(Schema.Duration)

const base = { operation: Schema.String, message: Schema.String, cursor: Schema.optional(Schema.String) }

const response = {
  ...base,
  status: Schema.Number,
  requestId: text,
  type: text,
  param: text,
  code: text,
  retryAfter: duration
}

const limit = Schema.Struct({
  limit: Schema.UndefinedOr(Schema.Number),
  remaining: Schema.UndefinedOr(Schema.Number),
  reset: duration
})

const limited = { ...response, limit: Schema.Struct({ requests: limit, tokens: limit }) }

/**
 * The errors of every operation. Each is stored with all of its fields, and is an instance of its class again where it is
 * read.
 *
 * @example
 * import { Schemas } from "@effect-openai/workflow"
 * import { Workflow } from "@effect/workflow"
 * import { Schema } from "effect"
 *
 * const Reply = Workflow.make({
 *   name: "Reply",
 *   payload: { ticket: Schema.String },
 *   idempotencyKey: ({ ticket }) => ticket,
 *   success: Schemas.Run,
 *   error: Schemas.OpenAiError
 * })
 *
 * @since 3.0.0
 * @category errors
 */
export const OpenAiError: Schema.Schema<Errors.OpenAiError, unknown> = Schema.Union(
  make(Errors.BadRequestError, "BadRequestError", response),
  make(Errors.AuthenticationError, "AuthenticationError", response),
  make(Errors.PermissionDeniedError, "PermissionDeniedError", response),
  make(Errors.NotFoundError, "NotFoundError", response),
  make(Errors.ConflictError, "ConflictError", response),
  make(Errors.RequestTooLargeError, "RequestTooLargeError", response),
  make(Errors.UnprocessableEntityError, "UnprocessableEntityError", response),
  make(Errors.RateLimitError, "RateLimitError", limited),
  make(Errors.InsufficientQuotaError, "InsufficientQuotaError", limited),
  make(Errors.InternalServerError, "InternalServerError", response),
  make(Errors.UnexpectedStatusError, "UnexpectedStatusError", { ...response, body: Schema.String }),
  make(Errors.TimeoutError, "TimeoutError", {
    ...base,
    phase: Schema.Literal("headers", "body", "next", "run", "batch"),
    timeout: Schema.Duration
  }),
  make(Errors.TransportError, "TransportError", { ...base, code: text, sent: Schema.Boolean }),
  make(Errors.LimitExceededError, "LimitExceededError", {
    ...base,
    exceeded: Schema.Literal("requests", "tokens"),
    timeout: Schema.Duration,
    retryAfter: duration
  }),
  make(Errors.InvalidRequestError, "InvalidRequestError", { ...base, field: Schema.String }),
  make(Errors.InvalidResponseError, "InvalidResponseError", {
    ...base,
    status: Schema.Number,
    requestId: text,
    field: Schema.String
  })
).annotations({ identifier: "OpenAiError" })

/**
 * The error of a call that no tool can run.
 *
 * @since 3.0.0
 * @category errors
 */
export const ToolCallError: Schema.Schema<Errors.ToolCallError, unknown> = make(Errors.ToolCallError, "ToolCallError", {
  ...base,
  functionName: Schema.String,
  toolCallId: Schema.String
})

/**
 * The error of a list that can't be continued.
 *
 * @since 3.0.0
 * @category errors
 */
export const PaginationError: Schema.Schema<Errors.PaginationError, unknown> = make(
  Errors.PaginationError,
  "PaginationError",
  base
)

/**
 * The error of a batch whose file the server refused.
 *
 * @since 3.0.0
 * @category errors
 */
export const BatchFailedError: Schema.Schema<Batches.BatchFailedError, unknown> = make(
  Batches.BatchFailedError,
  "BatchFailedError",
  { batch: Batch, message: Schema.String }
)
