import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as OpenAiError from "@effect-openai/core/OpenAiError"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as ConfigError from "effect/ConfigError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import type { Options, Service } from "../OpenAiClient.js"
import { CurrentPolicy } from "../Retry.js"
import type { PreparedRequest, Shared } from "./execute/call.js"
import * as Retry from "./execute/retry.js"
import * as Admission from "./limits/admission.js"
import * as Request from "./request/request.js"
import * as Telemetry from "./telemetry/telemetry.js"
import * as Transport from "./transport/transport.js"

const defaultBaseUrl = "https://api.openai.com/v1"

const redacted = "<redacted>"

const invalidOption = (option: keyof Options, message: string) =>
  Effect.fail(ConfigError.InvalidData([option], message))

/** A header's value that every transport takes: what one refuses, it quotes in its error. */
const headerValue = (options: Options, option: "apiKey" | "adminKey" | "organization" | "project") => {
  const secret = options[option]
  if (secret === undefined) return Effect.succeed(undefined)
  const value = Redacted.value(secret)
  return /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value)
    ? Effect.succeed(value)
    : invalidOption(option, "is empty, or holds a line break or another character that no header takes")
}

/** A beginning of a secret that is shorter than this tells nothing. */
const shortest = 6

/** Takes a secret out of a text, and the beginning of one off the end of a text that was cut there. */
const withoutSecret = (text: string, secret: string): string => {
  if (!text.includes(secret.slice(0, shortest))) return text
  const whole = text.replaceAll(secret, redacted)
  for (let length = Math.min(secret.length - 1, whole.length); length >= shortest; length--) {
    if (whole.endsWith(secret.slice(0, length))) return whole.slice(0, -length) + redacted
  }
  return whole
}

const validBaseUrl = (baseUrl: string) => {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) return invalidOption("baseUrl", "is no http or https URL")
  return url.username + url.password + url.search + url.hash === ""
    // Not of `href`, which keeps a `?` that nothing follows.
    ? Effect.succeed(`${url.origin}${url.pathname.replace(/\/+$/, "")}`)
    : invalidOption("baseUrl", "holds more than an origin and a path")
}

const validConcurrency = ({ concurrency = Infinity, streamConcurrency }: Options) => {
  const isCount = (value: number) => value === Infinity || (Number.isInteger(value) && value > 0)
  if (!isCount(concurrency)) return invalidOption("concurrency", "is no positive integer")
  const streams = streamConcurrency ?? Math.ceil(concurrency / 2)
  return isCount(streams)
    ? Effect.succeed({ concurrency, streams })
    : invalidOption("streamConcurrency", "is no positive integer")
}

/** What a client runs operations with. */
interface Engine {
  readonly telemetry: Telemetry.Telemetry
  readonly idleTimeout: Duration.Duration
  /** Checks a request. */
  readonly prepare: (
    endpoint: Endpoint.Any,
    request: object,
    encodeBody: Request.BodyEncoder,
    streaming: boolean
  ) => Either.Either<PreparedRequest, OpenAiError.InvalidRequestError>
  readonly shared: Shared
}

/** How operations are run that answer whole, or how those that answer a Stream. Only what is used is bundled. */
export interface Runner<A> {
  readonly run: (engine: Engine, endpoint: Endpoint.Any, request: object) => A
  /** The same of what answers in an operation's place; undefined where it can't. */
  readonly replaced: (answer: Effect.Effect<unknown, OpenAiError.OpenAiError>) => A | undefined
}

