import * as PgClient from "@effect/sql-pg/PgClient"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { createHash, randomUUID } from "node:crypto"
import { Socket } from "node:net"
import type { Nodes } from "../../Store.js"
import type { Connections } from "./connection.js"

// Texts to all processes that use the store, by LISTEN and NOTIFY. The database has one channel for each schema.

/** The topic of the texts that show that the connection listens. */
const probes = "probe"

/** How long a connection may take to receive the first text, and how long to wait for the next attempt. */
const patience = "5 seconds"
const pause = "500 millis"

/** Closes a socket without a message to the other side. */
const close = (socket: Socket): Effect.Effect<void> =>
  Effect.async((resume) => {
    if (socket.closed) return resume(Effect.void)
    socket.once("close", () => resume(Effect.void))
    socket.destroy()
  })

/** Continues as long as the connection lives. */
const listen = (
  config: PgClient.PgClientConfig,
  channel: string,
  probe: (text: string) => Effect.Effect<unknown, unknown>,
  receive: (text: string) => void,
  onListening: Effect.Effect<void>
) =>
  Effect.scoped(Effect.gen(function*() {
    const lost = Deferred.unsafeMake<void>(FiberId.none)
    const listening = Deferred.unsafeMake<void>(FiberId.none)
    const own = randomUUID()
    const sockets: Array<Socket> = []
    const client: PgClient.PgClient = Context.get(
      yield* Layer.build(Layer.fresh(PgClient.layer({
        ...config,
        maxConnections: 1,
        idleTimeout: "1 second",
        // The client does not notice that it no longer listens. Its first socket is that of the pool, which is of no use.
        stream: () => {
          const socket = new Socket()
          if (sockets.push(socket) > 1) socket.on("close", () => Deferred.unsafeDone(lost, Effect.void))
          return socket
        }
      }))),
      PgClient.PgClient
    )
    const received = yield* Stream.runForEach(client.listen(channel), (text) =>
      Effect.sync(() => {
        if (text === `${probes} ${own}`) Deferred.unsafeDone(listening, Effect.void)
        else receive(text)
      })).pipe(Effect.forkScoped)
    // The client no longer handles errors of a connection that it ends: what the database sends then would end the process.
    yield* Effect.addFinalizer(() => Effect.forEach(sockets.slice(1), close, { discard: true }))
    const ready = Effect.zipRight(
      // Texts that are sent before the connection listens are lost.
      Effect.raceFirst(
        Deferred.await(listening),
        Effect.forever(Effect.zipRight(probe(`${probes} ${own}`), Effect.sleep("5 millis")))
      ).pipe(Effect.timeoutFail({ duration: patience, onTimeout: () => "The connection does not listen." })),
      onListening
    )
    yield* Effect.raceFirst(
      Effect.raceFirst(Fiber.join(received), Deferred.await(lost)),
      Effect.zipRight(ready, Effect.never)
    )
  }))

/** Listens as long as the scope is open. Fails where the first connection does not. */
export const make = (
  config: PgClient.PgClientConfig,
  { execute }: Connections,
  schema: string
) =>
  Effect.gen(function*() {
    const channel = `effect_openai_${createHash("sha256").update(schema).digest("hex").slice(0, 32)}`
    const queues = new Map<string, Set<Queue.Queue<string | undefined>>>()
    const send = (text: string) => execute({ sql: "SELECT pg_notify($1, $2)", params: [channel, text] })

    const receive = (text: string): void => {
      const end = text.indexOf(" ")
      for (const queue of queues.get(text.slice(0, end)) ?? []) queue.unsafeOffer(text.slice(end + 1))
    }

    const first = yield* Deferred.make<void, unknown>()
    let isFirst = true
    const onListening = Effect.suspend(() => {
      if (isFirst) {
        isFirst = false
        return Deferred.succeed(first, void 0)
      }
      for (const all of queues.values()) for (const queue of all) queue.unsafeOffer(undefined)
      return Effect.void
    })

    yield* listen(config, channel, send, receive, Effect.asVoid(onListening)).pipe(
      Effect.zipRight(Effect.logWarning("The connection that listens for notifications was lost")),
      Effect.catchAllCause((cause) =>
        Effect.zipRight(
          Deferred.failCause(first, cause),
          Effect.unless(Effect.logWarning("Notifications can't be received", cause), () => isFirst)
        )
      ),
      Effect.zipRight(Effect.sleep(pause)),
      Effect.forever,
      // In real time, whatever the clock of the emulator.
      Effect.withClock(Clock.make()),
      Effect.interruptible,
      Effect.forkScoped
    )
    yield* Deferred.await(first)

    const nodes: Pick<Nodes, "notifications" | "notify"> = {
      notify: (topic, text) => Effect.asVoid(send(`${topic} ${text}`)),
      notifications: (topic) =>
        Effect.acquireRelease(
          Effect.map(Queue.unbounded<string | undefined>(), (queue) => {
            const all = queues.get(topic) ?? new Set()
            queues.set(topic, all.add(queue))
            return queue
          }),
          (queue) =>
            Effect.suspend(() => {
              queues.get(topic)?.delete(queue)
              return Queue.shutdown(queue)
            })
        )
    }
    return { ...nodes, channel }
  })
