import { ServerError } from "@effect-openai/core/Api"
import * as Headers from "@effect/platform/Headers"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Body, Change, Profile } from "../Profile.js"
import * as Control from "./control.js"
import * as Fields from "./fields.js"
import { ChunkStream } from "./profileStream.js"
import * as Request from "./request.js"
import * as Sse from "./sse.js"

const withoutHeader = (
  response: HttpServerResponse.HttpServerResponse,
  name: string
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.raw(undefined, {
    status: response.status,
    headers: Headers.remove(response.headers, name),
    cookies: response.cookies
  }).pipe(HttpServerResponse.setBody(response.body))

type ChangeOf<Type extends Change["type"]> = Extract<Change, { readonly type: Type }>

/** The changes of one type. */
const only = <Type extends Change["type"]>(
  changes: ReadonlyArray<Change>,
  type: Type
): ReadonlyArray<ChangeOf<Type>> => changes.filter((change): change is ChangeOf<Type> => change.type === type)

// -----------------------------------------------------------------------------
// paths
// -----------------------------------------------------------------------------

const bodies: ReadonlyArray<readonly [pattern: RegExp, body: Body]> = [
  [/^\/v1\/chat\/completions$/, "completion"],
  [/^\/v1\/embeddings$/, "embeddings"],
  [/^\/v1\/models$/, "models"],
  [/^\/v1\/models\/[^/]+$/, "model"]
]

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")

/** The documented path for a path under an address, and the model in it. */
const resolve = ({ path: prefix, paths, query = [] }: ChangeOf<"address">, path: string, given: URLSearchParams) => {
  const pattern = new RegExp(`^${escaped(prefix).replace("\\{model\\}", "(?<model>[^/]+)")}(?<rest>/.*)$`)
  const { model, rest } = pattern.exec(path)?.groups ?? {}
  if (rest === undefined || !query.every((name) => given.has(name))) return undefined
  return paths === undefined || paths.includes(rest) ? { path: `/v1${rest}`, model } : undefined
}

// -----------------------------------------------------------------------------
// errors
// -----------------------------------------------------------------------------

/** The values that replace names in the form of an error. */
type Values = Readonly<Record<string, unknown>>

const fill = (form: unknown, values: Values): unknown => {
  if (typeof form === "string") {
    const placeholder = /^\{(\w+)\}$/.exec(form)?.[1]
    if (placeholder !== undefined && placeholder in values) return values[placeholder]
    return form.replace(/\{(\w+)\}/g, (text, name: string) => name in values ? String(values[name]) : text)
  }
  if (Array.isArray(form)) return form.map((item) => fill(item, values))
  if (!Fields.isObject(form)) return form
  return Object.fromEntries(Object.entries(form).map(([name, value]) => [name, fill(value, values)]))
}

const textOf = (body: unknown): string => typeof body === "string" ? body : JSON.stringify(body)

// -----------------------------------------------------------------------------
// exchange
// -----------------------------------------------------------------------------

const decoder = new TextDecoder()

const withText = (response: HttpServerResponse.HttpServerResponse, text: string, type: string) =>
  // An empty body does not replace the content-length of the body before.
  HttpServerResponse.setBody(HttpServerResponse.setBody(response, HttpBody.empty), HttpBody.text(text, type))

/** A request to a server with a profile, and the response. */
class Played {
  readonly request: HttpServerRequest.HttpServerRequest
  private readonly original: string
  private readonly path: string
  private readonly model: string | undefined
  private isStream = false
  private isUsageRequested = false

  constructor(readonly changes: ReadonlyArray<Change>, request: HttpServerRequest.HttpServerRequest) {
    const url = request.url.replace(/^https?:\/\/[^/]*/i, "")
    const start = url.search(/[?#]/)
    const search = start === -1 ? "" : url.slice(start)
    this.original = start === -1 ? url : url.slice(0, start)

    const query = new URLSearchParams(search)
    const addresses = only(changes, "address")
    const found = addresses.reduce<ReturnType<typeof resolve>>(
      (found, address) => found ?? resolve(address, this.original, query),
      undefined
    )
    this.model = found?.model
    for (const name of found === undefined ? [] : addresses.flatMap(({ query = [] }) => query)) query.delete(name)
    this.path = this.served(found?.path ?? this.original)

    const key = only(changes, "key_header").map(({ name }) => request.headers[name]).find((key) => key !== undefined)
    const rest = found === undefined || query.size === 0 ? "" : `?${query}`
    this.request = request.modify({
      url: this.path + (found === undefined ? search : rest),
      headers: key === undefined || request.headers["authorization"] !== undefined
        ? request.headers
        : { ...request.headers, authorization: `Bearer ${key}` } as typeof request.headers
    })
  }

  /** The path, or one that does not exist where the server does not serve it. */
  private served(path: string): string {
    const [serves] = only(this.changes, "serves")
    return serves === undefined || !path.startsWith("/v1/") || serves.paths.some((served) => path === `/v1${served}`)
      ? path
      : path.slice("/v1".length)
  }

  private get body(): Body | undefined {
    return bodies.find(([pattern]) => pattern.test(this.path))?.[1]
  }

  /** The body without what only this server accepts. Dies with the refusal, which the error middleware handles. */
  receive(json: unknown): Effect.Effect<unknown> {
    if (!Fields.isObject(json) || this.body === undefined) return Effect.succeed(json)
    if (this.model !== undefined) json["model"] = Request.decodeUri(this.model)
    if (this.body !== "completion") return Effect.succeed(json)
    for (const { message, path, status } of only(this.changes, "refuses")) {
      if (Fields.has(json, path)) return Effect.die(new ServerError({ status, message }))
    }
    for (const { each, message, path, status, where } of only(this.changes, "requires")) {
      const concerned = Fields.at(json, each).filter((one) => where === undefined || Fields.has(one, where))
      if (!concerned.every((one) => Fields.has(one, path))) return Effect.die(new ServerError({ status, message }))
    }
    for (const path of only(this.changes, "accepts").flatMap(({ paths }) => paths)) Fields.drop(json, path)
    const types = only(this.changes, "accepts_parts").flatMap(({ types }) => types)
    Fields.removeParts(json, types)
    this.isStream = json["stream"] === true
    this.isUsageRequested = Fields.at(json, "stream_options.include_usage")[0] === true
    if (this.isStream && only(this.changes, "usage").some(({ at }) => at === "finish")) {
      const given = json["stream_options"]
      json["stream_options"] = { ...(Fields.isObject(given) ? given : undefined), include_usage: true }
    }
    return Effect.succeed(json)
  }

  /** The response as the server sends it. */
  send(response: HttpServerResponse.HttpServerResponse): HttpServerResponse.HttpServerResponse {
    if (this.path.startsWith(Control.prefix)) return response
    const { body } = response
    return body._tag === "Uint8Array" && body.contentType.includes("json")
      ? this.sendJson(response, body)
      : body._tag === "Stream" && body.contentType.includes("text/event-stream") && this.body === "completion"
      ? this.sendStream(response, body)
      : response
  }

  /** The response with its body compressed, if the request accepts that. */
  compress(
    response: HttpServerResponse.HttpServerResponse
  ): Effect.Effect<HttpServerResponse.HttpServerResponse> {
    const { body } = response
    const accepted = this.request.headers["accept-encoding"] ?? ""
    if (only(this.changes, "compress").length === 0 || body._tag !== "Uint8Array" || !/\bgzip\b/.test(accepted)) {
      return Effect.succeed(response)
    }
    const compressed = () => new Blob([new Uint8Array(body.body)]).stream().pipeThrough(new CompressionStream("gzip"))
    return Effect.map(
      Effect.promise(() => new Response(compressed()).arrayBuffer()),
      (buffer) =>
        response.pipe(
          HttpServerResponse.setBody(HttpBody.uint8Array(new Uint8Array(buffer), body.contentType)),
          HttpServerResponse.setHeader("content-encoding", "gzip")
        )
    )
  }

  /** The headers of a response as the server sends them. */
  sendHeaders(response: HttpServerResponse.HttpServerResponse): HttpServerResponse.HttpServerResponse {
    if (this.path.startsWith(Control.prefix)) return response
    return only(this.changes, "headers").reduce(
      (response, { drop = [], set = {} }) => HttpServerResponse.setHeaders(drop.reduce(withoutHeader, response), set),
      response
    )
  }

  private sendJson(
    response: HttpServerResponse.HttpServerResponse,
    { body, contentType }: HttpBody.Uint8Array
  ): HttpServerResponse.HttpServerResponse {
    const json = Fields.parse(decoder.decode(body))
    if (json === undefined) return response
    if (response.status >= 400) return this.sendError(response, json)
    return this.body === undefined
      ? response
      : withText(response, JSON.stringify(Fields.edit(this.changes, this.body, json)), contentType)
  }

  private sendError(
    response: HttpServerResponse.HttpServerResponse,
    json: unknown
  ): HttpServerResponse.HttpServerResponse {
    const { status } = response
    const error = Fields.at(json, "error")[0]
    if (!Fields.isObject(error)) return response
    const [event] = this.isStream
      ? only(this.changes, "error_event").filter(({ statuses }) => statuses.includes(status))
      : []
    if (event !== undefined) {
      const text = Sse.format(event.event, textOf(fill(event.body, this.values(error, status))))
      return withText(HttpServerResponse.setStatus(response, 200), text, "text/event-stream")
    }
    const form = only(this.changes, "error").find((form) =>
      (form.status ?? status) === status && (form.error_type ?? error["type"]) === error["type"]
    )
    return form === undefined ? response : withText(
      HttpServerResponse.setStatus(response, form.becomes ?? status),
      textOf(fill(form.body, this.values(error, status))),
      form.content_type ?? "application/json"
    )
  }

  private values(error: Fields.Members, status: number): Values {
    return { ...error, status, method: this.request.method, path: this.original }
  }

  /** An error that ends a stream, as an event. */
  private errorEvent(error: Fields.Members): string | undefined {
    const [event] = only(this.changes, "error_event")
    return event && Sse.format(event.event, textOf(fill(event.body, this.values(error, 500))))
  }

  private sendStream(
    response: HttpServerResponse.HttpServerResponse,
    { contentType, stream }: HttpBody.Stream
  ): HttpServerResponse.HttpServerResponse {
    const chunks = new ChunkStream(this.changes, this.isUsageRequested, (error) => this.errorEvent(error))
    const text = stream.pipe(
      Stream.decodeText(),
      Stream.map((text) => chunks.push(text)),
      Stream.concat(Stream.sync(() => chunks.end())),
      Stream.filter((text) => text !== ""),
      Stream.encodeText
    )
    const type = only(this.changes, "stream_content_type").at(-1)?.value ?? contentType
    // An empty chunk sends the headers before the first event.
    return HttpServerResponse.setBody(
      response,
      HttpBody.stream(Stream.concat(Stream.make(new Uint8Array()), text), type)
    )
  }
}

/** The exchange in progress, if the emulator plays a profile. */
class Current extends Context.Reference<Current>()("@effect-openai/emulator/internal/profile/Current", {
  defaultValue: (): Played | undefined => undefined
}) {}

/** The request with a body that is valid for the emulator if it is valid for the server that the emulator plays. */
export const receive = (
  request: HttpServerRequest.HttpServerRequest
): Effect.Effect<HttpServerRequest.HttpServerRequest> =>
  Effect.flatMap(Current, (played) =>
    played === undefined ? Effect.succeed(request) : Effect.map(
      // Reading changes the body, so it happens once.
      Effect.cached(Effect.flatMap(request.json, (json) => played.receive(json))),
      (json): HttpServerRequest.HttpServerRequest => Object.create(request, { json: { value: json } })
    ))

/** The emulator as a server with a profile. */
export const play = (profile: Profile | undefined) => <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<E, R> => {
  if (profile === undefined) return app
  const changes = profile.facts.flatMap(({ changes }) => changes)
  return Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
    const played = new Played(changes, request)
    return app.pipe(
      Effect.provideService(HttpServerRequest.HttpServerRequest, played.request),
      Effect.provideService(Current, played),
      Effect.flatMap((response) => played.compress(played.send(response))),
      Effect.map((response) => played.sendHeaders(response))
    )
  }) as HttpApp.Default<E, R>
}
