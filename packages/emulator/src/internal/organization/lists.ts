import * as Effect from "effect/Effect"
import type * as Store from "../../Store.js"
import { list } from "../documents.js"

interface Query {
  readonly after?: string | undefined
  readonly before?: string | undefined
  readonly limit?: number | undefined
}

/** A page of a list of the administration: the newest first, 20 by default. */
export const page = <A extends Store.Document>(
  collection: Store.Collection<A>,
  { after, before, limit = 20 }: Query,
  query: Pick<Store.Query<A>, "parent" | "where"> = {}
) => list(collection, { after, before, limit, order: "desc", ...query })

/** A page of a list whose items have another form than their documents. */
export const pageOf = <A extends Store.Document, B>(
  collection: Store.Collection<A>,
  query: Query,
  filter: Pick<Store.Query<A>, "parent" | "where">,
  toItem: (document: A) => Effect.Effect<B, Store.StoreError, Store.Store>
) =>
  Effect.flatMap(
    page(collection, query, filter),
    ({ data, ...page }) => Effect.map(Effect.forEach(data, toItem), (items) => ({ ...page, data: items }))
  )
