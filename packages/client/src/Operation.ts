/**
 * Operations as functions: what every resource module is made of.
 *
 * @since 0.1.0
 */
import type * as Endpoint from "@effect-openai/core/Endpoint"
import type * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { whole } from "./internal/execute/buffered.js"
import { streamed } from "./internal/execute/streamed.js"
import { jsonBody } from "./internal/request/jsonBody.js"
import { multipartBody } from "./internal/request/multipart.js"
import { type BodyEncoder, noBody } from "./internal/request/request.js"
import { decodeEvents } from "./internal/response/events.js"
import { itemsOf, walk } from "./internal/response/pagination.js"
import type { Inference } from "./internal/telemetry/telemetry.js"
import { OpenAiClient } from "./OpenAiClient.js"

/**
 * A request that may be left out where all of its fields may be.
 *
 * @since 0.1.0
 * @category models
 */
export type Arguments<Request> = {} extends Request ? [request?: Request] : [request: Request]

/**
 * An operation: the fields of path, query and body in, the decoded answer out.
 *
 * @since 0.1.0
 * @category models
 */
export interface Operation<Request, Success, E = OpenAiError.OpenAiError> {
  (...args: Arguments<Request>): Effect.Effect<Success, E, OpenAiClient>
  readonly endpoint: Endpoint.Any
}

/**
 * How a list is walked.
 *
 * @since 0.1.0
 * @category models
 */
export interface WalkOptions {
  /** Whether the next page is fetched while the last is consumed; false unless told. */
  readonly prefetch?: boolean | undefined
}

type WalkArguments<Request> = {} extends Request ? [request?: Request, options?: WalkOptions]
  : [request: Request, options?: WalkOptions]

/**
 * An operation that answers one page, and the Streams over all of them. With `after`, or with neither cursor, the walk
 * goes forwards from there; with `before` it goes backwards, and gives the items of each page in that order too.
 *
 * Besides what the operation fails with, a Stream fails with `PaginationError` where a server's cursors lead nowhere.
 * Every error carries the `cursor` of the page that failed, from where the walk can be taken up again.
 *
 * @since 0.1.0
 * @category models
 */
export interface Paged<Request, Page, Item> extends Operation<Request, Page> {
  /** All items, one by one; only a page of them is held at a time. */
  readonly items: (
    ...args: WalkArguments<Request>
  ) => Stream.Stream<Item, OpenAiError.OpenAiError | OpenAiError.PaginationError, OpenAiClient>
  /** All pages, as the server answers them. */
  readonly pages: (
    ...args: WalkArguments<Request>
  ) => Stream.Stream<Page, OpenAiError.OpenAiError | OpenAiError.PaginationError, OpenAiClient>
}

/**
 * An operation that answers bytes: all at once, or as a Stream.
 *
 * @since 0.1.0
 * @category models
 */
export interface Download<Request> extends Operation<Request, Uint8Array> {
  /** The bytes as they come. Each run of the Stream is a request of its own; a failure in the middle is not retried. */
  readonly stream: (
    ...args: Arguments<Request>
  ) => Stream.Stream<Uint8Array, OpenAiError.OpenAiError, OpenAiClient>
}

/**
 * What is done with an event that does not fit the contract.
 *
 * @since 0.1.0
 * @category models
 */
export interface StreamOptions {
  /** `fail` ends the Stream with an `InvalidResponseError`, `skip` logs a warning and goes on; `fail` unless told. */
  readonly onInvalidEvent?: "fail" | "skip" | undefined
}

/**
 * An operation whose answer comes whole, or as a Stream of events.
 *
 * A Stream ends when the server says that it is done. It fails with the server's error where that comes as an event, with
 * `StreamInterruptedError` where the answer ends before, with `TimeoutError` where it falls silent for the client's
 * `idleTimeout`; every event before that was handed out. Interrupting it closes the connection.
 *
 * @since 0.1.0
 * @category models
 */
export interface Streaming<Request, Success, Event> extends Operation<Request, Success> {
  /** The events as they come. Each run of the Stream is a request of its own. */
  readonly stream: (
    request: Request,
    options?: StreamOptions
  ) => Stream.Stream<Event, OpenAiError.OpenAiError | OpenAiError.StreamInterruptedError, OpenAiClient>
}

type WithoutBody = Endpoint.Endpoint<string, any, any, Endpoint.None, Endpoint.Success>

// One interpreter serves every endpoint, and knows it by its value; what an endpoint's type says of its request and answer
// is only put on again here. The cast of each constructor is that, and a test of types holds each operation to its model.

const execute = (endpoint: Endpoint.Any, encodeBody: BodyEncoder, inference?: Inference) => {
  const runner = whole(encodeBody, inference)
  return (request: object = {}): Effect.Effect<any, any, OpenAiClient> =>
    Effect.flatMap(OpenAiClient, (client) => client.run(runner, endpoint, request))
}

/**
 * An operation that takes no body, and answers JSON.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <E extends WithoutBody>(
  endpoint: E
): Operation<Endpoint.Request<E>, Endpoint.Response<E>> => Object.assign(execute(endpoint, noBody), { endpoint }) as any

/**
 * An operation that takes and answers JSON; of an inference more is told by telemetry.
 *
 * @since 0.1.0
 * @category constructors
 */
export const json = <E extends Endpoint.Any>(
  endpoint: E,
  inference?: Inference
): Operation<Endpoint.Request<E>, Endpoint.Response<E>> =>
  Object.assign(execute(endpoint, jsonBody, inference), { endpoint }) as any

/**
 * An operation that uploads. It also fails with `UploadNotReplayableError`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const upload = <E extends Endpoint.Any>(
  endpoint: E
): Operation<
  Endpoint.Request<E>,
  Endpoint.Response<E>,
  OpenAiError.OpenAiError | OpenAiError.UploadNotReplayableError
> => Object.assign(execute(endpoint, multipartBody), { endpoint }) as any

/**
 * An operation that answers bytes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const download = <E extends WithoutBody>(endpoint: E): Download<Endpoint.Request<E>> =>
  Object.assign(execute(endpoint, noBody), {
    endpoint,
    stream: (request: object = {}) =>
      Stream.unwrap(Effect.map(OpenAiClient, (client) => client.run(streamed(noBody), endpoint, request)))
  }) as any

/**
 * An operation that answers a page of a list.
 *
 * @since 0.1.0
 * @category constructors
 */
export const paged = <E extends WithoutBody>(
  endpoint: E
): Paged<Endpoint.Request<E>, Endpoint.Response<E>, Endpoint.Item<E>> => {
  const one = execute(endpoint, noBody)
  return Object.assign(one, {
    endpoint,
    pages: walk(endpoint, one, Chunk.of),
    items: walk(endpoint, one, itemsOf)
  }) as any
}

/**
 * An operation that answers JSON, or streams events; of an inference more is told by telemetry.
 *
 * @since 0.1.0
 * @category constructors
 */
export const streaming = <E extends Endpoint.Any>(
  endpoint: E,
  inference?: Inference
): Streaming<Endpoint.Request<E>, Endpoint.Response<E>, Endpoint.Event<E>> =>
  Object.assign(execute(endpoint, jsonBody, inference), {
    endpoint,
    stream: (request: object, options?: StreamOptions) =>
      Stream.unwrap(Effect.map(OpenAiClient, (client) => {
        const decode = decodeEvents(endpoint, options?.onInvalidEvent ?? "fail")
        return client.run(streamed(jsonBody, inference, decode), endpoint, request)
      }))
  }) as any
