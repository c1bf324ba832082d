import { ServerError } from "@effect-openai/core/Api"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Store from "../Store.js"
import * as Validation from "./validation.js"

export const notFound = (kind: string) => (id: string): ServerError =>
  new ServerError({ status: 404, message: `No ${kind} found with id '${id}'.`, summary: `No ${kind} found.` })

export const noAssistant = notFound("assistant")

export const noBatch = notFound("batch")

export const noThread = notFound("thread")

export const noMessage = notFound("message")

export const noRun = notFound("run")

export const noRunStep = notFound("run step")

/**
 * The error of a request that fits its Schema and is refused for the state, or for a documented rule. Logs have `summary`
 * where the message repeats parts of the request.
 */
export const refused = (
  message: string,
  param: string | null = null,
  more: { readonly code?: string | undefined; readonly summary?: string | undefined } = {}
): ServerError => new ServerError({ status: 400, message, param, ...more })

const noObject = (kind: string) => (id: string): ServerError =>
  new ServerError({
    status: 404,
    param: "id",
    message: `No such ${kind} object: ${id}`,
    summary: `No such ${kind} object.`
  })

export const noFile = noObject("File")

export const noUpload = noObject("Upload")

export const noFineTuningJob = (id: string): ServerError =>
  new ServerError({
    status: 404,
    param: "fine_tune_id",
    code: "fine_tune_not_found",
    message: `Could not find fine tune: ${id}`,
    summary: "Could not find fine tune."
  })

export const methodNotAllowed = (method: string, path: string, allowed: ReadonlyArray<string>): ServerError =>
  new ServerError({
    status: 405,
    message: `Not allowed to ${method} on ${path}.`,
    headers: { allow: allowed.join(", ") }
  })

/** The error of a request that does not fit the contract. */
export const invalid = (violations: ReadonlyArray<Validation.Violation>): ServerError =>
  new ServerError({
    status: 400,
    message: Validation.format(violations),
    summary: Validation.summarize(violations)
  })

/** What a failure of the server responds. */
export const failed = new ServerError({
  status: 500,
  type: "server_error",
  message: "The server had an error while processing your request."
})

/** Logs a failure of the server. The response has no details. */
export const serverFailed = (cause: Cause.Cause<unknown>): Effect.Effect<ServerError> =>
  Effect.as(Effect.logError("A request failed", cause), failed)

/** An error of the store that has its own response. */
export class Refused extends Store.StoreError {
  constructor(readonly response: ServerError) {
    super({ message: response.message })
  }
}

/** Turns errors of the store into error responses. */
export const fromStore = <A, E extends ServerError | Store.StoreError | Store.CursorNotFound, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, ServerError, R> =>
  // `catchAll` takes a further effect where nothing fails.
  Effect.catchAllCause(effect, (cause) => {
    const failure = Cause.failureOrCause(cause)
    if (Either.isRight(failure)) return Effect.failCause(failure.right)
    const error: ServerError | Store.StoreError | Store.CursorNotFound = failure.left
    switch (error._tag) {
      case "ServerError":
        return Effect.fail(error)
      case "CursorNotFound":
        return Effect.fail(
          new ServerError({
            status: 400,
            param: error.cursor,
            message: `Invalid cursor: the list has no object with id '${error.id}'.`,
            summary: "Invalid cursor."
          })
        )
      case "StoreError":
        if (error instanceof Refused) return Effect.fail(error.response)
        return Effect.flatMap(serverFailed(Cause.fail(error)), Effect.fail)
    }
  })
