/** Servers on one PostgreSQL database: nodes. */
import type { Store } from "@effect-openai/emulator"
import * as PgStore from "@effect-openai/emulator/PgStore"
import { Clock, Effect, Redacted } from "effect"
import { runs } from "../../src/internal/documents.js"
import { schema } from "../postgres.js"
import type { ServerOptions } from "./messages.js"
import { balancedClient, bundled, clientOf, type Server, startServer } from "./start.js"

/** A reply of a model, to the last message of a user. */
export interface ModelReply {
  readonly words: string
  readonly node: string
  readonly begunAt: number
  hasEnded: boolean
}

export interface Node {
  readonly name: string
  readonly baseUrl: string
  readonly server: Server
}

type NodeOptions = Omit<ServerOptions, "store">

/** Runs that a process works on, or has to. One that waits for its caller needs no process. */
const active = ["queued", "in_progress", "cancelling"] as const

/** Returns true as soon as a condition holds, and false where it does not for so many milliseconds. */
export const awaitUntil = <E, R>(condition: Effect.Effect<boolean, E, R>, millis: number) =>
  Effect.gen(function*() {
    const last = (yield* Clock.currentTimeMillis) + millis
    for (;;) {
      if (yield* condition) return true
      if ((yield* Clock.currentTimeMillis) >= last) return false
      yield* Effect.sleep("10 millis")
    }
  })

/** An empty database, and as many nodes on it as are started. All of them end with the scope. */
export const makeNodes = Effect.gen(function*() {
  const { url } = yield* schema
  const program = yield* bundled
  const store: Store.Service = yield* PgStore.make({ url })
  const replies: Array<ModelReply> = []
  /** Those that receive requests. */
  const up: Array<Node> = []
  let started = 0
  /** The last one that received requests. */
  let last: Node | undefined
  let turn = 0

  const lastReply = (words: string, node: string) =>
    replies.findLast((reply) => reply.words === words && reply.node === node)

  const start = (options: NodeOptions) =>
    Effect.gen(function*() {
      const name = `p${++started}`
      const server = yield* startServer({ writer: name, ...options, store: Redacted.value(url) }, (message) => {
        if (message._tag === "Replying") {
          replies.push({ words: message.words, node: name, begunAt: Date.now(), hasEnded: false })
        }
        if (message._tag === "Replied") {
          const reply = lastReply(message.words, name)
          if (reply !== undefined) reply.hasEnded = true
        }
      }, program)
      const node: Node = { name, baseUrl: yield* server.baseUrl, server }
      up.push(node)
      return node
    })

  const leave = (node: Node) => {
    const index = up.indexOf(node)
    if (index >= 0) up.splice(index, 1)
    last = node
  }

  return {
    store,
    url,
    up,
    start,
    /** Sends it no more requests. */
    leave,
    /** Sends it requests again. */
    enter: (node: Node) => {
      leave(node)
      up.push(node)
    },
    /** A client of a node alone. */
    of: (node: Node) => Effect.provide(clientOf(node.baseUrl)),
    /** A client whose requests are sent to the nodes in turns. Without nodes the connection is refused. */
    balanced: balancedClient(() => (up[turn++ % up.length] ?? last!).baseUrl),
    /** The replies that the model of a node is giving. */
    repliesOf: ({ name }: Node): ReadonlyArray<ModelReply> =>
      replies.filter(({ hasEnded, node }) => node === name && !hasEnded),
    /** When another node's model began to reply to the same words after a time. */
    repeatedAt: ({ node, words }: Pick<ModelReply, "node" | "words">, after: number): number | undefined =>
      replies.find((reply) => reply.words === words && reply.node !== node && reply.begunAt >= after)?.begunAt,
    modelReplies: () => replies.length,
    /** The identifiers of the runs that nodes work on. */
    activeRuns: Effect.map(
      Effect.forEach(active, (status) => store.find(runs, { status })),
      // A run can change its status in between.
      (found) => [...new Set(found.flat().map(({ id }) => id))]
    )
  }
})

export type Nodes = Effect.Effect.Success<typeof makeNodes>
