import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberRef from "effect/FiberRef"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as Order from "effect/Order"
import * as RedBlackTree from "effect/RedBlackTree"
import * as Stream from "effect/Stream"
import type { Aggregate, Collection, CursorNotFound, Document, IdTaken, Page, Query, Service, Sums } from "../Store.js"
import { inOrder, matches } from "./conditions.js"

/** The place of a document in its list: its second, and a number that grows with each insertion. */
type Position = readonly [createdAt: number, sequence: number]

const PositionOrder = Order.make<Position>(([time, sequence], [otherTime, other]) =>
  time === otherTime ? Order.number(sequence, other) : Order.number(time, otherTime)
)

/** How many deleted documents are remembered in their places: clients often iterate a list while they empty it. */
export const maxDeleted = 10_000

/** The documents of one collection and one parent. */
interface Partition {
  readonly documents: RedBlackTree.RedBlackTree<Position, Document>
  /** Those of the last deleted documents too. */
  readonly positions: HashMap.HashMap<string, Position>
}

const emptyPartition: Partition = { documents: RedBlackTree.empty(PositionOrder), positions: HashMap.empty() }

/** Where a deleted document stood. */
interface Place {
  readonly collection: string
  readonly parent: string
  readonly id: string
  readonly position: Position
}

/** All of it is persistent data, so a transaction is one more reference to it. */
interface State {
  /** By collection, then by parent. */
  readonly partitions: HashMap.HashMap<string, HashMap.HashMap<string, Partition>>
  /** By a number that grows with each deletion. */
  readonly deleted: RedBlackTree.RedBlackTree<number, Place>
  readonly blobs: HashMap.HashMap<string, ReadonlyArray<Uint8Array>>
}

const emptyState: State = {
  partitions: HashMap.empty(),
  deleted: RedBlackTree.empty(Order.number),
  blobs: HashMap.empty()
}

interface Cell {
  state: State
}

const partitionsOf = ({ partitions }: State, collection: string) =>
  Option.getOrElse(HashMap.get(partitions, collection), () => HashMap.empty<string, Partition>())

const partitionOf = (state: State, collection: string, parent: string) =>
  Option.getOrElse(HashMap.get(partitionsOf(state, collection), parent), () => emptyPartition)

const withPartition = (state: State, collection: string, parent: string, partition: Partition): State => {
  const siblings = partitionsOf(state, collection)
  return {
    ...state,
    partitions: HashMap.set(
      state.partitions,
      collection,
      HashMap.isEmpty(partition.positions)
        ? HashMap.remove(siblings, parent)
        : HashMap.set(siblings, parent, partition)
    )
  }
}

/** Remembers where a document stood, and forgets the place that was remembered longest where there are too many. */
const withDeleted = (state: State, number: number, place: Place): State => {
  const deleted = RedBlackTree.insert(state.deleted, number, place)
  if (RedBlackTree.size(deleted) <= maxDeleted) return { ...state, deleted }
  const [oldest, { collection, id, parent, position }] = Option.getOrThrow(RedBlackTree.first(deleted))
  const left = { ...state, deleted: RedBlackTree.removeFirst(deleted, oldest) }
  const { documents, positions } = partitionOf(left, collection, parent)
  // The document may have been inserted again, and has another place then.
  return Option.getOrUndefined(HashMap.get(positions, id)) === position
    ? withPartition(left, collection, parent, { documents, positions: HashMap.remove(positions, id) })
    : left
}

const findDocument = ({ documents, positions }: Partition, id: string): Option.Option<Document> =>
  Option.flatMap(HashMap.get(positions, id), (position) => RedBlackTree.findFirst(documents, position))

/** The documents beyond a position, or all of them, in one direction. */
const walk = (
  { documents }: Partition,
  upwards: boolean,
  from: Position | undefined
): Iterable<[Position, Document]> => {
  if (from === undefined) return upwards ? documents : RedBlackTree.reversed(documents)
  return upwards ? RedBlackTree.greaterThan(documents, from) : RedBlackTree.lessThanReversed(documents, from)
}

