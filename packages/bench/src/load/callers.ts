/** Calls in sequence in the caller's own process: the emulator in process, and raw undici over loopback. */
import * as Assistants from "@effect-openai/client/Assistants"
import * as OpenAiClient from "@effect-openai/client/OpenAiClient"
import * as Runs from "@effect-openai/client/Runs"
import * as Emulator from "@effect-openai/emulator/Emulator"
import * as SqliteStore from "@effect-openai/emulator/SqliteStore"
import * as Store from "@effect-openai/emulator/Store"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type PartName, parts, polledRuns, type Start } from "./parts.js"
import { assistant, connect, load, thread } from "./requests.js"

/** Runs all calls of a part. */
export interface Caller {
  (part: PartName): Promise<unknown>
}

/** Builds a layer that lasts as long as the process. */
const build = <A, E>(layer: Layer.Layer<A, E>): Promise<Context.Context<A>> =>
  Effect.runPromise(Effect.flatMap(Scope.make(), (scope) => Layer.buildWithScope(layer, scope)))

const cpuMillis = (): number => {
  const { system, user } = process.cpuUsage()
  return (user + system) / 1000
}

interface InProcess {
  readonly run: Caller
  readonly poll: () => Promise<unknown>
  readonly start: Start
}

/** Our client with the emulator as its transport. */
export const inProcess = async (): Promise<InProcess> => {
  const OpenAiLive = OpenAiClient.layer({ apiKey: Redacted.make("sk-load") }).pipe(Layer.provide(Emulator.layer()))
  const begin = cpuMillis()
  const context = await build(OpenAiLive)
  const built = cpuMillis()
  const run = <A, E>(effect: Effect.Effect<A, E, OpenAiClient.OpenAiClient>) =>
    Effect.runPromise(Effect.provide(effect, context))
  const { id } = await run(Assistants.create(assistant))
  const start = { layer: built - begin, call: cpuMillis() - built }
  for (let count = 1; count < 100; count++) await run(Assistants.create(assistant))
  const created: Array<string> = []
  const call = (part: PartName): Effect.Effect<unknown, unknown, OpenAiClient.OpenAiClient> => {
    switch (part) {
      case "retrieve":
        return Assistants.retrieve({ assistant_id: id })
      case "list":
        return Assistants.list({ limit: 100 })
      case "create":
        return Effect.tap(Assistants.create(assistant), ({ id }) => created.push(id))
      case "delete":
        return Assistants.delete({ assistant_id: created.pop()! })
      case "stream": {
        return Stream.runDrain(Runs.createThreadAndRun.stream({ assistant_id: id, thread }))
      }
    }
  }
  return {
    run: async (part) => {
      for (let count = 0; count < parts[part].amount; count++) await run(call(part))
    },
    poll: async () => {
      for (let count = 0; count < polledRuns; count++) {
        const { status } = await run(Effect.flatMap(
          Runs.createThreadAndRun({ assistant_id: id, thread }),
          ({ id: run_id, thread_id = "" }) => Runs.poll({ thread_id, run_id })
        ))
        if (status !== "completed") throw new Error(`A run has the status ${status}`)
      }
    },
    start
  }
}

/** Raw undici, to a server that another process has. */
export const undici = async (origin: string): Promise<Caller> => {
  const loaded = await connect([origin], 1)
  return (part) => load(loaded, part, 1)
}

const documents = Store.collection<Store.Document & { readonly created_at: number }>({ name: "load" })

/** The store's own transactions, as many at a time as a server has connections. */
export const store = async (filename: string, connections: number): Promise<Caller> => {
  const layer = Layer.provide(SqliteStore.layer({ filename }), NodeContext.layer)
  const service = Context.get(await build(layer), Store.Store)
  let count = 0
  const create = Effect.suspend(() =>
    service.transaction(service.set(documents, { id: `one_${count++}`, created_at: 1700000000, ...assistant }))
  )
  return (part) =>
    Effect.runPromise(
      Effect.replicateEffect(create, parts[part].amount, { concurrency: connections, discard: true })
    )
}
