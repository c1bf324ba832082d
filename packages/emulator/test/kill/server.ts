/**
 * An emulator in its own process: `server.ts <options as JSON>`. It sends its URL to its parent, and each beginning and end of
 * a reply of its model. The parent can set its wall clock.
 */
import * as Emulator from "@effect-openai/emulator/Emulator"
import * as Model from "@effect-openai/emulator/Model"
import * as NodeServer from "@effect-openai/emulator/NodeServer"
import * as PgStore from "@effect-openai/emulator/PgStore"
import * as Script from "@effect-openai/emulator/Script"
import * as SqliteStore from "@effect-openai/emulator/SqliteStore"
import * as Store from "@effect-openai/emulator/Store"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodePath from "@effect/platform-node/NodePath"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Queue from "effect/Queue"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import type { FromServer, ServerOptions, ToServer } from "./messages.js"
import { functionName, longMillis, longText, slowText } from "./wording.js"

const RightDate = Date
let shift = 0
process.on("message", (message: ToServer) => {
  shift = message.shift
})
globalThis.Date = class extends RightDate {
  constructor(...given: ReadonlyArray<unknown>) {
    super(...(given.length === 0 ? [RightDate.now() + shift] : given) as [number])
  }
  static override now(): number {
    return RightDate.now() + shift
  }
} as DateConstructor

const { fence, isLogged = false, model, writer = "one", store } = JSON.parse(
  process.argv[2]!
) as ServerOptions

const send = (message: FromServer) => process.send!(message)

const slowReply = { type: "text", text: slowText(writer), delay_ms: 20, piece_delay_ms: 5 } as const

/** A model that a process which is ended at any moment is often ended at. */
const slow = Script.layer({
  turns: [
    {
      when: { message: functionName },
      replies: [
        { type: "function_calls", calls: [{ name: functionName, arguments: {} }], delay_ms: 20 },
        slowReply
      ]
    },
    { replies: [slowReply] }
  ]
})

/** A reply that takes so many milliseconds. */
const longReply = (millis: number) => {
  const pieces = longText(writer)
  return Model.textStream(
    Stream.mapEffect(Stream.fromIterable(pieces), (piece) => Effect.as(Effect.sleep(millis / pieces.length), piece))
  )
}

/** Replies at length where it is asked for that, and reports each reply. */
const reported = (service: Model.Service): Model.Service => ({
  ...service,
  reply: (prompt) => {
    const words = prompt.messages.findLast(({ role }) => role === "user")?.content ?? ""
    const millis = longMillis(words)
    const ended = Effect.sync(() => send({ _tag: "Replied", words }))
    return Effect.suspend(() => {
      send({ _tag: "Replying", words })
      return millis === undefined ? service.reply(prompt) : Effect.succeed(longReply(millis))
    }).pipe(
      Effect.onError(() => ended),
      Effect.flatMap((reply): Effect.Effect<Model.Reply> =>
        reply._tag === "Text"
          ? Effect.succeed({ ...reply, pieces: Stream.ensuring(reply.pieces, ended) })
          : Effect.as(ended, reply)
      )
    )
  }
})

/**
 * A store whose process does not notice that it has lost its leases, and whose writes are fenced or not. Only the fence is then
 * between a process that was stopped and the documents.
 */
const unaware = (store: Store.Service): Store.Service => {
  const { nodes } = store
  return nodes === undefined ? store : {
    ...store,
    nodes: {
      ...nodes,
      sinceSeen: Effect.succeed(0),
      notifications: (topic) => topic === "lease" ? Queue.unbounded<string | undefined>() : nodes.notifications(topic),
      ...(fence === "none" ? { fence: () => identity } : {})
    }
  }
}

const StoreLive: Layer.Layer<
  Store.Store,
  PgStore.PgStoreError | SqliteStore.SqliteStoreError,
  FileSystem.FileSystem | Path.Path
> = store.startsWith("postgres://")
  ? Layer.map(
    PgStore.layer({ url: Redacted.make(store) }),
    (context) => fence === undefined ? context : Context.make(Store.Store, unaware(Context.get(context, Store.Store)))
  )
  : SqliteStore.layer({ filename: store })

const EmulatorLive = Emulator.layerHttp({
  store: StoreLive,
  model: Layer.map(
    model === "slow" ? slow : Model.layerScripted,
    (context) => Context.make(Model.Model, reported(Context.get(context, Model.Model)))
  )
}).pipe(
  Layer.provideMerge(NodeHttpServer.layer(NodeServer.createServer, { host: "127.0.0.1", port: 0 })),
  Layer.provide([NodeFileSystem.layer, NodePath.layer])
)

// Where its store can't be opened, the process ends with the reason.
NodeRuntime.runMain(
  Effect.zipRight(
    Effect.flatMap(Emulator.baseUrl, (baseUrl) => Effect.sync(() => send({ _tag: "Started", baseUrl }))),
    Effect.never
  ).pipe(
    Effect.provide(EmulatorLive),
    isLogged ? identity : Logger.withMinimumLogLevel(LogLevel.None)
  )
)
