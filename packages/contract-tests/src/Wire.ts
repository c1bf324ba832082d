/**
 * The side door: plain HTTP to the target, with its key, for what the client refuses to send.
 *
 * @since 0.1.0
 */
import * as Endpoint from "@effect-openai/core/Endpoint"
import * as OpenAiError from "@effect-openai/core/OpenAiError"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Call from "./Call.js"
import { messageOf } from "./internal/cause.js"
import { ScenarioFailure } from "./Scenario.js"

/**
 * A request of any shape.
 *
 * @since 0.1.0
 * @category models
 */
export interface Request {
  readonly method: "GET" | "POST" | "DELETE" | "PUT" | "PATCH"
  /** Below the base URL, encoded, with its query. */
  readonly path: string
  /** Added to the key and to `OpenAI-Beta: assistants=v1`; one that is undefined is left out. */
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined
  /** Sent as JSON. */
  readonly json?: unknown
  /** Sent as it is, as JSON unless the headers say otherwise. */
  readonly body?: string | undefined
}

/**
 * An response of any shape.
 *
 * @since 0.1.0
 * @category models
 */
export interface Response {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** Sends a request once, and reads its response whole. */
  readonly send: (request: Request) => Effect.Effect<Response, ScenarioFailure>
}

/**
 * @since 0.1.0
 * @category context
 */
export class Wire extends Context.Tag("@effect-openai/contract-tests/Wire")<Wire, Service>() {}

/**
 * The side door over a transport.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  httpClient: HttpClient.HttpClient,
  { adminKey, apiKey, baseUrl }: {
    readonly apiKey: Redacted.Redacted
    /** Authorizes the operations of administration. Default: `apiKey`. */
    readonly adminKey?: Redacted.Redacted | undefined
    readonly baseUrl: string
  }
): Service => ({
  send: ({ body, headers, json, method, path }) => {
    const found = Call.endpointOf({ method, path: path.replace(/[?#].*$/, "") })
    const credential = found === undefined ? "apiKey" : Endpoint.families[found.endpoint.family].credential
    const key = credential === "adminKey" ? adminKey ?? apiKey : apiKey
    const all = { authorization: `Bearer ${Redacted.value(key)}`, "openai-beta": "assistants=v1", ...headers }
    const kept = Object.entries(all).filter((header): header is [string, string] => header[1] !== undefined)
    const text = json === undefined ? body : JSON.stringify(json)
    const request = HttpClientRequest.make(method)(`${baseUrl}${path}`, { headers: Object.fromEntries(kept) })
    const contentType = headers?.["content-type"] ?? "application/json"
    return Effect.gen(function*() {
      const response = yield* httpClient.execute(
        text === undefined ? request : HttpClientRequest.bodyText(request, text, contentType)
      )
      return { status: response.status, headers: { ...response.headers }, text: yield* response.text }
    }).pipe(
      Effect.mapError((error) =>
        new ScenarioFailure({ expectation: `${method} ${path} is answered`, message: messageOf(error) })
      )
    )
  }
})

/**
 * Sends a request once, and reads its response whole.
 *
 * @since 0.1.0
 * @category accessors
 */
export const send = (request: Request): Effect.Effect<Response, ScenarioFailure, Wire> =>
  Effect.flatMap(Wire, (wire) => wire.send(request))

const decodeError = Schema.decodeUnknownOption(Schema.parseJson(OpenAiError.ErrorResponse))

/**
 * Sends a request that must be refused with a status, and gives the error of the documented envelope.
 *
 * @since 0.1.0
 * @category accessors
 */
export const refused = (
  status: number,
  request: Request
): Effect.Effect<OpenAiError.ErrorResponse["error"], ScenarioFailure, Wire> =>
  Effect.flatMap(send(request), (response) => {
    const expectation = `${request.method} ${request.path} is refused with ${status} and the documented envelope`
    const decoded = decodeError(response.text)
    return response.status === status && decoded._tag === "Some"
      ? Effect.succeed(decoded.value.error)
      : new ScenarioFailure({ expectation, message: `It is ${response.status} ${response.text.slice(0, 600)}` })
  })
