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
import { quicken } from "./quicken.js"

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

const idOf = (item: unknown): string | undefined => {
  const id = typeof item === "object" && item !== null && "id" in item ? item.id : undefined
  return typeof id === "string" ? id : undefined
}

/** Where the next page begins: the page's own word, or else its item at that end. */
const cursorOf = (page: Page, backwards: boolean): string | undefined =>
  (backwards ? page.first_id : page.last_id) ?? idOf(backwards ? page.data[0] : page.data[page.data.length - 1])

/** The items of a page in the order of the walk. */
export const itemsOf = (page: Page, backwards: boolean): Chunk.Chunk<unknown> => {
  const items = Chunk.unsafeFromArray(page.data)
  return backwards ? Chunk.reverse(items) : items
}

type Failure<E> = E | OpenAiError.InvalidRequestError | OpenAiError.PaginationError

/**
 * All pages of a list, as what is made of each. A cursor that was there before, or none where there should be one, ends
 * the walk with an error.
 */
export const walk = <E, R, A>(
  endpoint: Endpoint.Any,
  one: (request: object) => Effect.Effect<Page, E, R>,
  make: (page: Page, backwards: boolean) => Chunk.Chunk<A>
) =>
(request: Cursors = {}, options?: WalkOptions): Stream.Stream<A, Failure<E>, R | OpenAiClient> => {
  if (request.after !== undefined && request.before !== undefined) {
    return Stream.fail(
      new OpenAiError.InvalidRequestError({
        operation: endpoint.name,
        field: "before",
        message: "A walk goes forwards from `after` or backwards from `before`, not both"
      })
    )
  }
  const backwards = request.before !== undefined

  // A channel that asks again and again: of the layers that Streams are made of each would take its share of every page,
  // and could hold one that is done with.
  const run = (scope: Scope.Scope | undefined) => {
    const seen = makeCycleDetector()
    const start = request.after ?? request.before
    if (start !== undefined) seen(start)
    let asked = request
    /** The next page, to be asked for or on its way; undefined after the last. */
    let coming: Effect.Effect<Page, Failure<E>, R | OpenAiClient> | undefined = one(request)

    const turn = (page: Page) => {
      if (page.has_more !== true) {
        coming = undefined
        return
      }
      const cursor = cursorOf(page, backwards)
      if (cursor !== undefined && !seen(cursor)) {
        quicken()
        asked = { ...request, [backwards ? "before" : "after"]: cursor }
        coming = one(asked)
        return
      }
      const last = asked.after ?? asked.before
      coming = Effect.flatMap(OpenAiClient, ({ redact }) =>
        new OpenAiError.PaginationError({
          operation: endpoint.name,
          cursor: last && redact(last),
          message: cursor === undefined
            ? "There are more pages, but no cursor leads to them"
            : `The cursor ${redact(cursor)} leads back to a page that was there before`
        }))
    }

    const next = Effect.suspend(() =>
      coming === undefined ? Effect.succeed(undefined) : Effect.flatMap(coming, (page) => {
        turn(page)
        const made = make(page, backwards)
        return scope === undefined || coming === undefined
          ? Effect.succeed(made)
          : Effect.map(Effect.forkIn(coming, scope), (fiber) => {
            coming = Fiber.join(fiber)
            return made
          })
      })
    )

    const read: Channel.Channel<Chunk.Chunk<A>, unknown, Failure<E>, unknown, unknown, unknown, R | OpenAiClient> =
      Channel.flatMap(
        Channel.fromEffect(next),
        (made) => made === undefined ? Channel.void : Channel.flatMap(Channel.write(made), () => read)
      )
    return Stream.fromChannel(read)
  }

  return options?.prefetch === true
    ? Stream.unwrapScoped(Effect.map(Effect.scope, run))
    : Stream.suspend(() => run(undefined))
}
