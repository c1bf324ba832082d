import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as OpenAiError from "@effect-openai/core/OpenAiError"
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type * as Chunk from "effect/Chunk"
import * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { constUndefined } from "effect/Function"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Options, Service } from "../OpenAiClient.js"
import { CurrentPolicy } from "../Retry.js"
import * as Admission from "./admission.js"
import type { Cleanup } from "./cleanup.js"
import type { DecodeStream } from "./events.js"
import { shorten } from "./issue.js"
import { CurrentObserver } from "./observer.js"
import * as Request from "./request.js"
import * as Response from "./response.js"
import * as Retry from "./retry.js"
import * as StreamTelemetry from "./streamTelemetry.js"
import * as Telemetry from "./telemetry.js"
import * as Transport from "./transport.js"

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

/** Takes a secret out of a text, and the beginning of one off the end of a text that was cut there. */
const withoutSecret = (text: string, secret: string): string => {
  const whole = text.replaceAll(secret, redacted)
  for (let length = Math.min(secret.length - 1, whole.length); length >= 6; length--) {
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

/** What is sent for one call, the same for each attempt. */
interface Prepared {
  readonly compiled: Request.Compiled
  readonly fields: Readonly<Record<string, unknown>>
  readonly call: Response.Call
  readonly body: Request.Body
  readonly make: () => HttpClientRequest.HttpClientRequest
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
    const scrub = (text: string) => secrets.reduce(withoutSecret, text)

    const makeRateLimiter = yield* Admission.CurrentRateLimiter
    const admission = Admission.make({
      concurrency,
      streams,
      server: new URL(baseUrl).hostname,
      // Limits are counted by key, and by the organization and project that it is used for.
      rateLimiter: makeRateLimiter &&
        (yield* makeRateLimiter(Redacted.make([baseUrl, apiKey, organization, project].join("\n"))))
    })
    const telemetry = Telemetry.make({ baseUrl, scrub, context: yield* Effect.context<never>() })

    const transport = yield* Transport.make(httpClient)

    const headersOf = (endpoint: Endpoint.Any, streaming: boolean) => {
      const headers: Record<string, string> = {
        accept: streaming ? "text/event-stream" : endpoint.success._tag === "Json" ? "application/json" : "*/*",
        authorization: `Bearer ${endpoint.family === "administration" ? adminKey : apiKey}`
      }
      if (endpoint.family === "assistants") headers["openai-beta"] = "assistants=v1"
      if (organization !== undefined) headers["openai-organization"] = organization
      if (project !== undefined) headers["openai-project"] = project
      return headers
    }

    const prepare = (
      endpoint: Endpoint.Any,
      request: object,
      encodeBody: Request.BodyEncoder,
      streaming = false
    ): Either.Either<Prepared, OpenAiError.InvalidRequestError> => {
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
      return Either.flatMap(Request.split(compiled, request, scrub), ({ fields, path }) =>
        Either.map(
          encodeBody(streaming ? { ...fields, stream: true } : fields, endpoint, scrub),
          (body): Prepared => {
            const { after, before } = request as { readonly after?: string; readonly before?: string }
            const cursor = endpoint.pagination === "none" ? undefined : after ?? before
            const headers = headersOf(endpoint, streaming)
            return {
              compiled,
              fields,
              call: {
                operation: endpoint.name,
                cursor: cursor && scrub(cursor),
                scrub,
                patience,
                limit
              },
              body,
              make: () => HttpClientRequest.make(endpoint.method)(`${baseUrl}${path}`, { headers, body: body.make() })
            }
          }
        ))
    }

    /**
     * Follows what may be followed: a GET anywhere, but to another origin without any secret; anything else only within
     * its origin and only where method and body stay. What is not followed is the answer.
     */
    const follow = (
      make: () => HttpClientRequest.HttpClientRequest,
      oneShot: boolean,
      call: Response.Call,
      attempt: Transport.Attempt,
      url?: URL,
      redirects = 0
    ): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError> => {
      const request = url === undefined ? make() : HttpClientRequest.setUrl(make(), url.href)
      return Effect.flatMap(transport.send(request, attempt), (response) => {
        const { headers: { location }, status } = response
        if (status < 300 || status > 399 || location === undefined || redirects === 10) {
          return Effect.succeed(response)
        }
        const target = URL.canParse(location, request.url) ? new URL(location, request.url) : undefined
        if (target === undefined || !/^https?:$/.test(target.protocol)) {
          return Effect.succeed(response)
        }
        const within = target.origin === new URL(request.url).origin
        const unchanged = within && (status === 307 || status === 308) && !oneShot
        if (request.method !== "GET" && !unchanged) {
          return Effect.succeed(response)
        }
        // Once away from the origin no secret comes back, not even on a way that leads home again.
        const next = within ? make : () => HttpClientRequest.get(target, { accept: "*/*" })
        return Effect.zipRight(
          Response.discard(response, call),
          follow(next, oneShot, call, attempt, target, redirects + 1)
        )
      })
    }

    /** Sends a request until it is answered with success, and hands the answer to `receive`, each time. */
    const run = <A>(
      prepared: Prepared,
      observed: Telemetry.Observed,
      context: Context.Context<never>,
      scope: Scope.Scope | undefined,
      receive: (
        response: HttpClientResponse.HttpClientResponse,
        answer: Response.Answer,
        prepared: Prepared,
        attempt: Transport.Attempt
      ) => Effect.Effect<A, OpenAiError.OpenAiError>
    ) => {
      const { body, call, compiled: { endpoint } } = prepared
      const observe = Context.get(context, CurrentObserver)
      const send = (admitted: Admission.Admitted): Effect.Effect<A, Retry.Failure> => {
        const attempt = new Transport.Attempt(scope === undefined)
        let phase: "headers" | "body" = "headers"
        const answered = Effect.matchEffect(follow(prepared.make, body.oneShot !== undefined, call, attempt), {
          onFailure: (error): Effect.Effect<A, Retry.Failure> => {
            const unreadable = body.unreadable?.()
            return Effect.fail({
              shouldRetry: undefined,
              error: unreadable === undefined
                ? Response.transportError(error, call)
                : new OpenAiError.InvalidRequestError({
                  operation: call.operation,
                  field: unreadable.field,
                  message: shorten(scrub(unreadable.message))
                })
            })
          },
          onSuccess: (response): Effect.Effect<A, Retry.Failure> => {
            const answer = Response.answerOf(response, call)
            phase = "body"
            observed.status = answer.status
            observed.requestId = answer.requestId
            observe(answer)
            const received = answer.status >= 200 && answer.status < 300
              ? Effect.mapError(
                receive(response, answer, prepared, attempt),
                (error): Retry.Failure => ({ shouldRetry: undefined, error })
              )
              : Effect.flatMap(Response.failureFromAnswer(response, answer), Effect.fail)
            return admitted === Admission.unlimited ? received : Effect.zipRight(admitted.answered(answer), received)
          }
        })
        const timed = transport.within(answered, attempt, timeout, (): Retry.Failure => ({
          shouldRetry: undefined,
          error: new OpenAiError.TimeoutError({
            operation: call.operation,
            cursor: call.cursor,
            phase,
            timeout,
            message: `No ${phase} within ${Duration.format(timeout)}`
          })
        }), observed.cleanup)
        return body.release === undefined ? timed : Effect.ensuring(timed, body.release)
      }
      const attempt = (retries: number): Effect.Effect<A, Retry.Failure> => {
        observed.retries = retries
        return Effect.mapError(
          admission.admit(
            () => Admission.demandOf(endpoint, call.cursor, prepared.fields, body),
            () => observed.answer,
            send,
            scope,
            observed.cleanup
          ),
          // What has waited for its turn in vain does not wait again.
          (error): Retry.Failure => "error" in error ? error : { shouldRetry: false, error }
        )
      }
      return Retry.retry(attempt, {
        operation: call.operation,
        policy: () => Retry.policyOf(policy, context),
        budget,
        replayable: endpoint.replayable,
        refuse: (reason) =>
          body.oneShot === undefined ? undefined : new OpenAiError.UploadNotReplayableError({
            operation: call.operation,
            field: body.oneShot,
            reason,
            message: `The upload failed and can't be tried again, for its ${body.oneShot} can be read only once: ` +
              reason.message
          })
      })
    }

    const receiveWhole = (observed: Telemetry.Observed) =>
    (
      response: HttpClientResponse.HttpClientResponse,
      answer: Response.Answer,
      { compiled }: Prepared
    ) =>
      compiled.endpoint.success._tag === "Json"
        ? Effect.map(Response.decodeJson(response, compiled.validateAnswer, answer), (json) => {
          if (observed.inference !== undefined) observed.answer = json as object
          return json
        })
        : Response.readBytes(response, answer)

    const receiveBytes = (
      response: HttpClientResponse.HttpClientResponse,
      call: Response.Call,
      attempt: Transport.Attempt,
      cleanup: Cleanup,
      patience: () => Duration.Duration | undefined = constUndefined
    ) => {
      const silence = () =>
        Option.some(
          new OpenAiError.TimeoutError({
            operation: call.operation,
            phase: "next",
            timeout: idleTimeout,
            message: `Nothing for ${Duration.format(idleTimeout)} in the middle of the answer`
          })
        )
      return Response.bytesOf(response, call).pipe(
        Stream.toPull,
        Effect.map((pull): Effect.Effect<Chunk.Chunk<Uint8Array>, Option.Option<OpenAiError.OpenAiError>> =>
          Effect.suspend(() => transport.within(pull, attempt, patience() ?? idleTimeout, silence, cleanup))
        ),
        Stream.fromPull
      )
    }

    const receiveStream = (observed: Telemetry.Observed, decode: DecodeStream | undefined) =>
    (
      response: HttpClientResponse.HttpClientResponse,
      answer: Response.Answer,
      _: Prepared,
      attempt: Transport.Attempt
    ): Effect.Effect<
      Stream.Stream<unknown, OpenAiError.OpenAiError | OpenAiError.StreamInterruptedError>,
      OpenAiError.OpenAiError
    > => {
      const { call, headers } = answer
      if (decode === undefined) return Effect.succeed(receiveBytes(response, call, attempt, observed.cleanup))
      const mediaType = headers["content-type"] ?? ""
      // What can't be events is not waited for.
      return /json|html/.test(mediaType)
        ? Effect.zipRight(
          Response.discard(response, call),
          answer.invalid("", `The answer is no stream of events but ${call.scrub(mediaType)}`)
        )
        : Effect.succeed(
          decode((patience) => receiveBytes(response, call, attempt, observed.cleanup, patience), answer)
        )
    }

    return {
      redact: scrub,
      execute: (endpoint, request, encodeBody, inference) =>
        Telemetry.call(telemetry, endpoint, request, inference, (observed, context) => {
          const prepared = prepare(endpoint, request, encodeBody)
          return Either.isLeft(prepared)
            ? Effect.fail(prepared.left)
            : run(prepared.right, observed, context, undefined, receiveWhole(observed))
        }),
      stream: (endpoint, request, encodeBody, inference, decode) =>
        StreamTelemetry.stream(telemetry, endpoint, request, inference, (observed, context, scope) =>
          Effect.flatMap(prepare(endpoint, request, encodeBody, decode !== undefined), (prepared) =>
            // What is streamed has no upload in it.
            run(prepared, observed, context, scope, receiveStream(observed, decode)) as Effect.Effect<
              Stream.Stream<unknown, OpenAiError.OpenAiError | OpenAiError.StreamInterruptedError>,
              OpenAiError.OpenAiError
            >))
    }
  })
