import { OpenAiClient } from "@effect-openai/client"
import * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Activity from "@effect/workflow/Activity"
import type { WorkflowEngine, WorkflowInstance } from "@effect/workflow/WorkflowEngine"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type { Scope } from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Cancellation from "../Cancellation.js"
import * as Schemas from "../Schemas.js"

type Client = OpenAiClient.OpenAiClient

/** What every activity requires of its workflow. */
export type Workflow = WorkflowEngine | WorkflowInstance

/** What an activity requires whose effect requires `R`. */
export type Requirements<R> = Workflow | Exclude<R, Workflow | Scope>

/** After 1, 2, 4, 8, 16 seconds, and then every 30 seconds: about 4 minutes. */
const delays = Schedule.exponential("1 second").pipe(
  Schedule.union(Schedule.spaced("30 seconds")),
  Schedule.intersect(Schedule.recurs(12))
)

/** A timeout of a wait is final. One of a request is not. */
const isTransient = (error: OpenAiError.OpenAiError): boolean =>
  OpenAiError.isRetryable(error) &&
  !(error._tag === "TimeoutError" && (error.phase === "run" || error.phase === "batch"))

/** Repeats an effect that is safe to repeat, for longer than the client's own policy does: a server may restart. */
export const persistent = <A, R>(
  self: Effect.Effect<A, OpenAiError.OpenAiError, R>
): Effect.Effect<A, OpenAiError.OpenAiError, R> => Effect.retry(self, { schedule: delays, while: isTransient })

/**
 * Whether the execution is cancelled. A storage that can't be read for a moment is a defect of the engine, which would end the
 * execution: the request is then noticed by the next look.
 */
export const isCancelled: Effect.Effect<boolean, never, Workflow> = Effect.catchAllDefect(
  Cancellation.isRequested,
  (defect) => Effect.as(Effect.logDebug("A request to cancel can't be read", defect), false)
)

/** Cancels what has not ended. */
export const cancelled = <R>(
  cancel: Effect.Effect<unknown, OpenAiError.OpenAiError, R>
): Effect.Effect<void, OpenAiError.OpenAiError, R> =>
  Effect.catchTag(Effect.asVoid(cancel), "BadRequestError", () => Effect.void)

/** Cancels where an effect fails, if that is wanted. It then fails with the same error, also where the cancel fails. */
export const cancelledOnFailure =
  <R2>(cancelOnFailure: boolean | undefined, cancel: Effect.Effect<unknown, OpenAiError.OpenAiError, R2>) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | R2> =>
    cancelOnFailure === true ? Effect.tapError(self, () => Effect.ignore(cancel)) : self

/** An activity that fails with errors of the client. */
export const make = <A, I, R>(
  name: string,
  success: Schema.Schema<A, I>,
  execute: Effect.Effect<A, OpenAiError.OpenAiError, R>
) => Activity.make({ name, success, error: Schemas.OpenAiError, execute })

/** A list that can't be continued is an invalid response. */
export const asOpenAiError = (error: OpenAiError.OpenAiError | OpenAiError.PaginationError): OpenAiError.OpenAiError =>
  error._tag === "PaginationError"
    ? new OpenAiError.InvalidResponseError({
      operation: error.operation,
      status: 200,
      requestId: undefined,
      field: "",
      message: error.message
    })
    : error

type Objects<A> = Stream.Stream<A, OpenAiError.OpenAiError | OpenAiError.PaginationError, Client>

interface Once<A, R> {
  readonly name: string
  /** The objects of the list that a new one appears in, newest first. */
  readonly list: (query: { readonly limit: number }) => Objects<A>
  /** Whether an object was created under a key. */
  readonly isOf: (object: A, key: string) => boolean
  readonly create: (key: string) => Effect.Effect<A, OpenAiError.OpenAiError, R>
}

/** In seconds. A server of several machines may have clocks that differ. */
const clockDifference = 60

/**
 * Creates one object, although the process may end at any point. The first activity stores the time of the newest object, by
 * the server's clock. The second one looks among the objects that are not older, and creates one where it finds none.
 */
export const createOnce = <A extends { readonly created_at?: number | undefined }, I, Stored, R>(
  { create, isOf, list, name }: Once<A, R>,
  success: Schema.Schema<Stored, I>,
  toStored: (object: A) => Effect.Effect<Stored>
): Effect.Effect<Stored, OpenAiError.OpenAiError, Requirements<R | Client>> =>
  Effect.gen(function*() {
    const newest = yield* make(
      `${name}/before`,
      Schema.NullOr(Schema.Number),
      list({ limit: 1 }).pipe(
        Stream.runHead,
        Effect.map(Option.match({ onNone: () => null, onSome: ({ created_at }) => created_at ?? null })),
        Effect.mapError(asOpenAiError),
        persistent
      )
    )
    const key = yield* Activity.idempotencyKey(`${name}/create`)
    const find = list({ limit: 100 }).pipe(
      Stream.takeWhile(({ created_at }) => (created_at ?? Infinity) >= (newest ?? -Infinity) - clockDifference),
      Stream.filter((object) => isOf(object, key)),
      Stream.runHead,
      Effect.mapError(asOpenAiError)
    )
    const foundOr = (otherwise: Effect.Effect<A, OpenAiError.OpenAiError, R | Client>) =>
      Effect.flatMap(find, Option.match({ onNone: () => otherwise, onSome: Effect.succeed }))
    const created = create(key).pipe(
      OpenAiClient.withIdempotencyKey(key),
      // A request of a process that has ended may have been carried out after the search.
      Effect.catchTag("BadRequestError", (error) => foundOr(Effect.fail(error)))
    )
    return yield* make(
      `${name}/create`,
      success,
      foundOr(created).pipe(persistent, Effect.flatMap(toStored))
    )
  })

/** The key of the metadata of an object that is created once. Its value is the key of the create. */
const metadataKey = "workflow_key"

export const withKey = (
  metadata: { readonly [name: string]: string } | null | undefined,
  key: string
): { readonly [name: string]: string } => ({ ...metadata, [metadataKey]: key })

export const hasKey = (
  object: { readonly metadata?: { readonly [name: string]: string } | null | undefined },
  key: string
): boolean => object.metadata?.[metadataKey] === key
