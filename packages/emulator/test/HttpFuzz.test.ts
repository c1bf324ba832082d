import { Contract } from "@effect-openai/core"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { describeEach } from "./describeEach.js"
import { fuzz } from "./fuzz/fuzz.js"
import { stores } from "./utils.js"

describeEach(stores)("Over HTTP, by $name", ({ layer }) => {
  it.live(
    "hostile requests get a response of the contract, and never a server error",
    () =>
      Effect.gen(function*() {
        const { problems, statuses, succeeded } = yield* fuzz({ requests: 400, seed: 1, store: layer })
        assert.deepStrictEqual(problems, [])
        // Not all are refused at the door.
        assert.isAbove(succeeded.size, Contract.endpoints.length / 5)
        assert.includeMembers(Object.keys(statuses), ["200", "400", "401", "404", "405", "415"])
      }),
    120_000
  )
})
