import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Channel from "effect/Channel"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { OpenAiClient } from "../../OpenAiClient.js"
import type { WalkOptions } from "../../Operation.js"
import { makeCycleDetector } from "./cursors.js"
import { warmUp } from "./warmUp.js"

/** The fields of a page that pagination reads. Its items are in the field that the endpoint names. */
export interface Page {
  readonly first_id?: string | null | undefined
  readonly last_id?: string | null | undefined
  readonly has_more?: boolean | null | undefined
  readonly next_page?: string | null | undefined
}

/** The fields of a request that select a page. */
interface Selection {
  readonly after?: string | undefined
  readonly before?: string | undefined
  readonly page?: string | undefined
}

/** The direction of a pagination: the request field of the cursor, and what is read from a page. */
export interface Direction {
  readonly field: keyof Selection
  readonly itemsOf: (page: Page) => ReadonlyArray<unknown>
}

const idOf = (item: unknown): string | undefined => {
  const id = typeof item === "object" && item !== null && "id" in item ? item.id : undefined
  return typeof id === "string" ? id : undefined
}

/** Returns the cursor of the next page: the page's own, otherwise the ID of its last item in this direction. */
const cursorOf = (page: Page, { field, itemsOf }: Direction): string | undefined => {
  if (field === "page") return page.next_page ?? undefined
  const items = itemsOf(page)
  return field === "before" ? page.first_id ?? idOf(items[0]) : page.last_id ?? idOf(items[items.length - 1])
}

/** Returns whether a page is the last. A page that does not say so is the last where it has no `next_page`. */
const isLast = ({ has_more, next_page }: Page, { field }: Direction): boolean =>
  field === "page" && (has_more ?? undefined) === undefined ? typeof next_page !== "string" : has_more !== true

/** Returns the items of a page, in the order of the pagination. */
export const itemsOf = (page: Page, { field, itemsOf }: Direction): Chunk.Chunk<unknown> => {
  const items = Chunk.unsafeFromArray(itemsOf(page))
  return field === "before" ? Chunk.reverse(items) : items
}

type Failure<E> = E | OpenAiError.InvalidRequestError | OpenAiError.PaginationError

/**
 * Iterates over all pages of a list, and emits what `make` returns for each. A cursor that was used before, or a missing one,
 * ends the Stream with an error.
 */
export const walk = <E, R, A>(
  { name, pagination }: Endpoint.Any,
  one: (request: object) => Effect.Effect<Page, E, R>,
  make: (page: Page, direction: Direction) => Chunk.Chunk<A>
) =>
(request: Selection = {}, options?: WalkOptions): Stream.Stream<A, Failure<E>, R | OpenAiClient> => {
  if (request.after !== undefined && request.before !== undefined) {
    return Stream.fail(
      new OpenAiError.InvalidRequestError({
        operation: name,
        field: "before",
        message: "Pagination goes forwards from `after` or backwards from `before`, not both"
      })
    )
  }
  const direction: Direction = {
    field: pagination!._tag === "Page" ? "page" : request.before === undefined ? "after" : "before",
    itemsOf: (page) => (page as { readonly [name: string]: ReadonlyArray<unknown> | null })[pagination!.items] ?? []
  }
  const { field } = direction

  // One recursive channel: each operator of Stream would add its cost to every page, and could retain a page.
  const run = (scope: Scope.Scope | undefined) => {
    const isRepeated = makeCycleDetector()
    let cursor = request[field]
    if (cursor !== undefined) isRepeated(cursor)
    /** The next page, not requested yet or already in flight; undefined after the last. */
    let next: Effect.Effect<Page, Failure<E>, R | OpenAiClient> | undefined = one(request)

    const advance = (page: Page) => {
      if (isLast(page, direction)) {
        next = undefined
        return
      }
      const following = cursorOf(page, direction)
      if (following !== undefined && !isRepeated(following)) {
        warmUp()
        cursor = following
        next = one({ ...request, [field]: cursor })
        return
      }
      const last = cursor
      next = Effect.flatMap(OpenAiClient, ({ redact }) =>
        new OpenAiError.PaginationError({
          operation: name,
          cursor: last && redact(last, true),
          message: following === undefined
            ? "There are more pages, but the server gives no cursor"
            : `The cursor ${redact(following, true)} leads back to an earlier page`
        }))
    }

    const take = Effect.suspend(() =>
      next === undefined ? Effect.succeed(undefined) : Effect.flatMap(next, (page) => {
        advance(page)
        const made = make(page, direction)
        return scope === undefined || next === undefined
          ? Effect.succeed(made)
          : Effect.map(Effect.forkIn(next, scope), (fiber) => {
            next = Fiber.join(fiber)
            return made
          })
      })
    )

    const read: Channel.Channel<Chunk.Chunk<A>, unknown, Failure<E>, unknown, unknown, unknown, R | OpenAiClient> =
      Channel.flatMap(
        Channel.fromEffect(take),
        (made) => made === undefined ? Channel.void : Channel.flatMap(Channel.write(made), () => read)
      )
    return Stream.fromChannel(read)
  }

  return options?.prefetch === true
    ? Stream.unwrapScoped(Effect.map(Effect.scope, run))
    : Stream.suspend(() => run(undefined))
}
