import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { WalkOptions } from "../Operation.js"

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

type Walk<E, R> = Stream.Stream<Page, E | OpenAiError.InvalidRequestError | OpenAiError.PaginationError, R>

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
  const walk: Walk<E, R> = Stream.suspend(() => {
    const start = backwards ? request.before : request.after
    const seen = new Set(start === undefined ? [] : [start])
    const next = (request: Cursors, page: Page): Option.Option<Cursors | OpenAiError.PaginationError> => {
      if (page.has_more !== true) return Option.none()
      const cursor = cursorOf(page, backwards)
      if (cursor !== undefined && !seen.has(cursor)) {
        seen.add(cursor)
        return Option.some({ ...request, [backwards ? "before" : "after"]: cursor })
      }
      return Option.some(
        new OpenAiError.PaginationError({
          operation: endpoint.name,
          cursor: request.after ?? request.before,
          message: cursor === undefined
            ? "There are more pages, but no cursor leads to them"
            : `The cursor ${cursor} leads back to a page that was there before`
        })
      )
    }
    return Stream.paginateEffect<Cursors | OpenAiError.PaginationError, Page, E | OpenAiError.PaginationError, R>(
      request,
      (state) =>
        state instanceof OpenAiError.PaginationError
          // What came before it was handed out first.
          ? Effect.fail(state)
          : Effect.map(one(state), (page) => [page, next(state, page)])
    )
  })
  return options?.prefetch === true ? Stream.buffer(walk, { capacity: 1 }) : walk
}
