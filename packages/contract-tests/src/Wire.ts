/**
 * Wire: plain HTTP to the target, with its key, for requests that the client refuses to send.
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
import * as Refusal from "./internal/refusal.js"
import { ScenarioFailure } from "./Scenario.js"

/**
 * A request.
 *
 * @since 0.1.0
 * @category models
 */
export interface Request {
  readonly method: "GET" | "POST" | "DELETE" | "PUT" | "PATCH"
  /** The path below the base URL, encoded, with its query. */
  readonly path: string
  /**
   * Default: the key and `OpenAI-Beta: assistants=v1`. Headers that are added or replaced. undefined removes a header.
   */
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined
  /** A body that is sent as JSON. */
  readonly json?: unknown
  /** A body that is sent unchanged. Default of its content type: `application/json`. */
  readonly body?: string | Uint8Array | undefined
}

/**
 * A response.
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
  /** Sends a request once and reads the complete response. */
  readonly send: (request: Request) => Effect.Effect<Response, ScenarioFailure>
}

/**
 * @since 0.1.0
 * @category context
 */
export class Wire extends Context.Tag("@effect-openai/contract-tests/Wire")<Wire, Service>() {}

/**
 * Makes the service of a transport.
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
    const content = json === undefined ? body : JSON.stringify(json)
    const request = HttpClientRequest.make(method)(`${baseUrl}${path}`, { headers: Object.fromEntries(kept) })
    const contentType = headers?.["content-type"] ?? "application/json"
    return Effect.gen(function*() {
      const response = yield* httpClient.execute(
        content === undefined
          ? request
          : typeof content === "string"
          ? HttpClientRequest.bodyText(request, content, contentType)
          : HttpClientRequest.bodyUint8Array(request, content, contentType)
      )
      return { status: response.status, headers: { ...response.headers }, text: yield* response.text }
    }).pipe(
      Effect.mapError((error) =>
        new ScenarioFailure({ expectation: `${method} ${path} returns a response`, message: messageOf(error) })
      )
    )
  }
})

/**
 * Sends a request once and reads the complete response.
 *
 * @since 0.1.0
 * @category accessors
 */
export const send = (request: Request): Effect.Effect<Response, ScenarioFailure, Wire> =>
  Effect.flatMap(Wire, (wire) => wire.send(request))

const decodeError = Schema.decodeUnknownOption(Schema.parseJson(OpenAiError.ErrorResponse))

/**
 * Returns the error of a request that is refused with a status and the documented envelope. Fails otherwise.
 *
 * @since 0.1.0
 * @category accessors
 */
export const refused = (
  status: number,
  request: Request
): Effect.Effect<OpenAiError.ErrorResponse["error"], ScenarioFailure, Wire> =>
  Effect.flatMap(Refusal.expected(send(request)), (response) => {
    const expectation = `${request.method} ${request.path} is refused with ${status} and the documented envelope`
    const decoded = decodeError(response.text)
    return response.status === status && decoded._tag === "Some"
      ? Effect.succeed(decoded.value.error)
      : new ScenarioFailure({
        expectation,
        message: `It is ${response.status} ${response.text.slice(0, 600)}`,
        ...response.status === status && { field: "error" }
      })
  })
