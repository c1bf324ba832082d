/**
 * Operations as functions: what every resource module consists of.
 *
 * @since 0.1.0
 */
import type * as Endpoint from "@effect-openai/core/Endpoint"
import type * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { buffered } from "./internal/execute/buffered.js"
import { streamed } from "./internal/execute/streamed.js"
import { jsonBody } from "./internal/request/jsonBody.js"
import { multipartBody } from "./internal/request/multipart.js"
import { type BodyEncoder, noBody } from "./internal/request/request.js"
import { decodeEvents } from "./internal/response/events.js"
import { itemsOf, walk } from "./internal/response/pagination.js"
import * as Inference from "./internal/telemetry/inference.js"
import type { InferenceTelemetry } from "./internal/telemetry/telemetry.js"
import { OpenAiClient } from "./OpenAiClient.js"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * The parameters of an operation. The request is optional where all of its fields are.
 *
 * @since 0.1.0
 * @category models
 */
export type Arguments<Request> = {} extends Request ? [request?: Request] : [request: Request]

/**
 * An operation. It takes the fields of path, query and body in one object, and returns the decoded response.
 *
 * @since 0.1.0
 * @category models
 */
export interface Operation<Request, Success, E = OpenAiError.OpenAiError> {
  (...args: Arguments<Request>): Effect.Effect<Success, E, OpenAiClient>
  readonly endpoint: Endpoint.Any
}

/**
 * Options of the Streams of a list.
 *
 * @since 0.1.0
 * @category models
 */
export interface WalkOptions {
  /** Default: false. Whether the next page is requested while the current one is consumed. */
  readonly prefetch?: boolean | undefined
}

type WalkArguments<Request> = {} extends Request ? [request?: Request, options?: WalkOptions]
  : [request: Request, options?: WalkOptions]

type Walk<A> = Stream.Stream<A, OpenAiError.OpenAiError | OpenAiError.PaginationError, OpenAiClient>

/**
 * An operation that returns a page of a list, with Streams over all pages. Default: from the first page forwards. A request
 * with `after` or `page` begins there. A request with `before`, where the list has it, goes backwards from there, and
 * emits the items of each page in reverse.
 *
 * The Streams also fail with `PaginationError`, where the server repeats a cursor or sends none. Every error has the `cursor` of
 * the page that failed: a request with it resumes the pagination.
 *
 * @since 0.1.0
 * @category models
 */
export interface Paged<Request, Page, Item> extends Operation<Request, Page> {
  /** All items. One page is in memory at a time. */
  readonly items: (...args: WalkArguments<Request>) => Walk<Item>
  /** All pages. */
  readonly pages: (...args: WalkArguments<Request>) => Walk<Page>
}

/**
 * An operation that returns bytes: buffered, or as a Stream.
 *
 * @since 0.1.0
 * @category models
 */
export interface Download<Request> extends Operation<Request, Uint8Array> {
  /**
   * The bytes as they are received. Each run of the Stream sends a request. A failure after the first byte is not retried.
   */
  readonly stream: (...args: Arguments<Request>) => Stream.Stream<Uint8Array, OpenAiError.OpenAiError, OpenAiClient>
}

/**
 * Options of a Stream of events.
 *
 * @since 0.1.0
 * @category models
 */
export interface StreamOptions {
  /**
   * Default: `fail`, which ends the Stream with an `InvalidResponseError` at an event that does not fit the contract.
   * `skip` logs a warning and continues.
   */
  readonly onInvalidEvent?: "fail" | "skip" | undefined
}

/**
 * An operation that returns a buffered response, or a Stream of events.
 *
 * The Stream ends when the server marks its end. A completion also ends with the response if each choice has its
 * `finish_reason`. The Stream fails with the server's error where that is an event or the response, with
 * `InvalidResponseError` where the response is not a stream of events, with `StreamInterruptedError` where it ends too
 * early, with `TimeoutError` where it is idle for the client's `idleTimeout`. The content type does not matter. Heartbeats
 * are skipped. All events before a failure are emitted. Interrupting the Stream closes its connection.
 *
 * @since 0.1.0
 * @category models
 */
