import { ServerError } from "@effect-openai/core/Api"
import * as Headers from "@effect/platform/Headers"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpBody from "@effect/platform/HttpBody"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Stream from "effect/Stream"
import * as Faults from "../Faults.js"
import type { ActiveFaults, Chosen } from "./activeFaults.js"
import * as connections from "./connections.js"
import { toResponse } from "./envelope.js"
import { invalid } from "./errors.js"
import { exhausted, headersOf, retryHeaders } from "./rateLimits.js"
import * as Validation from "./validation.js"

const header = "x-emulator-fault"

/** The name of a fault in responses and logs. */
export const nameOf = ({ by, fault }: Chosen): string => `${fault.type} by ${by}`

const strict = { errors: "all", onExcessProperty: "error" } as const

// -----------------------------------------------------------------------------
// header
// -----------------------------------------------------------------------------

const decodeFault = ParseResult.decodeUnknownEither(Faults.Fault, strict)

const fromHeader = (text: string): Effect.Effect<Chosen, ServerError> =>
  Effect.suspend(() => {
    let json: unknown
    try {
      json = JSON.parse(text)
    } catch {
      return Effect.fail(
        new ServerError({ status: 400, param: header, message: `The header ${header} is not valid JSON.` })
      )
    }
    return Either.match(decodeFault(json), {
      onLeft: (issue) => Effect.fail(invalid(Validation.violations(issue, ["header", header]))),
      onRight: (fault) => Effect.succeed({ by: "header", fault })
    })
  })

/** Whether a request can meet a fault. */
export const mayMeet = (
  { hasControl, hasRules }: Context.Tag.Service<ActiveFaults>,
  { headers }: HttpServerRequest.HttpServerRequest
): boolean => hasRules() || (hasControl && headers[header] !== undefined)

/** The fault that a request meets: the one that its own header asks for, or that of the first rule which applies. */
export const faultOf = (
  { hasControl, next }: Context.Tag.Service<ActiveFaults>,
  { headers }: HttpServerRequest.HttpServerRequest,
  operation: string | undefined
): Effect.Effect<Option.Option<Chosen>, ServerError> => {
  const asked = headers[header]
  return hasControl && asked !== undefined ? Effect.asSome(fromHeader(asked)) : next(operation)
}

// -----------------------------------------------------------------------------
// refusals
// -----------------------------------------------------------------------------

type Of<Type extends Faults.Fault["type"]> = Extract<Faults.Fault, { readonly type: Type }>

const statusResponse = ({ body, code, error_type, headers, message, param, status }: Of<"status">) =>
  body === undefined
    ? toResponse(
      new ServerError({
        status,
        message: message ?? "This failure was asked for.",
        type: error_type ?? (status >= 500 ? "server_error" : "invalid_request_error"),
        code,
        param,
        headers
      })
    )
    : HttpServerResponse.text(body, { status, contentType: "text/html", headers })

/** No quota is left. Operations of images respond with another error than all others. */
const noQuota = (operation: string | undefined): ServerError =>
  operation?.startsWith("createImage") === true
    ? new ServerError({
      status: 400,
      code: "billing_hard_limit_reached",
      message: "Billing hard limit has been reached"
    })
    : new ServerError({
      status: 429,
      type: "insufficient_quota",
      code: "insufficient_quota",
      message: "You exceeded your current quota, please check your plan and billing details."
    })

const rateLimitError = (
  { limit = "requests" }: Of<"rate_limit">,
  operation: string | undefined,
  millis: number
): ServerError =>
  limit === "quota"
    ? noQuota(operation)
    : new ServerError({
      status: 429,
      type: limit,
      code: "rate_limit_exceeded",
      message: `Rate limit reached on ${limit} per min. Please try again in ${millis}ms.`,
      headers: { ...headersOf(exhausted(limit, millis)), ...retryHeaders(millis) }
    })

// -----------------------------------------------------------------------------
// bodies
// -----------------------------------------------------------------------------

/** The error of a body that ends early, where there is no connection to break instead. */
class BodyCut extends Data.TaggedError("BodyCut") {
  override readonly message = "The body was cut off on purpose."
}

const isEventStream = ({ headers }: HttpServerResponse.HttpServerResponse): boolean =>
  headers["content-type"]?.startsWith("text/event-stream") === true

/** A body as the pieces that it is sent in. Those of a stream of events are the events. */
const piecesOf = ({ body }: HttpServerResponse.HttpServerResponse): Stream.Stream<Uint8Array, unknown> => {
  switch (body._tag) {
    case "Stream":
      // What is empty was sent for the headers' sake.
      return Stream.filter(body.stream, ({ length }) => length > 0)
    case "Uint8Array":
      return Stream.make(body.body)
    default:
      return Stream.empty
  }
}

const takeBytes = (limit: number) => <E>(pieces: Stream.Stream<Uint8Array, E>): Stream.Stream<Uint8Array, E> => {
  let left = limit
  return pieces.pipe(
    Stream.takeWhile(() => left > 0),
    Stream.map((piece) => {
      const taken = piece.subarray(0, left)
      left -= taken.length
      return taken
    })
  )
}

