import { ServerError } from "@effect-openai/core/Api"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as Take from "effect/Take"
import { serverFailed } from "./errors.js"

/** An event in its wire format. An event without a name is only data. */
export const format = (event: string | undefined, data: string): string =>
  `${event === undefined ? "" : `event: ${event}\n`}data: ${data}\n\n`

/** A streamed response of formatted events. */
export const response = (text: Stream.Stream<string>): HttpServerResponse.HttpServerResponse =>
  // An empty chunk makes the server send the headers: the first event may take its time.
  HttpServerResponse.stream(Stream.concat(Stream.make(new Uint8Array()), Stream.encodeText(text)), {
    contentType: "text/event-stream",
    headers: { "cache-control": "no-cache" }
  })

export interface Message {
  readonly event?: string
  readonly data: unknown
}

/**
 * A streamed response: the emitted events, and the event that ends them, by name where events have names. A failure is the last
 * event. Whatever emits waits for the caller to read, and is interrupted where the caller goes away.
 */
export const respond = <E, R>(
  produce: (emit: (message: Message) => Effect.Effect<void>) => Effect.Effect<void, E, R>,
  { named }: { readonly named: boolean }
): Effect.Effect<HttpServerResponse.HttpServerResponse, never, R> =>
  Effect.gen(function*() {
    // The response is sent outside of the handler's context.
    const context = yield* Effect.context<R>()
    const clock = yield* Effect.clock

    const onFailure = (cause: Cause.Cause<E>) => {
      const error = Cause.squash(cause)
      return Effect.map(
        error instanceof ServerError ? Effect.succeed(error) : serverFailed(cause),
        ({ envelope }) =>
          named ? format("error", JSON.stringify(envelope.error)) : format(undefined, JSON.stringify(envelope))
      )
    }
    const text = Stream.unwrapScoped(Effect.gen(function*() {
      const queue = yield* Queue.bounded<Take.Take<string>>(1)
      const emit = ({ data, event }: Message) => Queue.offer(queue, Take.of(format(event, JSON.stringify(data))))
      yield* produce(emit).pipe(
        Effect.matchCauseEffect({
          onFailure,
          onSuccess: () => Effect.succeed(format(named ? "done" : undefined, "[DONE]"))
        }),
        Effect.flatMap((last) => Queue.offerAll(queue, [Take.of(last), Take.end])),
        Effect.withClock(clock),
        Effect.provide(context),
        Effect.forkScoped
      )
      return Stream.flattenTake(Stream.fromQueue(queue))
    }))
    return response(text)
  })
