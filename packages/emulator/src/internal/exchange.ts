import * as HttpBody from "@effect/platform/HttpBody"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Cause from "effect/Cause"
import * as Channel from "effect/Channel"
import * as Chunk from "effect/Chunk"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import { concat } from "./bytes.js"
import * as connections from "./connections.js"
import type { Entry } from "./journal.js"
import { type Match, pathOf, type Route, type Routes } from "./routes.js"

/** A request and its response. */
export class Exchange {
  readonly path: string
  readonly match: Match | undefined
  readonly time: number
  private readonly start: bigint
  problem: string | undefined
  fault: string | undefined
  /** Whether the request is for the emulator itself, not for an operation of the API. */
  isOwn = false
  /** Whether the connection is reset, so that there is no response. */
  isReset = false
  status: number | undefined
  isWhole = false

  constructor(
    readonly id: string,
    readonly request: HttpServerRequest.HttpServerRequest,
    readonly clock: Clock.Clock,
    routes: Routes
  ) {
    this.path = pathOf(request)
    this.match = routes.match(request.method, this.path)
    this.time = clock.unsafeCurrentTimeMillis()
    this.start = clock.unsafeCurrentTimeNanos()
  }

  get route(): Route | undefined {
    return this.match?.route
  }

  get elapsed(): number {
    return Number((this.clock.unsafeCurrentTimeNanos() - this.start) / 1_000_000n)
  }

  /** Notes the response. One whose body is a stream is not complete yet. */
  begin({ body, status }: HttpServerResponse.HttpServerResponse): void {
    this.status = this.isReset ? undefined : status
    this.isWhole = body._tag !== "Stream" || this.request.method === "HEAD"
  }

  /** Notes how the body of a response ended. Where it failed, the connection is closed. */
  ended(exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> {
    if (Exit.isSuccess(exit)) {
      this.isWhole = true
      return Effect.void
    }
    if (Cause.isInterruptedOnly(exit.cause)) return Effect.void
    this.problem ??= "The response ended early."
    const sever = connections.sever(this.request)
    return this.fault === undefined
      ? Effect.zipRight(Effect.logError(`The response ${this.id} ended early`, exit.cause), sever)
      : sever
  }

  /** Follows a response to its end, and then runs an effect, also where the rest is not read. */
  follow(
    response: HttpServerResponse.HttpServerResponse,
    ending: Effect.Effect<void>
  ): HttpServerResponse.HttpServerResponse {
    const { body } = response
    if (body._tag !== "Stream" || this.isWhole) return response
    const end = (exit: Exit.Exit<unknown, unknown>) => Channel.fromEffect(Effect.suspend(() => this.ended(exit)))
    // One channel instead of three: one costs more than what it does here.
    const following: Channel.Channel<Chunk.Chunk<Uint8Array>, Chunk.Chunk<Uint8Array>, unknown, unknown> = Channel
      .readWithCause({
        onInput: (pieces: Chunk.Chunk<Uint8Array>) =>
          // What is there together is sent together.
          Channel.zipRight(
            Channel.write(pieces.length === 1 ? pieces : Chunk.of(concat(Chunk.toReadonlyArray(pieces)))),
            following
          ),
        onFailure: (cause) => Channel.zipRight(end(Exit.failCause(cause)), Channel.failCause(cause)),
        onDone: () => end(Exit.void)
      })
    const followed = Channel.pipeTo(Stream.toChannel(body.stream), following)
    const stream = Stream.fromChannel(ending === Effect.void ? followed : Channel.ensuring(followed, ending))
    return HttpServerResponse.setBody(response, HttpBody.stream(stream, body.contentType, body.contentLength))
  }

  /** Closes the connection of an unfinished response, so that it does not look complete. */
  get cut(): Effect.Effect<void> {
    return this.status === undefined || this.isWhole ? Effect.void : connections.sever(this.request)
  }

  /** The entry of the journal. */
  entry(isClosing: boolean): Entry {
    const interrupted = isClosing ? "The server closed before the end." : "The caller left before the end."
    return {
      id: this.id,
      time: this.time,
      method: this.request.method,
      path: this.path,
      operation: this.route?.operation,
      status: this.status,
      durationMs: this.elapsed,
      problem: this.problem ?? (this.isWhole || this.fault !== undefined ? undefined : interrupted),
      fault: this.fault
    }
  }
}