const pageOf = <A extends Document>(
  partition: Partition,
  { limit, order, where = {} }: Query<A>,
  after: Position | undefined,
  before: Position | undefined
): Page<A> => {
  const backwards = after === undefined && before !== undefined
  const upwards = (order === "asc") !== backwards
  const isMatch = matches(where)
  const data: Array<A> = []
  let hasMore = false
  for (const [position, document] of walk(partition, upwards, backwards ? before : after)) {
    if (!backwards && before !== undefined && PositionOrder(position, before) !== (upwards ? -1 : 1)) break
    if (!isMatch(document)) continue
    if (data.length === limit) {
      hasMore = true
      break
    }
    data.push(document as A)
  }
  return { data: backwards ? data.reverse() : data, hasMore }
}

/** Adds up the documents of a partition. */
const sumsOf = (
  { documents }: Partition,
  { by, from, sum, to, where = {}, width }: Omit<Aggregate<any>, "parent">
): ReadonlyArray<Sums> => {
  const isMatch = matches(where)
  const all = new Map<
    string,
    { time: number; by: Record<string, unknown>; count: number; sum: Record<string, number> }
  >()
  for (const [[time], document] of RedBlackTree.greaterThanEqual(documents, [from, -1])) {
    if (time >= to) break
    if (!isMatch(document)) continue
    const fields = document as Document & Readonly<Record<string, any>>
    const values = by.map((field) => fields[field] ?? null)
    const start = Math.floor(time / width) * width
    const key = JSON.stringify([start, values])
    let one = all.get(key)
    if (one === undefined) {
      one = {
        time: start,
        by: Object.fromEntries(by.map((field, index) => [field, values[index]])),
        count: 0,
        sum: Object.fromEntries(sum.map((field) => [field, 0]))
      }
      all.set(key, one)
    }
    one.count++
    for (const field of sum) one.sum[field]! += fields[field] ?? 0
  }
  return inOrder([...all.values()])
}

