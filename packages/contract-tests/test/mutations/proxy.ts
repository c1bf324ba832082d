import { Call, type Target } from "@effect-openai/contract-tests"
import { HttpBody, HttpClient, type HttpClientError, HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { Effect, Either, Predicate, Redacted } from "effect"
import { parseJson } from "../../src/internal/json.js"
import * as sse from "../../src/internal/sse.js"
import { turn } from "../utils/turn.js"

// A proxy in front of a server that changes requests and responses.

export interface Request {
  readonly method: string
  /** The path below the base URL. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string | undefined>>
  /** The body, if it is JSON. */
  readonly json: unknown
}

export interface Response {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Uint8Array
}

type Send = (request: Request) => Effect.Effect<Response, HttpClientError.HttpClientError>

/** The behavior of a proxy. It may keep state. */
export type Change = (connection: Target.Service) => (send: Send) => Send

// -----------------------------------------------------------------------------
// the proxy
// -----------------------------------------------------------------------------

const textOfBody = ({ body }: HttpClientRequest.HttpClientRequest): string | undefined => {
  if (body._tag === "Uint8Array" && body.contentType.includes("json")) return new TextDecoder().decode(body.body)
  return body._tag === "Raw" && typeof body.body === "string" && body.contentType?.includes("json") === true
    ? body.body
    : undefined
}

const parsed = (text = ""): unknown => Either.getOrUndefined(parseJson(text))

const show = ({ headers, json, method, path, query }: Request): string =>
  JSON.stringify([method, path, String(query), headers, json])

const same = (one: Response | undefined, other: Response): boolean =>
  one === other ||
  (one !== undefined && one.status === other.status && JSON.stringify(one.headers) === JSON.stringify(other.headers) &&
    Buffer.from(one.bytes).equals(other.bytes))

export interface Proxy {
  readonly connection: Target.Service
  /** Whether a request or response was changed. */
  readonly changed: () => boolean
}

/** A connection to a server through a proxy. */
export const make = (connection: Target.Service, change: Change): Proxy => {
  const { baseUrl, httpClient } = connection
  const changing = change(connection)
  let changed = false
  const proxied = HttpClient.make((request) =>
    Effect.gen(function*() {
      yield* turn
      const url = new URL(request.url)
      for (const [name, value] of request.urlParams) url.searchParams.append(name, value)
      const original: Request = {
        method: request.method,
        path: `${url.origin}${url.pathname}`.slice(baseUrl.length),
        query: url.searchParams,
        headers: request.headers,
        json: parsed(textOfBody(request))
      }
      let last: Response | undefined
      const send: Send = (asked) =>
        Effect.gen(function*() {
          if (show(asked) !== show(original)) changed = true
          const query = asked.query.size === 0 ? "" : `?${asked.query}`
          const other = asked.json !== original.json
          const headers = Object.entries(asked.headers).filter((header): header is [string, string] =>
            header[1] !== undefined && !(other && header[0].startsWith("content-"))
          )
          const sent = HttpClientRequest.make(asked.method as "POST")(`${baseUrl}${asked.path}${query}`, {
            headers: Object.fromEntries(headers),
            body: other || asked.method === "GET" ? HttpBody.empty : request.body
          })
          const response = yield* httpClient.execute(
            other && asked.json !== undefined ? HttpClientRequest.bodyUnsafeJson(sent, asked.json) : sent
          )
          last = {
            status: response.status,
            headers: { ...response.headers },
            bytes: new Uint8Array(yield* response.arrayBuffer)
          }
          return last
        })
      const response = yield* changing(send)(original)
      if (!same(last, response)) changed = true
      const empty = response.status === 204 || response.status === 304
      return HttpClientResponse.fromWeb(
        request,
        new Response(empty ? null : Buffer.from(response.bytes), { status: response.status, headers: response.headers })
      )
    })
  )
  return { connection: { ...connection, httpClient: proxied }, changed: () => changed }
}

// -----------------------------------------------------------------------------
// what may be asked of a request and a response
// -----------------------------------------------------------------------------

/** The operation of a request. */
export const operationOf = (request: Request): string | undefined => Call.endpointOf(request)?.endpoint.name

/** A path parameter of a request. */
export const parameterOf = (request: Request, name: string): string | undefined =>
  Call.endpointOf(request)?.parameters[name]

export const textOf = ({ bytes }: Response): string => new TextDecoder().decode(bytes)

export const jsonOf = (response: Response): unknown =>
  response.headers["content-type"]?.includes("json") === true ? parsed(textOf(response)) : undefined

const lengthless = ({ "content-length": _, ...headers }: Response["headers"]) => headers

export const withText = (response: Response, text: string): Response => ({
  ...response,
  headers: lengthless(response.headers),
  bytes: new TextEncoder().encode(text)
})

export const json = (value: unknown, status = 200): Response => ({
  status,
  headers: { "content-type": "application/json", "x-request-id": crypto.randomUUID(), "openai-processing-ms": "1" },
  bytes: new TextEncoder().encode(JSON.stringify(value))
})

export const withJson = (response: Response, value: unknown): Response => withText(response, JSON.stringify(value))

// -----------------------------------------------------------------------------
// changes
// -----------------------------------------------------------------------------

/** A JSON object. */
export type Fields = Record<string, any>

/** Changes responses. */
export const responses = (f: (response: Response, request: Request) => Response): Change => () => (send) => (request) =>
  Effect.map(send(request), (response) => f(response, request))

/** Changes requests. */
export const requests = (f: (request: Request) => Request): Change => () => (send) => (request) => send(f(request))

/** Applies a change to some operations only. */
export const of = (names: string | ReadonlyArray<string>, change: Change): Change => (connection) => {
  const changing = change(connection)
  const among = [names].flat()
  return (send) => (request) => among.includes(operationOf(request) ?? "") ? changing(send)(request) : send(request)
}

/** Changes successful JSON responses. */
export const bodies = (f: (body: Fields, request: Request) => unknown): Change =>
  responses((response, request) => {
    const body = jsonOf(response)
    return response.status === 200 && Predicate.isRecord(body) ? withJson(response, f(body, request)) : response
  })

/** Changes all objects of a type, also in lists and events. */
export const objects = (kind: string, f: (object: Fields) => Fields): Change => {
  const inside = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(inside)
    if (!Predicate.isRecord(value)) return value
    const changed = Object.fromEntries(Object.entries(value).map(([name, field]) => [name, inside(field)]))
    return changed["object"] === kind ? f(changed) : changed
  }
  return responses((response) => {
    const body = jsonOf(response)
    return body === undefined ? response : withJson(response, inside(body))
  })
}

