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

/** A client of a server, by default over Node's own fetch. */
export const layer = (
  origin: string,
  options?: Partial<OpenAiClient.Options>,
  transport: Layer.Layer<HttpClient.HttpClient> = FetchHttpClient.layer
): Layer.Layer<OpenAiClient.OpenAiClient> =>
  OpenAiClient.layer({ ...credentials, baseUrl: `${origin}/v1`, ...options }).pipe(
    Layer.provide(transport),
    Layer.orDie
  )

/** Retries as ever, but at once. */
export const atOnce = Retry.policy({ delay: 0 })

/** A transport in memory: a function from the number of the request to its answer, or to none at all. */
export const fake = (answer: (count: number, request: HttpClientRequest.HttpClientRequest) => Response | undefined) => {
  const requests: Array<HttpClientRequest.HttpClientRequest> = []
  const client = HttpClient.make((request) => {
    const response = answer(requests.push(request), request)
    return response === undefined ? Effect.never : Effect.succeed(HttpClientResponse.fromWeb(request, response))
  })
  return { requests, layer: Layer.succeed(HttpClient.HttpClient, client) }
}

/** An error answer of the documented shape. */
export const failure = (status: number, headers: Record<string, string> = {}, fields?: object): Response =>
  new Response(JSON.stringify({ error: { message: `said ${status}`, type: "test_error", ...fields } }), {
    status,
    headers
  })

export const success = (body: unknown): Response => new Response(JSON.stringify(body), { status: 200 })

/** A clock that sleeps by setting itself forward, and notes each sleep. Who sleeps for ever never wakes. */
export const jumpingClock = () => {
  const sleeps: Array<number> = []
  let now = 0
  const clock = Object.assign(Clock.make(), {
    unsafeCurrentTimeMillis: () => now,
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

/** A clock that never wakes anybody, and knows who sleeps. */
export const stoppedClock = () => {
  const sleepers = new Map<symbol, number>()
  const clock = Object.assign(Clock.make(), {
    unsafeCurrentTimeMillis: () => 0,
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

/** Waits until something holds. */
export const eventually = (condition: () => boolean) => Effect.repeat(turn, { until: condition })

/** Sets the test clock forward step by step until an effect ends, with turns of the event loop in between. */
export const advancing = (step: Duration.DurationInput) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.raceFirst(effect, Effect.forever(Effect.zipRight(TestClock.adjust(step), turn)))