/** @internal */
export const make = (
  options: Options,
  httpClient: HttpClient.HttpClient
): Effect.Effect<Service, ConfigError.ConfigError> =>
  Effect.gen(function*() {
    const apiKey = yield* headerValue(options, "apiKey")
    const adminKey = yield* headerValue(options, "adminKey")
    const organization = yield* headerValue(options, "organization")
    const project = yield* headerValue(options, "project")
    const baseUrl = yield* validBaseUrl(options.baseUrl ?? defaultBaseUrl)
    const policy = yield* CurrentPolicy
    const { concurrency, streams } = yield* validConcurrency(options)
    const timeout = Duration.decode(options.timeout ?? "10 minutes")
    const idleTimeout = Duration.decode(options.idleTimeout ?? "5 minutes")
    // Who waits for ever for an answer does so for the rest of an error.
    const patience = Duration.isFinite(timeout) ? Duration.seconds(5) : timeout
    const limit = options.maxBodyBytes ?? 256 * 1024 * 1024
    if (!(limit > 0)) return yield* invalidOption("maxBodyBytes", "is no positive number")
    const budget = Retry.makeBudget(options.retryBudget ?? 500)

    const secrets = [apiKey, adminKey, organization, project].filter((secret) => secret !== undefined)
      // One may begin with another.
      .sort((one, other) => other.length - one.length)
    const redact = (text: string) => secrets.reduce(withoutSecret, text)

    const makeRateLimiter = yield* Admission.CurrentRateLimiter
    const admission = Admission.make({
      concurrency,
      streams,
      // Limits are counted by key, and by the organization and project that it is used for.
      rateLimiter: makeRateLimiter &&
        (yield* makeRateLimiter(Redacted.make([baseUrl, apiKey, organization, project].join("\n"))))
    })
    const telemetry = Telemetry.make({ baseUrl, redact, context: yield* Effect.context<never>() })

    const send = yield* Transport.make(httpClient)
    const { origin, pathname } = new URL(baseUrl)
    const root = pathname.replace(/\/$/, "")

    const makeHeaders = (endpoint: Endpoint.Any, streaming: boolean) => {
      const headers: Record<string, string> = {
        accept: streaming ? "text/event-stream" : endpoint.success._tag === "Json" ? "application/json" : "*/*",
        authorization: `Bearer ${endpoint.family === "administration" ? adminKey : apiKey}`
      }
      if (endpoint.family === "assistants") headers["openai-beta"] = "assistants=v1"
      if (organization !== undefined) headers["openai-organization"] = organization
      if (project !== undefined) headers["openai-project"] = project
      return headers
    }

    const whole = new WeakMap<Endpoint.Any, Readonly<Record<string, string>>>()
    const streamed = new WeakMap<Endpoint.Any, Readonly<Record<string, string>>>()
    const headersOf = (endpoint: Endpoint.Any, streaming: boolean) => {
      const made = streaming ? streamed : whole
      const found = made.get(endpoint) ?? makeHeaders(endpoint, streaming)
      made.set(endpoint, found)
      return found
    }

    const prepare = (
      endpoint: Endpoint.Any,
      request: object,
      encodeBody: Request.BodyEncoder,
      streaming: boolean
    ): Either.Either<PreparedRequest, OpenAiError.InvalidRequestError> => {
      if (endpoint.family === "administration" && adminKey === undefined) {
        return Either.left(
          new OpenAiError.InvalidRequestError({
            operation: endpoint.name,
            field: "adminKey",
            message: `${endpoint.name} belongs to administration, and the client has no admin key`
          })
        )
      }
      const compiled = Request.compile(endpoint)
      const parts = Request.split(compiled, request, redact)
      if (Either.isLeft(parts)) return Either.left(parts.left)
      const { fields, path } = parts.right
      const encoded = encodeBody(streaming ? { ...fields, stream: true } : fields, endpoint, redact)
      if (Either.isLeft(encoded)) return Either.left(encoded.left)
      const { after, before } = request as { readonly after?: string; readonly before?: string }
      const cursor = endpoint.pagination === undefined ? undefined : after ?? before
      return Either.right({
        compiled,
        cursor: cursor && redact(cursor),
        path: root + path,
        headers: headersOf(endpoint, streaming),
        fields,
        body: encoded.right
      })
    }

    const shared: Shared = { send, origin, timeout, patience, limit, redact, policy, budget, admission }
    const engine: Engine = { telemetry, idleTimeout, prepare, shared }

    return { redact: redact, run: (runner, endpoint, request) => runner.run(engine, endpoint, request) }
  })
