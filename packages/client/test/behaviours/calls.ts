import { Assistants, Files } from "@effect-openai/client"
import type { OpenAiError } from "@effect-openai/core"
import { assert } from "@effect/vitest"
import { Deferred, Effect, Random, Stream } from "effect"
import type { Subject } from "../utils/behaviour.js"
import * as Client from "../utils/client.js"
import * as Models from "../utils/models.js"
import * as Server from "../utils/server.js"

export const ok = Server.json(Models.assistant())
export const get = Assistants.retrieve({ assistant_id: "asst_1" })
export const remove = Assistants.delete({ assistant_id: "asst_1" })
export const create = Assistants.create({ model: "gpt-4-turbo" })
export const modify = Assistants.modify({ assistant_id: "asst_1", name: "Tutor" })
export const content = Files.content.stream({ file_id: "file-1" })

type AnyError =
  | OpenAiError.OpenAiError
  | OpenAiError.PaginationError
  | OpenAiError.StreamInterruptedError
  | OpenAiError.UploadNotReplayableError

/** Returns the error of an effect, which must have this tag. */
export const failsWith =
  <const T extends AnyError["_tag"]>(tag: T) =>
  <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.map(Effect.flip(effect), (error) => {
      assert.strictEqual(error._tag, tag)
      return error as Extract<E, { readonly _tag: T }>
    })

/** Runs calls on a jumping clock, and returns how long they slept. No attempt times out. */
export const slept = <A, E, R>(
  on: Subject,
  server: Server.TestServer,
  effect: Effect.Effect<A, E, R>,
  luck = 1
) => {
  const { clock, sleeps } = Client.jumpingClock()
  return effect.pipe(
    on.against(server, { timeout: Infinity }),
    Effect.withClock(clock),
    Effect.withRandom(Random.fixed([luck])),
    Effect.either,
    Effect.map((result) => ({ result, sleeps }))
  )
}

/** Runs a Stream until its first element, and returns its fiber. */
export const begun = <A, E, R>(stream: Stream.Stream<A, E, R>) =>
  Effect.gen(function*() {
    const seen = yield* Deferred.make<void>()
    const fiber = yield* Effect.fork(Stream.runForEach(stream, () => Deferred.succeed(seen, undefined)))
    yield* Deferred.await(seen)
    return fiber
  })