export interface Streaming<Request, Success, Event> extends Operation<Request, Success> {
  /** The events as they are received. Each run of the Stream sends a request. */
  readonly stream: (
    request: Request,
    options?: StreamOptions
  ) => Stream.Stream<Event, OpenAiError.OpenAiError | OpenAiError.StreamInterruptedError, OpenAiClient>
}

type Chosen<E> = E extends
  { readonly success: { readonly field: infer Field extends string; readonly default: infer Default } } ?
  { readonly field: Field; readonly default: Default } :
  never

type ValueOf<E> = Endpoint.Request<E>[Chosen<E>["field"] & keyof Endpoint.Request<E>]

/**
 * An operation whose response depends on one field of the request: its type is narrowed by the field's literal.
 *
 * @since 0.1.0
 * @category models
 */
export interface ByField<E extends Endpoint.Any, Error = OpenAiError.OpenAiError> {
  <const Value extends ValueOf<E> | undefined = Extract<ValueOf<E>, Chosen<E>["default"]>>(
    request: Omit<Endpoint.Request<E>, Chosen<E>["field"]> & { readonly [K in Chosen<E>["field"]]?: Value }
  ): Effect.Effect<
    Endpoint.ResponseFor<E, null extends Value ? Value | undefined : Value>,
    Error,
    OpenAiClient
  >
  readonly endpoint: Endpoint.Any
}

// -----------------------------------------------------------------------------
// type-level
// -----------------------------------------------------------------------------

type Decoded = Endpoint.Json<any> | Endpoint.Text

type DecodedSuccess = Decoded | Endpoint.ByField<string, { readonly [value: string]: Decoded }, string>

type BytesSuccess = Endpoint.Bytes | Endpoint.ByField<string, { readonly [value: string]: Endpoint.Bytes }, string>

type ErrorOf<E> = E extends { readonly body: Endpoint.Multipart<any> } ?
  OpenAiError.OpenAiError | OpenAiError.UploadNotReplayableError :
  OpenAiError.OpenAiError

/**
 * The operation of an endpoint. An upload also fails with `UploadNotReplayableError`.
 *
 * @since 0.1.0
 * @category type-level
 */
export type Of<E extends Endpoint.Any> = E extends { readonly pagination: Endpoint.Pagination } ?
  Paged<Endpoint.Request<E>, Endpoint.Response<E>, Endpoint.Item<E>> :
  E extends { readonly events: Endpoint.Events<any> } ?
    Streaming<Endpoint.Request<E>, Endpoint.Response<E>, Endpoint.Event<E>> :
  E extends { readonly success: BytesSuccess } ? Download<Endpoint.Request<E>> :
  E extends { readonly success: { readonly _tag: "ByField" } } ? ByField<E, ErrorOf<E>> :
  Operation<Endpoint.Request<E>, Endpoint.Response<E>, ErrorOf<E>>

/** An endpoint that neither lists nor streams. */
type Plain<
  Body extends Endpoint.Body,
  Success extends Endpoint.Success,
  Inference extends Endpoint.Inference | undefined = undefined
> = Endpoint.Endpoint<string, any, any, Body, Success, undefined, undefined, Inference>

type AnyJson = Endpoint.Json<any>

type List = Endpoint.Endpoint<string, any, any, Endpoint.None, AnyJson, undefined, Endpoint.Pagination, undefined>

type Streamed<Inference extends Endpoint.Inference | undefined> = Endpoint.Endpoint<
  string,
  any,
  any,
  AnyJson,
  AnyJson,
  Endpoint.Events<any>,
  undefined,
  Inference
>

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

// One interpreter runs every endpoint by its value. Each constructor casts its result to the type that follows from the
// endpoint, and names the code that the endpoint needs, so that an operation bundles no other code.

const bufferedWith = (endpoint: Endpoint.Any, bodyEncoder: BodyEncoder, inference?: InferenceTelemetry) => {
  const runner = buffered(bodyEncoder, inference)
  return (request: object = {}): Effect.Effect<any, any, OpenAiClient> =>
    Effect.flatMap(OpenAiClient, (client) => client.run(runner, endpoint, request))
}

