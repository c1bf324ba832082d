import * as Endpoint from "@effect-openai/core/Endpoint"
import * as OpenAiError from "@effect-openai/core/OpenAiError"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as ConfigError from "effect/ConfigError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Options, Service } from "../OpenAiClient.js"
import { CurrentPolicy } from "../Retry.js"
import type { PreparedRequest, Shared } from "./execute/call.js"
import * as Retry from "./execute/retry.js"
import * as Limits from "./limits/limits.js"
import { type Authorize, bearer, defaultBaseUrl, headerValue, invalidOption, validUrl } from "./options.js"
import * as Request from "./request/request.js"
import * as Secrets from "./secrets.js"
import * as Telemetry from "./telemetry/telemetry.js"
import * as Transport from "./transport/transport.js"

/** What a runner runs operations with. */
interface Client {
  readonly telemetry: Telemetry.Telemetry
  readonly options: Options
  /** Validates and encodes a request. */
  readonly prepare: (
    endpoint: Endpoint.Any,
    request: object,
    bodyEncoder: Request.BodyEncoder,
    streaming: boolean,
    idempotencyKey?: string
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
    const { adminKey, apiKey } = keys
    if (apiKey === undefined && adminKey === undefined) {
      return yield* Effect.fail(ConfigError.MissingData(["apiKey"], "A client needs an API key or an admin key"))
    }
    const organization = yield* headerValue(options, "organization")
    const project = yield* headerValue(options, "project")
    const baseUrl = yield* validUrl("baseUrl", options.baseUrl ?? defaultBaseUrl)
    const timeout = Duration.decode(options.timeout ?? "10 minutes")
    const maxBodyBytes = options.maxBodyBytes ?? 2 ** 28
    if (!(maxBodyBytes > 0)) return yield* invalidOption("maxBodyBytes", "is not a positive number")
    const redact = Secrets.makeRedact([apiKey, adminKey], [organization, project])

    const admission = yield* Limits.make(options, keys, { baseUrl, organization, project })
    const { concurrency = Infinity } = options
    const send = yield* Transport.make(httpClient, { concurrency, timeout: Duration.toMillis(timeout) })
    const { origin, pathname, search } = new URL(baseUrl)
    const root = pathname.replace(/\/$/, "")
    // The same objects for all calls, so that a call allocates little.
    const cache: { [family: string]: { [accept: string]: Readonly<Record<string, string>> } } = {}

    const prepare: Client["prepare"] = (endpoint, request, bodyEncoder, streaming, idempotencyKey) => {
      const family = Endpoint.families[endpoint.family]
      const { credential } = family
      const secret = keys[credential]
      if (secret === undefined) {
        return Either.left(
          new OpenAiError.InvalidRequestError({
            operation: endpoint.name,
            field: credential,
            message: `${endpoint.name} needs the client's option ${credential}, which is not set`
          })
        )
      }
      const parts = Request.split(endpoint, request, redact, bodyEncoder)
      if (Either.isLeft(parts)) return Either.left(parts.left)
      const { fields, path, responseKind } = parts.right
      const encoded = bodyEncoder.encode(streaming ? { ...fields, stream: true } : fields, endpoint, redact)
      if (Either.isLeft(encoded)) return Either.left(encoded.left)
      const accept = streaming ? "text/event-stream" : responseKind.accept
      const { after, before, page } = request as { readonly [K in "after" | "before" | "page"]?: string }
      const cursor = endpoint.pagination === undefined ? undefined : after ?? before ?? page
      const headers = (cache[endpoint.family] ??= {})[accept] ??= {
        accept,
        "accept-encoding": Transport.acceptEncoding,
        ...authorize(secret),
        ...family.headers,
        ...organization && { "openai-organization": organization },
        ...project && { "openai-project": project }
      }
      const isOnce = options.idempotencyKeys === true && !endpoint.replayable && !streaming
      const key = endpoint.replayable ? undefined : idempotencyKey ?? (isOnce ? crypto.randomUUID() : undefined)
      return Either.right({
        endpoint,
        cursor: cursor && redact(cursor, true),
        path: root + path + (path.includes("?") ? search.replace("?", "&") : search),
        headers: key === undefined ? headers : { ...headers, "idempotency-key": key },
        replayable: endpoint.replayable || isOnce,
        fields,
        body: encoded.right,
        responseKind
      })
    }

    const client: Client = {
      telemetry: Telemetry.make({ baseUrl, redact, context: yield* Effect.context<never>() }),
      options,
      prepare,
      shared: {
        send,
        origin,
        timeout,
        // A client without a timeout has none for the body of an error either.
        errorBodyTimeout: Duration.isFinite(timeout) ? Duration.seconds(5) : timeout,
        maxBodyBytes,
        redact,
        policy: yield* CurrentPolicy,
        budget: Retry.makeBudget(options.retryBudget ?? 500),
        admission
      }
    }

    return { redact, run: (runner, endpoint, request) => runner.run(client, endpoint, request) }
  })
