import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import { constVoid } from "effect/Function"
import * as Option from "effect/Option"
import type { Cleanup } from "./cleanup.js"
import * as Deadline from "./deadline.js"

/** One time that a request is sent, up to the end of its answer. */
export class Attempt {
  private abandoned = false
  private close: () => void = constVoid

  /** `tended` is whether an answer that has begun is sure to be read, or the attempt to be abandoned. */
  constructor(readonly tended: boolean) {}

  /** Says how to give up what is on its way; once it is given up, at once. */
  onAbandon(close: () => void): void {
    this.close = close
    if (this.abandoned) close()
  }

  abandon(): void {
    this.abandoned = true
    this.close()
  }
}

type Sent = Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>

export interface Transport {
  readonly send: (request: HttpClientRequest.HttpClientRequest, attempt: Attempt) => Sent
  /** Ends what an attempt does when it takes longer. */
  readonly within: <A, E, E2>(
    self: Effect.Effect<A, E>,
    attempt: Attempt,
    duration: Duration.Duration,
    onTimeout: () => E2,
    cleanup: Cleanup
  ) => Effect.Effect<A, E | E2>
}

// -----------------------------------------------------------------------------
// transports that can be told to give up
// -----------------------------------------------------------------------------

/** How transports send that fail whatever waits for them once an attempt is abandoned. */
const direct = new WeakMap<HttpClient.HttpClient, Transport["send"]>()

/** Makes a transport known as one that can be told; what is made of it by mapping can't. */
export const register = (httpClient: HttpClient.HttpClient, send: Transport["send"]): HttpClient.HttpClient => {
  direct.set(httpClient, send)
  return httpClient
}

/** Nothing has to be interrupted, so that no fiber is needed beside the caller's. */
const telling: Transport["within"] = (self, attempt, duration, onTimeout, cleanup) =>
  Effect.withFiberRuntime((fiber) => {
    let late = false
    let ended = false
    const cancel = Deadline.schedule(fiber, duration, () => {
      late = true
      attempt.abandon()
    })
    const timed = Effect.matchEffect(self, {
      onSuccess: (value) => {
        ended = true
        return Effect.succeed(value)
      },
      onFailure: (error) => Effect.fail(late ? onTimeout() : error)
    })
    return cleanup.after(timed, () => {
      cancel()
      if (!ended) attempt.abandon()
    })
  })

// -----------------------------------------------------------------------------
// all others
// -----------------------------------------------------------------------------

/** The headers that hold a secret; the platform redacts only the first by itself. */
const secretHeaders = ["authorization", "openai-organization", "openai-project"]

/** `requestInit` is what the client's layer was provided with. */
const prepared = (httpClient: HttpClient.HttpClient, requestInit: RequestInit | undefined) =>
  httpClient.pipe(
    // One span an operation is ours; the transport's own would list every header.
    HttpClient.withTracerDisabledWhen(() => true),
    // Only the client knows what a redirect may carry along. A request is mapped where the transport's own context is in
    // force, so that what was provided to the transport is kept.
    HttpClient.mapRequestEffect((request) =>
      Effect.contextWithEffect((context: Context.Context<never>) => {
        const { headers, ...init } = { ...requestInit, ...context.unsafeMap.get(FetchHttpClient.RequestInit.key) }
        return Effect.as(
          FiberRef.set(
            FiberRef.currentContext,
            Context.add(context, FetchHttpClient.RequestInit, {
              ...init,
              // No more than ours do the caller's own headers go to a stranger.
              ...(headers === undefined || !("authorization" in request.headers) ? undefined : { headers }),
              redirect: "manual"
            })
          ),
          request
        )
      })
    ),
    // Set for each request: what is set when a layer is built does not always reach the fiber that sends.
    HttpClient.transformResponse((response) =>
      response.pipe(
        Effect.locallyWith(Headers.currentRedactedNames, (names) => [...names, ...secretHeaders]),
        // The context set above ends with the request.
        Effect.mapInputContext((context: Context.Context<never>) => context)
      )
    )
  )

export const make = (httpClient: HttpClient.HttpClient): Effect.Effect<Transport> =>
  Effect.map(Effect.serviceOption(FetchHttpClient.RequestInit), (requestInit): Transport => {
    const send = direct.get(httpClient)
    if (send !== undefined) return { send, within: telling }
    const client = prepared(httpClient, Option.getOrUndefined(requestInit))
    return {
      send: (request) => client.execute(request),
      within: (self, _, duration, onTimeout) => Deadline.interrupting(self, duration, onTimeout)
    }
  })