const beginning = (
  response: HttpServerResponse.HttpServerResponse,
  { after_bytes, after_events = 0 }: {
    readonly after_bytes?: number | undefined
    readonly after_events?: number | undefined
  }
): Stream.Stream<Uint8Array, unknown> =>
  isEventStream(response) && after_bytes === undefined
    ? Stream.take(piecesOf(response), after_events)
    : takeBytes(after_bytes ?? 0)(piecesOf(response))

/** An empty piece. It is emitted when everything before it was taken. */
const empty: Stream.Stream<Uint8Array> = Stream.sync(() => new Uint8Array())

/** A failure of a body takes with it what was not read yet, where there is no connection. */
const cut: Stream.Stream<Uint8Array, BodyCut> = Stream.concat(empty, Stream.fail(new BodyCut()))

/** The response with another body. With `hasLength` its `content-length` stays. */
const withPieces = (
  { body, cookies, headers, status }: HttpServerResponse.HttpServerResponse,
  pieces: Stream.Stream<Uint8Array, unknown>,
  { hasLength }: { readonly hasLength: boolean }
): HttpServerResponse.HttpServerResponse =>
  // The headers are sent before the first piece, even if that takes long.
  HttpServerResponse.stream(Stream.concat(empty, pieces), {
    status,
    cookies,
    headers: hasLength ? headers : Headers.remove(headers, "content-length"),
    contentType: body.contentType
  })

const inHalf = (text: string): string => text.slice(0, Math.ceil(text.length / 2))

/** An event with half of its data. */
const breakEvent = (bytes: Uint8Array): Uint8Array => {
  const text = new TextDecoder().decode(bytes)
  const [, start, data] = /^([^]*?data: )([^]*?)\n\n$/.exec(text)!
  return new TextEncoder().encode(`${start}${inHalf(data!)}\n\n`)
}

const malformed = (
  response: HttpServerResponse.HttpServerResponse,
  { after_events = 0, body, content_type }: Of<"malformed">
): HttpServerResponse.HttpServerResponse => {
  if (body !== undefined) {
    return HttpServerResponse.setBody(response, HttpBody.text(body, content_type ?? "application/json"))
  }
  if (isEventStream(response)) {
    return withPieces(
      response,
      Stream.map(
        Stream.zipWithIndex(piecesOf(response)),
        ([piece, index]) => index === after_events ? breakEvent(piece) : piece
      ),
      { hasLength: false }
    )
  }
  const json = response.body._tag === "Uint8Array" ? new TextDecoder().decode(response.body.body) : "{}"
  return HttpServerResponse.setBody(response, HttpBody.text(inHalf(json), "application/json"))
}

// -----------------------------------------------------------------------------
// injection
// -----------------------------------------------------------------------------

const nothing = HttpServerResponse.empty()

/** The operation with a fault. */
const broken = <E, R>(
  fault: Faults.Fault,
  request: HttpServerRequest.HttpServerRequest,
  app: HttpApp.Default<E, R>,
  operation: string | undefined,
  retryAfter: number
): HttpApp.Default<E, R> => {
  switch (fault.type) {
    case "latency":
      return app
    case "status":
      return Effect.sync(() => statusResponse(fault))
    case "rate_limit":
      return Effect.sync(() => toResponse(rateLimitError(fault, operation, fault.retry_after_ms ?? retryAfter)))
    case "reset": {
      const reset = Effect.as(connections.reset(request), nothing)
      return fault.when === "after" ? Effect.zipRight(app, reset) : reset
    }
    case "cut":
      return Effect.map(app, (response) => {
        const sent = beginning(response, fault)
        return fault.clean === true
          ? withPieces(response, sent, { hasLength: false })
          : withPieces(response, Stream.concat(sent, cut), { hasLength: true })
      })
    case "stall":
      return Effect.map(
        app,
        (response) => withPieces(response, Stream.concat(beginning(response, fault), Stream.never), { hasLength: true })
      )
    case "malformed":
      return Effect.map(app, (response) => malformed(response, fault))
  }
}

/**
 * Handles a request with a fault, and names the fault in the response. `retryAfter` is the `retry-after-ms` of a rate limit
 * without one.
 */
export const inject = <E, R>(
  chosen: Chosen,
  request: HttpServerRequest.HttpServerRequest,
  app: HttpApp.Default<E, R>,
  operation: string | undefined,
  retryAfter: number
): HttpApp.Default<E, R> => {
  const named = Effect.map(
    broken(chosen.fault, request, app, operation, retryAfter),
    (response) => HttpServerResponse.setHeader(response, header, nameOf(chosen))
  )
  const { latency_ms: latency = 0 } = chosen.fault
  return latency === 0 ? named : Effect.zipRight(Effect.interruptible(Effect.sleep(latency)), named)
}
