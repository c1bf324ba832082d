import * as Endpoint from "@effect-openai/core/Endpoint"
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
import * as Pace from "./limits/pace.js"
import * as Request from "./request/request.js"
import * as Secrets from "./secrets.js"
import * as Telemetry from "./telemetry/telemetry.js"
import * as Transport from "./transport/transport.js"

const defaultBaseUrl = "https://api.openai.com/v1"

const invalidOption = (option: string, message: string) => Effect.fail(ConfigError.InvalidData([option], message))

/** Validates a secret as the value of a header. A transport that refuses a header quotes it in its error. */
const headerValue = (options: Options, option: "apiKey" | "adminKey" | "organization" | "project") => {
  const secret = options[option]
  if (secret === undefined) return Effect.succeed(undefined)
  const value = Redacted.value(secret)
  return /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value)
    ? Effect.succeed(value)
    : invalidOption(option, "is empty, or has a line break or another character that a header can't hold")
}

/** Validates an option that is a URL. Returns it without slashes at the end of its path. */
export const validUrl = (option: string, text: string) => {
  // `URL` removes line breaks, and encodes blanks.
  const url = URL.canParse(text) && !/\s/.test(text.trim()) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    return invalidOption(option, "is not an http or https URL")
  }
  return url.username + url.password + url.hash === ""
    // Not `href`, which keeps a `?` without a query.
    ? Effect.succeed(`${url.origin}${url.pathname.replace(/\/+$/, "")}${url.search}`)
    : invalidOption(option, "has credentials or a fragment")
}

/** Returns the headers of a credential. */
export interface Authorize {
  (key: string): Readonly<Record<string, string>>
}

/** The header of a key or a token. */
export const bearer: Authorize = (key) => ({ authorization: `Bearer ${key}` })

const validConcurrency = ({ concurrency = Infinity, streamConcurrency }: Options) => {
  const isCount = (value: number) => value === Infinity || (Number.isInteger(value) && value > 0)
  if (!isCount(concurrency)) return invalidOption("concurrency", "is not a positive integer")
  const streams = streamConcurrency ?? Math.ceil(concurrency / 2)
  return isCount(streams)
    ? Effect.succeed({ concurrency, streams })
    : invalidOption("streamConcurrency", "is not a positive integer")
}

/** The requests of an operation of administration that the API admits in a minute. */
const administrationRequests = 7

const validPace = (options: Options, baseUrl: string) => {
  const isApi = new URL(baseUrl).host === new URL(defaultBaseUrl).host
  const { administrationRequests: requests = isApi ? administrationRequests : Infinity } = options
  if (requests === Infinity) return Effect.succeed(undefined)
  return Number.isInteger(requests) && requests > 0
    ? Effect.succeed(Pace.make(requests))
    : invalidOption("administrationRequests", "is not a positive integer")
}

/** What a runner runs operations with. */
interface Client {
  readonly telemetry: Telemetry.Telemetry
  readonly options: Options
  /** Validates and encodes a request. */
  readonly prepare: (
    endpoint: Endpoint.Any,
    request: object,
    encodeBody: Request.BodyEncoder,
    streaming: boolean
  ) => Either.Either<PreparedRequest, OpenAiError.InvalidRequestError>
  readonly shared: Shared
}

/** Runs operations with a buffered response, or those with a streamed one. Only the runners in use are bundled. */
export interface Runner<A> {
  readonly run: (client: Client, endpoint: Endpoint.Any, request: object) => A
  /** Runs a function instead of the operation. Returns undefined where that is impossible. */
  readonly replaced: (response: Effect.Effect<unknown, OpenAiError.OpenAiError>) => A | undefined
}

