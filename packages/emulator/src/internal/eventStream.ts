import { ServerError } from "@effect-openai/core/Api"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import { getOrFail, runs } from "./documents.js"
import { RunEvents } from "./engine/runEvents.js"
import { fromStore, methodNotAllowed, noRun, refused } from "./errors.js"
import * as Sse from "./sse.js"
import { forEachChunk } from "./streams.js"

// The events of a streamed run, from any of them on: for a reader whose connection or server was lost.

/** The run whose events a path has. */
export const runAt = (path: string): { readonly id: string; readonly thread_id: string } | undefined => {
  const [, thread_id, id] = /^\/_emulator\/threads\/([^/]+)\/runs\/([^/]+)\/events$/.exec(path) ?? []
  return thread_id === undefined || id === undefined ? undefined : { id, thread_id }
}

const noEvents = (id: string): ServerError =>
  new ServerError({
    status: 404,
    message: `Run ${id} has no events. They are kept for runs with 'stream': true, for an hour.`,
    summary: "The run has no events."
  })

/** The number of the last event that the reader has. */
const lastEventId = ({ headers }: HttpServerRequest.HttpServerRequest) => {
  const { "last-event-id": id = "" } = headers
  return id === ""
    ? Effect.succeed(0)
    : /^\d{1,9}$/.test(id)
    ? Effect.succeed(Number(id))
    : Effect.fail(refused("The header 'Last-Event-ID' must be the ID of an event of the run.", "Last-Event-ID"))
}

/** The events after the last one that the reader has, as they come. They end as the stream of the API does. */
export const respond = (path: string, { id, thread_id }: NonNullable<ReturnType<typeof runAt>>) =>
  fromStore(Effect.gen(function*() {
    const request = yield* HttpServerRequest.HttpServerRequest
    if (request.method !== "GET") return yield* methodNotAllowed(request.method, path, ["GET"])
    const events = yield* RunEvents
    const run = yield* getOrFail(runs, id, noRun, thread_id)
    const after = yield* lastEventId(request)
    // The event that the reader has is there too, so that it misses none.
    const first = yield* events.next(run, Math.max(after - 1, 0))
    if (first === undefined && after === 0) return yield* noEvents(id)
    if (first?.id !== Math.max(after, 1)) return yield* refused(`Run ${id} has no event ${after}.`, "Last-Event-ID")
    const stream = yield* events.follow(run, after)
    return yield* Sse.respond((emit) => forEachChunk(stream, emit), { named: true })
  })) satisfies Effect.Effect<HttpServerResponse.HttpServerResponse, unknown, unknown>
