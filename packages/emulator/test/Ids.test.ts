import { Ids } from "@effect-openai/emulator"
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Layer } from "effect"

const take = (layer: Layer.Layer<Ids.Ids>, ...prefixes: ReadonlyArray<string>) =>
  Effect.flatMap(Ids.Ids, (ids) => Effect.forEach(prefixes, ids.next)).pipe(Effect.provide(layer))

describe("Ids", () => {
  it.effect("are a prefix and 24 letters and digits, and never the same", () =>
    Effect.gen(function*() {
      for (const layer of [Ids.layerRandom, Ids.layerSeeded(1)]) {
        const ids = yield* take(layer, ...Array.from({ length: 1000 }, () => "asst_"))
        for (const id of ids) assert.match(id, /^asst_[A-Za-z0-9]{24}$/)
        assert.strictEqual(new Set(ids).size, 1000)
      }
      assert.notDeepEqual(yield* take(Ids.layerRandom, "a"), yield* take(Ids.layerRandom, "a"))
    }))

  it.effect("a seed gives each prefix its own sequence", () =>
    Effect.gen(function*() {
      const [a, b] = yield* take(Ids.layerSeeded("seed"), "asst_", "asst_")
      assert.deepStrictEqual(
        yield* take(Ids.layerSeeded("seed"), "asst_", "file-", "req_", "asst_").pipe(
          Effect.map((ids) => [ids[0], ids[3]])
        ),
        [a, b]
      )
      assert.notStrictEqual((yield* take(Ids.layerSeeded("other"), "asst_"))[0], a)
      const [file] = yield* take(Ids.layerSeeded("seed"), "file-")
      assert.notStrictEqual(file!.slice(5), a!.slice(5))
    }))
})