const bytesWith = (endpoint: Endpoint.Any, bodyEncoder: BodyEncoder): any =>
  Object.assign(bufferedWith(endpoint, bodyEncoder), {
    endpoint,
    stream: (request: object = {}) =>
      Stream.unwrap(Effect.map(OpenAiClient, (client) => client.run(streamed(bodyEncoder), endpoint, request)))
  })

const eventsWith = (endpoint: Endpoint.Any, inference?: InferenceTelemetry): any =>
  Object.assign(bufferedWith(endpoint, jsonBody, inference), {
    endpoint,
    stream: (request: object, options?: StreamOptions) =>
      Stream.unwrap(Effect.map(OpenAiClient, (client) => {
        const decoderOf = (endpoint: Endpoint.Any) => decodeEvents(endpoint, request, options?.onInvalidEvent ?? "fail")
        return client.run(streamed(jsonBody, inference, decoderOf), endpoint, request)
      }))
  })

/**
 * An operation without a body.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <E extends Plain<Endpoint.None, DecodedSuccess>>(endpoint: E): Of<E> =>
  Object.assign(bufferedWith(endpoint, noBody), { endpoint }) as any

/**
 * An operation with a body of JSON.
 *
 * @since 0.1.0
 * @category constructors
 */
export const json = <E extends Plain<AnyJson, DecodedSuccess>>(endpoint: E): Of<E> =>
  Object.assign(bufferedWith(endpoint, jsonBody), { endpoint }) as any

/**
 * An operation with a body of JSON that is an inference: telemetry reports its model and its tokens.
 *
 * @since 0.1.0
 * @category constructors
 */
export const inference = <E extends Plain<AnyJson, AnyJson, Endpoint.Inference>>(endpoint: E): Of<E> =>
  Object.assign(bufferedWith(endpoint, jsonBody, Inference.inference), { endpoint }) as any

/**
 * Options of {@link upload}.
 *
 * @since 0.1.0
 * @category models
 */
export interface UploadOptions<E> {
  /** Default: none. Checks what is in the files before anything is sent. Returns the request to send. */
  readonly prepare?: (
    request: Endpoint.Request<E>
  ) => Effect.Effect<Endpoint.Request<E>, OpenAiError.InvalidRequestError, OpenAiClient>
}

/**
 * An operation with a body of `multipart/form-data`. It also fails with `UploadNotReplayableError`. A file that is known to
 * be larger than the endpoint's maximum is refused with `InvalidRequestError`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const upload = <E extends Plain<Endpoint.Multipart<any>, DecodedSuccess>>(
  endpoint: E,
  { prepare }: UploadOptions<E> = {}
): Of<E> => {
  const send = bufferedWith(endpoint, multipartBody)
  const run = prepare === undefined
    ? send
    : (request: Endpoint.Request<E>) => Effect.flatMap(prepare(request), (prepared) => send(prepared as object))
  return Object.assign(run, { endpoint }) as any
}

/**
 * An operation without a body that returns bytes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const download = <E extends Plain<Endpoint.None, BytesSuccess>>(endpoint: E): Of<E> =>
  bytesWith(endpoint, noBody)

/**
 * An operation with a body of JSON that returns bytes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const jsonDownload = <E extends Plain<AnyJson, BytesSuccess>>(endpoint: E): Of<E> =>
  bytesWith(endpoint, jsonBody)

/**
 * An operation that returns a page of a list.
 *
 * @since 0.1.0
 * @category constructors
 */
export const paged = <E extends List>(endpoint: E): Of<E> => {
  const one = bufferedWith(endpoint, noBody)
  return Object.assign(one, {
    endpoint,
    pages: walk(endpoint, one, Chunk.of),
    items: walk(endpoint, one, itemsOf)
  }) as any
}

/**
 * An operation with a body of JSON that returns JSON, or a Stream of events.
 *
 * @since 0.1.0
 * @category constructors
 */
export const streaming = <E extends Streamed<undefined>>(endpoint: E): Of<E> => eventsWith(endpoint)

/**
 * An operation like that of {@link streaming} that is an inference: telemetry reports its model and its tokens.
 *
 * @since 0.1.0
 * @category constructors
 */
export const streamingInference = <E extends Streamed<Endpoint.Inference>>(endpoint: E): Of<E> =>
  eventsWith(endpoint, Inference.inference)
