import { OpenAiClient, Retry } from "@effect-openai/client"
import { type Fixture, Recording } from "@effect-openai/contract-tests"
import { Emulator } from "@effect-openai/emulator"
import * as NodeServer from "@effect-openai/emulator/NodeServer"
import { FetchHttpClient, FileSystem } from "@effect/platform"
import { NodeContext, NodeHttpClient } from "@effect/platform-node"
import { Effect, Layer, Redacted } from "effect"

const server = () => NodeServer.layer({ host: "127.0.0.1", port: 0 })

/** The emulator over HTTP, for as long as the scope is open; its base URL. */
export const emulator = Effect.map(
  Layer.build(Layer.provideMerge(
    Layer.effectDiscard(Effect.void),
    Layer.provideMerge(Emulator.layerHttp({ pollAfter: 0 }), server())
  )),
  (context) => Effect.provide(Emulator.baseUrl, context)
).pipe(Effect.flatten)

export const apiKey = "sk-contract-0123456789abcdefghij"

export const adminKey = "sk-admin-0123456789abcdefghij"

export const client = (baseUrl: string, options?: Partial<OpenAiClient.Options>) =>
  Layer.mergeAll(
    Retry.layer({ times: 0 }),
    OpenAiClient.layer({ apiKey: Redacted.make(apiKey), baseUrl, ...options }).pipe(
      Layer.provide(FetchHttpClient.layer)
    )
  )

export const temporaryDirectory = Effect.flatMap(
  FileSystem.FileSystem,
  (fileSystem) => fileSystem.makeTempDirectoryScoped()
).pipe(Effect.provide(NodeContext.layer))

/** A recorded session, and the outcome of each exchange, in the order in which they ended. */
export const record = <A, E, R>(
  options: Omit<Recording.Options, "onOutcome">,
  use: (baseUrl: string) => Effect.Effect<A, E, R>
) =>
  Effect.gen(function*() {
    const outcomes: Array<Recording.Outcome> = []
    const value = yield* Effect.gen(function*() {
      const onOutcome = (outcome: Recording.Outcome) => Effect.sync(() => void outcomes.push(outcome))
      const { baseUrl } = yield* Recording.serve({ ...options, onOutcome })
      return yield* use(baseUrl)
    }).pipe(Effect.scoped, Effect.provide([server(), NodeHttpClient.layerUndici, NodeContext.layer]))
    return { value, outcomes }
  })

/** The fixtures of a session. */
export const fixturesOf = (outcomes: ReadonlyArray<Recording.Outcome>): ReadonlyArray<Fixture.Fixture> =>
  outcomes.flatMap((outcome) => outcome._tag === "Written" ? [outcome.fixture] : [])
