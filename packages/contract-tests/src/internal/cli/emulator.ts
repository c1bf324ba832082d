import * as UndiciHttpClient from "@effect-openai/client/UndiciHttpClient"
import * as NodeWorker from "@effect/platform-node/NodeWorker"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Worker from "@effect/platform/Worker"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { fork } from "node:child_process"
import { extname } from "node:path"
import { fileURLToPath } from "node:url"
import * as Target from "../../Target.js"
import * as Emulated from "../emulated.js"
import { Advance, BaseUrl, type Requests } from "./emulatorRequests.js"

const program = fileURLToPath(new URL(`emulatorProcess${extname(import.meta.url)}`, import.meta.url))

const connection = (name: string) =>
  Effect.gen(function*() {
    const ended = yield* Deferred.make<never, Target.TargetError>()
    const spawn = () => {
      const child = fork(program)
      child.once("exit", (code) =>
        Deferred.unsafeDone(ended, new Target.TargetError({ target: name, message: `Its process ended with ${code}` })))
      return child
    }
    const worker = yield* Effect.provide(
      Worker.makeSerialized<typeof Requests.Type>({}),
      NodeWorker.layer(spawn)
    )
    const baseUrl = yield* Effect.raceFirst(worker.executeEffect(new BaseUrl()), Deferred.await(ended))
    return {
      httpClient: yield* HttpClient.HttpClient,
      baseUrl,
      ...Emulated.keys,
      // The time of any target is advanced without an error, and no scenario can continue where this fails.
      advance: (duration: Duration.DurationInput) =>
        Effect.orDie(worker.executeEffect(new Advance({ duration: Duration.decode(duration) })))
    }
  })

/**
 * The emulator over HTTP, in another process: the suite and the emulator each take about half of the time of a run, so that
 * each has a core.
 */
export const emulator = (options: Target.Options): Target.Target => {
  const name = options.name ?? "emulator"
  return Target.make(
    name,
    Layer.provide(Layer.scoped(Target.Connection, connection(name)), UndiciHttpClient.layer),
    {
      ...options,
      models: { ...Emulated.models, ...options.models },
      capabilities: { ...Emulated.capabilities, ...options.capabilities }
    }
  )
}
