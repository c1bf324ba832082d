import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { OpenAiClient } from "../OpenAiClient.js"
import type { WalkOptions } from "../Operation.js"
import { makeSeen } from "./cursors.js"

/** What the answer of every list has in common. */
export interface Page {
  readonly data: ReadonlyArray<unknown>
  readonly first_id?: string | null | undefined
  readonly last_id?: string | null | undefined
  readonly has_more?: boolean | undefined
}

interface Cursors {
  readonly after?: string | undefined
  readonly before?: string | undefined
}

const isBackwards = (request: Cursors): boolean => request.before !== undefined

const idOf = (item: unknown): string | undefined => {
  const id = typeof item === "object" && item !== null && "id" in item ? item.id : undefined
  return typeof id === "string" ? id : undefined
}

/** Where the next page begins: the page's own word, or else its item at that end. */
const cursorOf = (page: Page, backwards: boolean): string | undefined =>
  (backwards ? page.first_id : page.last_id) ?? idOf(backwards ? page.data[0] : page.data[page.data.length - 1])

/** The items of a page in the order of the walk. */
export const itemsOf = (page: Page, request: Cursors): Chunk.Chunk<unknown> => {
  const items = Chunk.unsafeFromArray(page.data)
  return isBackwards(request) ? Chunk.reverse(items) : items
}

type Walk<E, R> = Stream.Stream<
  Page,
  E | OpenAiError.InvalidRequestError | OpenAiError.PaginationError,
  R | OpenAiClient
>

type Step<E, R> = Effect.Effect<
  readonly [Page, Option.Option<Cursors | OpenAiError.PaginationError>],
  E | OpenAiError.PaginationError,
  R
>

/** All pages of a list. A cursor that was there before, or none where there should be one, ends the walk with an error. */
export const pages = <E, R>(endpoint: Endpoint.Any, one: (request: object) => Effect.Effect<Page, E, R>) =>
(
  request: Cursors = {},
  options?: WalkOptions
): Walk<E, R> => {
  if (request.after !== undefined && request.before !== undefined) {
    return Stream.fail(
      new OpenAiError.InvalidRequestError({
        operation: endpoint.name,
        field: "before",
        message: "A walk goes forwards from `after` or backwards from `before`, not both"
      })
    )
  }
  const backwards = isBackwards(request)
  const prefetch = options?.prefetch === true
  return Stream.unwrapScoped(Effect.gen(function*() {
    const scope = yield* Effect.scope
    const { redact } = yield* OpenAiClient
    const start = backwards ? request.before : request.after
    const seen = makeSeen()
    if (start !== undefined) seen(start)

    const next = (request: Cursors, page: Page): Option.Option<Cursors | OpenAiError.PaginationError> => {
      if (page.has_more !== true) return Option.none()
      const cursor = cursorOf(page, backwards)
      if (cursor !== undefined && !seen(cursor)) {
        return Option.some({ ...request, [backwards ? "before" : "after"]: cursor })
      }
      const asked = request.after ?? request.before
      return Option.some(
        new OpenAiError.PaginationError({
          operation: endpoint.name,
          cursor: asked && redact(asked),
          message: cursor === undefined
            ? "There are more pages, but no cursor leads to them"
            : `The cursor ${redact(cursor)} leads back to a page that was there before`
        })
      )
    }

    /** A page and how it goes on, to be asked for when it is wanted, or asked for already. */
    const ask = (state: Cursors | OpenAiError.PaginationError): Effect.Effect<Step<E, R>, never, R> => {
      if (state instanceof OpenAiError.PaginationError) return Effect.succeed(Effect.fail(state))
      const step: Step<E, R> = Effect.map(one(state), (page) => [page, next(state, page)])
      return prefetch ? Effect.map(Effect.forkIn(step, scope), Fiber.join) : Effect.succeed(step)
    }

    return Stream.paginateEffect(
      yield* ask(request),
      (step) =>
        Effect.flatMap(
          step,
          ([page, state]) => Effect.map(Effect.transposeMapOption(state, ask), (next) => [page, next] as const)
        )
    )
  }))
}
