import { OpenAiClient, Retry } from "@effect-openai/client"
import { FetchHttpClient, HttpClient, type HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { Clock, Duration, Effect, Layer, Redacted, TestClock } from "effect"

export const secrets = {
  apiKey: "sk-marked-key-0123456789",
  adminKey: "sk-admin-marked-key-0123456789",
  organization: "org-marked-0123456789",
  project: "proj_marked_0123456789"
}

export const credentials = {
  apiKey: Redacted.make(secrets.apiKey),
  adminKey: Redacted.make(secrets.adminKey),
  organization: Redacted.make(secrets.organization),
  project: Redacted.make(secrets.project)
}

/** A client of a server. Default transport: Node's fetch. */
export const layer = (
  origin: string,
  options?: Partial<OpenAiClient.Options>,
  transport: Layer.Layer<HttpClient.HttpClient> = FetchHttpClient.layer
): Layer.Layer<OpenAiClient.OpenAiClient> =>
  OpenAiClient.layer({ ...credentials, baseUrl: `${origin}/v1`, ...options }).pipe(
    Layer.provide(transport),
    Layer.orDie
  )

/** Retries without delay. */
export const atOnce = Retry.policy({ delay: 0 })

/** A transport in memory: returns the response to each request by its number. Undefined: no response. */
export const fake = (answer: (count: number, request: HttpClientRequest.HttpClientRequest) => Response | undefined) => {
  const requests: Array<HttpClientRequest.HttpClientRequest> = []
  const client = HttpClient.make((request) => {
    const response = answer(requests.push(request), request)
    return response === undefined ? Effect.never : Effect.succeed(HttpClientResponse.fromWeb(request, response))
  })
  return { requests, layer: Layer.succeed(HttpClient.HttpClient, client) }
}

/** A documented error response. */
export const failure = (status: number, headers: Record<string, string> = {}, fields?: object): Response =>
  new Response(JSON.stringify({ error: { message: `said ${status}`, type: "test_error", ...fields } }), {
    status,
    headers
  })

export const success = (body: unknown): Response => new Response(JSON.stringify(body), { status: 200 })

/** A clock that jumps forward for each sleep, and records it. An infinite sleep never ends. */
export const jumpingClock = () => {
  const sleeps: Array<number> = []
  let now = 0
  const clock = Object.assign(Clock.make(), {
    unsafeCurrentTimeMillis: () => now,
    unsafeCurrentTimeNanos: () => BigInt(Math.round(now * 1e6)),
    currentTimeMillis: Effect.sync(() => now),
    sleep: (duration: Duration.Duration) => {
      if (!Duration.isFinite(duration)) return Effect.never
      return Effect.sync(() => {
        const millis = Duration.toMillis(duration)
        sleeps.push(millis)
        now += millis
      })
    }
  })
  return { clock, sleeps }
}

/** A clock whose sleeps never end. It records them. */
export const stoppedClock = () => {
  const sleepers = new Map<symbol, number>()
  const clock = Object.assign(Clock.make(), {
    unsafeCurrentTimeMillis: () => 0,
    unsafeCurrentTimeNanos: () => 0n,
    currentTimeMillis: Effect.succeed(0),
    sleep: (duration: Duration.Duration) =>
      Effect.async(() => {
        const sleeper = Symbol()
        sleepers.set(sleeper, Duration.toMillis(duration))
        return Effect.sync(() => sleepers.delete(sleeper))
      })
  })
  return { clock, sleepers }
}

/** One turn of the event loop. */
export const turn = Effect.async<void>((resume) => void setImmediate(() => resume(Effect.void)))

/** Waits until a condition is true. */
export const eventually = (condition: () => boolean) => Effect.repeat(turn, { until: condition })

/** Adjusts the test clock in steps until an effect ends, with a turn of the event loop after each. */
export const advancing = (step: Duration.DurationInput) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.raceFirst(effect, Effect.forever(Effect.zipRight(TestClock.adjust(step), turn)))
