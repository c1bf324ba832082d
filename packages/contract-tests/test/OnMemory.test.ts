import { Coverage, Fixture, type Suite, Target } from "@effect-openai/contract-tests"
import { registerTarget } from "@effect-openai/contract-tests/Vitest"
import { Contract } from "@effect-openai/core"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, expect, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { turn } from "./utils/turn.js"

const reached = new Map<string, Coverage.Item>()

const reach = (items: ReadonlyArray<Coverage.Item>) => {
  for (const item of items) reached.set(`${item.area} ${item.name}`, item)
}

const onExchanges: Suite.Settings["onExchanges"] = (_, exchanges) =>
  Effect.zipRight(turn, Effect.sync(() => exchanges.forEach((exchange) => reach(Coverage.ofExchange(exchange)))))

registerTarget(Target.emulator({ name: "the emulator in this process, in memory" }), { cases: 10, onExchanges })

// The emulator limits inferences.
registerTarget(
  Target.emulator({
    name: "the emulator in this process, with a rate limit",
    rateLimits: { requestsPerMinute: 3 }
  }),
  {
    only: Contract.endpoints.filter(({ inference }) => inference !== undefined).map(({ name }) => `rateLimits/${name}`)
  }
)

registerTarget(
  Target.emulator({
    name: "the emulator in this process, with a rate limit for every operation",
    faults: { rules: [{ fault: { type: "rate_limit" } }] },
    capabilities: { rateLimits: true }
  }),
  { only: ["rateLimits"], onExchanges }
)

describe("the coverage by the documentation's examples and by scenarios", () => {
  const file = fileURLToPath(new URL("../coverage.json", import.meta.url))
  it("is that of coverage.json, which `npm run coverage -- --update` writes", async () => {
    const before = existsSync(file)
      ? Schema.decodeUnknownSync(Coverage.Coverage)(JSON.parse(readFileSync(file, "utf8")))
      : []
    const fixtures = await Effect.runPromise(Effect.provide(Fixture.all, NodeContext.layer))
    reach(fixtures.flatMap(Coverage.ofFixture))
    const coverage = Coverage.make(reached.values())
    try {
      await expect(`${JSON.stringify(coverage, null, 2)}\n`).toMatchFileSnapshot(file)
    } catch (error) {
      const lost = Coverage.lost(before, coverage).map(({ area, name }) => `${area}: ${name}`)
      assert.strictEqual(lost.join("\n"), "", "no longer reached")
      throw error
    }
  })
})