/** The errors are the public module's, which imports this one. */
export const make = ({ cursorNotFound, idTaken }: {
  readonly cursorNotFound: (fields: { readonly cursor: "after" | "before"; readonly id: string }) => CursorNotFound
  readonly idTaken: (id: string) => IdTaken
}): Effect.Effect<Service> =>
  Effect.sync((): Service => {
    const committed: Cell = { state: emptyState }
    /** The keys of bytes that are being received. */
    const receiving = new Set<string>()
    let sequence = 0
    let deletions = 0

    const current = FiberRef.unsafeMake<Cell | undefined>(undefined)

    /** Whether a transaction runs, and what others wait for meanwhile. Mostly none does: a semaphore would cost more. */
    let isRunning = false
    const idle = Effect.unsafeMakeLatch(true)

    /** Runs an effect on its own state, which it keeps where it succeeds. One comes after the other. */
    const commit = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
      Effect.uninterruptibleMask((restore) => {
        const run = (): Effect.Effect<A, E, R> => {
          if (isRunning) return Effect.flatMap(restore(idle.await), run)
          isRunning = true
          idle.unsafeClose()
          const cell: Cell = { state: committed.state }
          const endWith = (exit: Exit.Exit<A, E>) => {
            if (Exit.isSuccess(exit)) committed.state = cell.state
            isRunning = false
            idle.unsafeOpen()
            return Effect.zipRight(FiberRef.set(current, undefined), exit)
          }
          return Effect.zipRight(
            FiberRef.set(current, cell),
            Effect.matchCauseEffect(restore(effect), {
              onSuccess: (result) => endWith(Exit.succeed(result)),
              onFailure: (cause) => endWith(Exit.failCause(cause))
            })
          )
        }
        return run()
      })

    const read = <A>(f: (state: State) => A): Effect.Effect<A> =>
      Effect.withFiberRuntime((fiber) => Effect.succeed(f((fiber.getFiberRef(current) ?? committed).state)))

    /** The transaction that runs would overwrite a write outside of it. */
    const write = <A, E = never>(
      f: (state: State) => readonly [result: Effect.Effect<A, E>, State]
    ): Effect.Effect<A, E> =>
      Effect.withFiberRuntime((fiber) => {
        const cell = fiber.getFiberRef(current)
        if (cell === undefined && isRunning) return Effect.zipRight(idle.await, write(f))
        const target = cell ?? committed
        const [result, state] = f(target.state)
        target.state = state
        return result
      })

    /** Puts a document into its place. Undefined where there is one already, unless `replaces`. */
    const put = <A extends Document>(
      state: State,
      { name, parentOf, timeOf }: Collection<A>,
      document: A,
      replaces: boolean
    ): State | undefined => {
      const parent = parentOf(document)
      const { documents, positions } = partitionOf(state, name, parent)
      const known = Option.filter(
        HashMap.get(positions, document.id),
        (position) => RedBlackTree.has(documents, position)
      )
      if (Option.isSome(known) && !replaces) return undefined
      const position = Option.getOrElse(known, (): Position => [timeOf(document), sequence++])
      const partition: Partition = {
        documents: RedBlackTree.insert(
          Option.isSome(known) ? RedBlackTree.removeFirst(documents, position) : documents,
          position,
          document
        ),
        positions: HashMap.set(positions, document.id, position)
      }
      return withPartition(state, name, parent, partition)
    }

    return {
      get: (collection, id, parent = "") =>
        read((state) => findDocument(partitionOf(state, collection.name, parent), id) as Option.Option<any>),

      insert: (collection, document) =>
        write((state) => {
          const after = put(state, collection, document, false)
          return after === undefined ? [Effect.fail(idTaken(document.id)), state] : [Effect.void, after]
        }),

      set: (collection, document) => write((state) => [Effect.void, put(state, collection, document, true) ?? state]),

      remove: (collection, id, parent = "") =>
        write((state) => {
          const partition = partitionOf(state, collection.name, parent)
          if (Option.isNone(findDocument(partition, id))) return [Effect.succeed(false), state]
          const position = HashMap.unsafeGet(partition.positions, id)
          const documents = RedBlackTree.removeFirst(partition.documents, position)
          const left = withPartition(state, collection.name, parent, { ...partition, documents })
          return [
            Effect.succeed(true),
            withDeleted(left, deletions++, { collection: collection.name, parent, id, position })
          ]
        }),

      list: (collection, query) =>
        Effect.flatMap(read((state) => partitionOf(state, collection.name, query.parent ?? "")), (partition) => {
          const cursors: { after?: Position; before?: Position } = {}
          for (const cursor of ["after", "before"] as const) {
            const id = query[cursor]
            if (id === undefined) continue
            const position = HashMap.get(partition.positions, id)
            if (Option.isNone(position)) return Effect.fail(cursorNotFound({ cursor, id }))
            cursors[cursor] = position.value
          }
          return Effect.succeed(pageOf(partition, query, cursors.after, cursors.before))
        }),

      find: (collection, where) =>
        read((state) => {
          const found: Array<any> = []
          const isMatch = matches(where)
          for (const [, { documents }] of partitionsOf(state, collection.name)) {
            for (const [, document] of documents) if (isMatch(document)) found.push(document)
          }
          return found
        }),

      aggregate: (collection, { parent = "", ...aggregate }) =>
        read((state) => sumsOf(partitionOf(state, collection.name, parent), aggregate)),

      transaction: (effect) =>
        Effect.withFiberRuntime((fiber) => fiber.getFiberRef(current) === undefined ? commit(effect) : effect),

      writeBlob: (key, bytes) =>
        Effect.acquireUseRelease(
          Effect.flatMap(read(({ blobs }) => HashMap.has(blobs, key)), (isThere) => {
            if (isThere || receiving.has(key)) return Effect.fail(idTaken(key))
            receiving.add(key)
            return Effect.void
          }),
          () =>
            Effect.flatMap(Stream.runCollect(bytes), (chunks) =>
              write((state) => [
                Effect.void,
                { ...state, blobs: HashMap.set(state.blobs, key, Chunk.toReadonlyArray(chunks)) }
              ])),
          () => Effect.sync(() => receiving.delete(key))
        ),

      readBlob: (key) =>
        Stream.unwrap(read(({ blobs }) =>
          Stream.fromIterable(Option.getOrElse(HashMap.get(blobs, key), (): ReadonlyArray<Uint8Array> => []))
        )),

      removeBlob: (key) =>
        write((state) => [Effect.void, { ...state, blobs: HashMap.remove(state.blobs, key) }])
    }
  })