/** Changes list responses. */
export const lists = (f: (list: Fields, request: Request) => Fields): Change =>
  bodies((body, request) => request.method === "GET" && Array.isArray(body["data"]) ? f(body, request) : body)

/** Changes responses with an error status. */
export const refusals = (status: number, f: (response: Response, request: Request) => Response): Change =>
  responses((response, request) => response.status === status ? f(response, request) : response)

/** Changes the error object of error responses. */
export const errors = (f: (error: Fields) => unknown): Change =>
  responses((response) => {
    const body = jsonOf(response)
    return response.status >= 400 && Predicate.hasProperty(body, "error")
      ? withJson(response, f(body["error"] as Fields))
      : response
  })

/** An event of a stream. The data is text. */
export interface Event {
  readonly event?: string | undefined
  readonly data: string
}

const streamOf = (events: ReadonlyArray<Event>): string =>
  events.map(({ data, event }) => `${event === undefined ? "" : `event: ${event}\n`}data: ${data}\n\n`).join("")

/** Changes the events of streams. */
export const events = (f: (events: ReadonlyArray<Event>) => ReadonlyArray<Event>): Change =>
  responses((response) =>
    response.headers["content-type"]?.startsWith("text/event-stream") === true
      ? withText(response, streamOf(f(sse.parse(textOf(response)))))
      : response
  )

/** Changes the data of events. */
export const data = (f: (data: any, name: string | undefined, index: number) => unknown): Change =>
  events((all) =>
    all.map(({ data, event }, index) => ({
      event,
      data: data === "[DONE]" ? data : JSON.stringify(f(JSON.parse(data), event, index))
    }))
  )

/** Returns a response without a request to the server. */
export const instead = (f: (request: Request) => Response | undefined): Change => () => (send) => (request) => {
  const response = f(request)
  return response === undefined ? send(request) : Effect.succeed(response)
}

/** Replaces the key by a valid key. */
export const withKey: Change = ({ apiKey }) => (send) => (request) =>
  send({ ...request, headers: { ...request.headers, authorization: `Bearer ${Redacted.value(apiKey)}` } })