/** @internal */
export const make = (
  options: Options,
  httpClient: HttpClient.HttpClient,
  authorize: Authorize = bearer
): Effect.Effect<Service, ConfigError.ConfigError> =>
  Effect.gen(function*() {
    const keys: { readonly [C in Endpoint.Credential]: string | undefined } = {
      apiKey: yield* headerValue(options, "apiKey"),
      adminKey: yield* headerValue(options, "adminKey")
    }
    if (keys.apiKey === undefined && keys.adminKey === undefined) {
      return yield* Effect.fail(ConfigError.MissingData(["apiKey"], "A client needs an API key or an admin key"))
    }
    const organization = yield* headerValue(options, "organization")
    const project = yield* headerValue(options, "project")
    const baseUrl = yield* validUrl("baseUrl", options.baseUrl ?? defaultBaseUrl)
    const policy = yield* CurrentPolicy
    const { concurrency, streams } = yield* validConcurrency(options)
    const timeout = Duration.decode(options.timeout ?? "10 minutes")
    // A client without a timeout has none for the body of an error either.
    const errorBodyTimeout = Duration.isFinite(timeout) ? Duration.seconds(5) : timeout
    const maxBodyBytes = options.maxBodyBytes ?? 256 * 1024 * 1024
    if (!(maxBodyBytes > 0)) return yield* invalidOption("maxBodyBytes", "is not a positive number")
    const budget = Retry.makeBudget(options.retryBudget ?? 500)

    const redact = Secrets.makeRedact(Object.values(keys), [organization, project])

    // The server counts per key, and per organization and project that the key is used for.
    const makeRateLimiter = yield* Admission.CurrentRateLimiter
    const rateLimiterOf = (key: string | undefined) =>
      makeRateLimiter === undefined || key === undefined
        ? Effect.succeed(undefined)
        : makeRateLimiter(Redacted.make([baseUrl, key, organization, project].join("\n")))
    const admission = Admission.make({
      concurrency,
      streams,
      pace: yield* validPace(options, baseUrl),
      rateLimiters: makeRateLimiter && {
        apiKey: yield* rateLimiterOf(keys.apiKey),
        adminKey: yield* rateLimiterOf(keys.adminKey)
      }
    })
    const telemetry = Telemetry.make({ baseUrl, redact, context: yield* Effect.context<never>() })

    const send = yield* Transport.make(httpClient, { concurrency, timeout: Duration.toMillis(timeout) })
    const { origin, pathname, search } = new URL(baseUrl)
    const root = pathname.replace(/\/$/, "")
    const cache = new WeakMap<Endpoint.Any, Record<string, Readonly<Record<string, string>>>>()
    const headersOf = (endpoint: Endpoint.Any, key: string, accept: string) => {
      let found = cache.get(endpoint)
      if (found === undefined) cache.set(endpoint, found = {})
      return found[accept] ??= {
        accept,
        ...authorize(key),
        ...Endpoint.families[endpoint.family].headers,
        ...organization && { "openai-organization": organization },
        ...project && { "openai-project": project }
      }
    }

    const prepare: Client["prepare"] = (endpoint, request, encodeBody, streaming) => {
      const { credential } = Endpoint.families[endpoint.family]
      const key = keys[credential]
      if (key === undefined) {
        return Either.left(
          new OpenAiError.InvalidRequestError({
            operation: endpoint.name,
            field: credential,
            message: `${endpoint.name} needs the client's option ${credential}, which is not set`
          })
        )
      }
      const parts = Request.split(endpoint, request, redact)
      if (Either.isLeft(parts)) return Either.left(parts.left)
      const { fields, path, responseKind } = parts.right
      const encoded = encodeBody(streaming ? { ...fields, stream: true } : fields, endpoint, redact)
      if (Either.isLeft(encoded)) return Either.left(encoded.left)
      const { after, before, page } = request as { readonly [K in "after" | "before" | "page"]?: string }
      const cursor = endpoint.pagination === undefined ? undefined : after ?? before ?? page
      const headers = headersOf(endpoint, key, streaming ? "text/event-stream" : responseKind.accept)
      const isKeyed = options.idempotencyKeys === true && !endpoint.replayable && !streaming
      return Either.right({
        endpoint,
        cursor: cursor && redact(cursor, true),
        path: root + path + (path.includes("?") ? search.replace("?", "&") : search),
        headers: isKeyed ? { ...headers, "idempotency-key": crypto.randomUUID() } : headers,
        replayable: endpoint.replayable || isKeyed,
        fields,
        body: encoded.right,
        responseKind
      })
    }

    const shared: Shared = {
      send,
      origin,
      timeout,
      errorBodyTimeout,
      maxBodyBytes,
      redact,
      policy,
      budget,
      admission
    }
    const client: Client = { telemetry, options, prepare, shared }

    return { redact, run: (runner, endpoint, request) => runner.run(client, endpoint, request) }
  })
