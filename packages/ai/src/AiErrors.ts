/**
 * Errors of the client as errors of `@effect/ai`, and back.
 *
 * @since 0.1.0
 */
import type { Operation } from "@effect-openai/client"
import * as OpenAiError from "@effect-openai/client/OpenAiError"
import * as AiError from "@effect/ai/AiError"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"

/**
 * The errors of the client that calls of a model end with.
 *
 * @since 0.1.0
 * @category models
 */
export type ClientError =
  | OpenAiError.OpenAiError
  | OpenAiError.StreamInterruptedError
  | OpenAiError.RefusalError
  | OpenAiError.ToolCallError

/**
 * Where an error occurred.
 *
 * @since 0.1.0
 * @category models
 */
export interface Origin {
  /** The module that the program called. */
  readonly module: string
  /** The function that the program called. */
  readonly method: string
  /** The operation of the API. */
  readonly endpoint: Operation.Operation<unknown, unknown>["endpoint"]
}

/** The client keeps neither the URL nor the headers of a request in an error, because both can have secrets. */
const requestOf = ({ endpoint }: Origin): typeof AiError.HttpRequestDetails.Type => ({
  method: endpoint.method,
  url: endpoint.path,
  urlParams: [],
  hash: Option.none(),
  headers: {}
})

const headersOf = (
  { requestId, retryAfter }: {
    readonly requestId?: string | undefined
    readonly retryAfter?: Duration.Duration | undefined
  }
): Record<string, string> => ({
  ...(requestId === undefined ? {} : { "x-request-id": requestId }),
  ...(retryAfter === undefined ? {} : { "retry-after": String(Duration.toSeconds(retryAfter)) })
})

const bodyOf = (error: OpenAiError.ResponseFields): string =>
  JSON.stringify({ error: { message: error.message, type: error.type, param: error.param, code: error.code } })

/** The class has no field for a cause, but every error can have one. */
const httpResponseError = (
  error: ClientError,
  origin: Origin,
  fields: {
    readonly status: number
    readonly reason: "StatusCode" | "Decode"
    readonly headers: Record<string, string>
    readonly body?: string
  }
): AiError.HttpResponseError => {
  const { headers, status, ...others } = fields
  const props = {
    module: origin.module,
    method: origin.method,
    request: requestOf(origin),
    response: { status, headers },
    description: error.message,
    ...others
  }
  return new AiError.HttpResponseError(Object.assign(props, { cause: error }), { disableValidation: true })
}

/**
 * Returns the `AiError` of an error of the client, which is its `cause`.
 *
 * | Error of the client | `AiError` |
 * |---|---|
 * | an error response, such as `RateLimitError` | `HttpResponseError` with `StatusCode` |
 * | `StreamInterruptedError` | `HttpResponseError` with `Decode` |
 * | `InvalidResponseError`, `RefusalError`, `ToolCallError` | `MalformedOutput` |
 * | `InvalidRequestError` | `MalformedInput` |
 * | `TransportError`, `TimeoutError` | `HttpRequestError` with `Transport` |
 * | `LimitExceededError` | `UnknownError` |
 *
 * @since 0.1.0
 * @category conversions
 */
export const fromClientError = (error: ClientError, origin: Origin): AiError.AiError => {
  const { method, module } = origin
  switch (error._tag) {
    case "InvalidRequestError":
      return new AiError.MalformedInput({
        module,
        method,
        description: error.field === "" ? error.message : `${error.field}: ${error.message}`,
        cause: error
      })
    case "InvalidResponseError":
      return new AiError.MalformedOutput({
        module,
        method,
        description: error.field === "" ? error.message : `${error.field}: ${error.message}`,
        cause: error
      })
    case "RefusalError":
    case "ToolCallError":
      return new AiError.MalformedOutput({ module, method, description: error.message, cause: error })
    case "TransportError":
    case "TimeoutError":
      return new AiError.HttpRequestError({
        module,
        method,
        reason: "Transport",
        request: requestOf(origin),
        description: error.message,
        cause: error
      })
    case "LimitExceededError":
      return new AiError.UnknownError({ module, method, description: error.message, cause: error })
    case "StreamInterruptedError":
      return httpResponseError(error, origin, { status: 200, reason: "Decode", headers: headersOf(error) })
    case "UnexpectedStatusError":
      return httpResponseError(error, origin, {
        status: error.status,
        reason: "StatusCode",
        headers: headersOf(error),
        body: error.body
      })
    default:
      return httpResponseError(error, origin, {
        status: error.status,
        reason: "StatusCode",
        headers: headersOf(error),
        body: bodyOf(error)
      })
  }
}

const classes: Readonly<Record<string, unknown>> = OpenAiError

const isClientError = (u: unknown): u is ClientError => {
  if (!Predicate.hasProperty(u, "_tag") || typeof u._tag !== "string") return false
  const constructor = classes[u._tag]
  return typeof constructor === "function" && u instanceof constructor
}

/**
 * Returns the error of the client that caused an error: with status, request ID, `code`, `param`, limits and `retryAfter`. None
 * for an error with another cause.
 *
 * @example
 * import { AiErrors } from "@effect-openai/ai"
 * import { OpenAiError } from "@effect-openai/client"
 * import { LanguageModel } from "@effect/ai"
 * import { Effect, Option } from "effect"
 *
 * const text = LanguageModel.generateText({ prompt: "Hello" }).pipe(
 *   Effect.tapError((error) =>
 *     Option.exists(AiErrors.clientError(error), (cause) =>
 *       cause._tag === "RateLimitError" && OpenAiError.isRetryable(cause))
 *       ? Effect.logWarning("The server is busy")
 *       : Effect.void
 *   )
 * )
 *
 * @since 0.1.0
 * @category conversions
 */
export const clientError = (error: unknown): Option.Option<ClientError> =>
  Predicate.hasProperty(error, "cause") && isClientError(error.cause) ? Option.some(error.cause) : Option.none()
