import { ServerError } from "@effect-openai/core/Api"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Cause from "effect/Cause"
import * as Channel from "effect/Channel"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Mailbox from "effect/Mailbox"
import * as Stream from "effect/Stream"
import { serverFailed } from "./errors.js"

/** An event in its wire format. An event without a name is only data. The number of an event is its ID. */
export const format = (event: string | undefined, data: string, id?: number): string =>
  `${id === undefined ? "" : `id: ${id}\n`}${event === undefined ? "" : `event: ${event}\n`}data: ${data}\n\n`

/** Its writing makes the server send the headers: the first event may take its time. */
const start = new Uint8Array()

const responseOf = (bytes: Stream.Stream<Uint8Array>): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.stream(bytes, { contentType: "text/event-stream", headers: { "cache-control": "no-cache" } })

/** A streamed response of formatted events. */
export const response = (text: Stream.Stream<string>): HttpServerResponse.HttpServerResponse =>
  responseOf(Stream.concat(Stream.make(start), Stream.encodeText(text)))

// -----------------------------------------------------------------------------
// responses of operations
// -----------------------------------------------------------------------------

export interface Message {
  readonly id?: number
  readonly event?: string
  readonly data: unknown
}

type Bytes = Channel.Channel<Chunk.Chunk<Uint8Array>>

const encoder = new TextEncoder()

/**
 * The texts that its own fiber emits, in UTF-8. One channel without others around it: a channel costs more than most
 * operations.
 */
const read = (
  produce: (emit: (texts: ReadonlyArray<string>) => Effect.Effect<unknown>) => Effect.Effect<unknown>
): Bytes => {
  let producer: Fiber.Fiber<unknown> | undefined
  const begin = Effect.uninterruptible(Effect.gen(function*() {
    const emitted = yield* Mailbox.make<ReadonlyArray<string>>(1)
    producer = yield* Effect.forkDaemon(
      Effect.interruptible(Effect.zipRight(produce((texts) => emitted.offer(texts)), emitted.end))
    )
    return emitted
  }))
  const writeAll = (emitted: Mailbox.Mailbox<ReadonlyArray<string>>): Bytes =>
    Channel.flatMap(Channel.fromEffect(emitted.takeAll), ([batches, isDone]): Bytes => {
      const bytes = Array.from(batches).flat().map((text) => encoder.encode(text))
      const written = bytes.length === 0 ? Channel.void : Channel.write(Chunk.unsafeFromArray(bytes))
      return isDone ? written : Channel.zipRight(written, writeAll(emitted))
    })
  return Channel.zipRight(Channel.write(Chunk.of(start)), Channel.flatMap(Channel.fromEffect(begin), writeAll)).pipe(
    Channel.ensuring(Effect.suspend(() => producer === undefined ? Effect.void : Fiber.interrupt(producer)))
  )
}

/**
 * A streamed response: the emitted events, and the event that ends them, by name where events have names. A failure is the last
 * event. Whatever emits waits for the caller to read, and is interrupted where the caller goes away. Events that are emitted
 * together are sent together.
 */
export const respond = <E, R>(
  produce: (emit: (messages: Iterable<Message>) => Effect.Effect<unknown>) => Effect.Effect<void, E, R>,
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
    return responseOf(Stream.fromChannel(Channel.suspend(() =>
      read((emit) =>
        produce((messages) =>
          emit(Array.from(messages, ({ data, event, id }) =>
            format(event, JSON.stringify(data), id)))
        ).pipe(
          Effect.matchCauseEffect({
            onFailure,
            onSuccess: () => Effect.succeed(format(named ? "done" : undefined, "[DONE]"))
          }),
          Effect.flatMap((last) => emit([last])),
          Effect.withClock(clock),
          Effect.provide(context)
        )
      )
    )))
  })
