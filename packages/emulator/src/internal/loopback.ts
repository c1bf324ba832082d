import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { parse } from "./purposes.js"

/** The response to a request of the emulator to itself. */
export interface Answer {
  readonly status: number
  readonly requestId: string
  /** Undefined where the response is not JSON. */
  readonly json: unknown
}

/** Sends requests to the emulator itself. They take the same way as those over HTTP, and wait where the server closes. */
export class Loopback extends Context.Tag("@effect-openai/emulator/internal/Loopback")<Loopback, {
  readonly post: (path: string, body: string) => Effect.Effect<Answer>
}>() {}

/** Whether a request is a line of a batch. These have no rate limits. */
export class IsBatched
  extends Context.Reference<IsBatched>()("@effect-openai/emulator/internal/IsBatched", { defaultValue: () => false })
{}

const answerOf = (response: HttpServerResponse.HttpServerResponse): Effect.Effect<Answer> =>
  Effect.promise(async () => {
    const text = await HttpServerResponse.toWeb(response).text().catch(() => "")
    return {
      status: response.status,
      requestId: response.headers["x-request-id"] ?? "",
      json: parse(text)
    }
  })

const headers = { "content-type": "application/json" }

/** Runs a request by the emulator's app. */
export const post = (
  app: HttpApp.Default<never, Scope.Scope>,
  path: string,
  body: string
): Effect.Effect<Answer> =>
  Effect.scoped(Effect.flatMap(app, answerOf)).pipe(
    Effect.provideService(
      HttpServerRequest.HttpServerRequest,
      HttpServerRequest.fromWeb(new Request(`http://localhost${path}`, { method: "POST", headers, body }))
    ),
    Effect.provideService(IsBatched, true),
    // As every request runs, except for its operation.
    Effect.uninterruptible
  )
